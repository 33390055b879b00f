"""`/webhooks/{id}/{token}`: posting, in our shape, in Slack's and in GitHub's; what was posted is
looked at, changed and taken back. Managing webhooks is community_service's. An interaction is
answered further at the same paths, under its application's id: api/answers.py.
"""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import parse_qs

import orjson
from fastapi import APIRouter, Header, Request, Response
from fastapi.responses import PlainTextResponse
from pydantic import AfterValidator, StringConstraints

from chassis.http import nothing
from chassis.identity import Anyone
from chat_service.actions import posting
from chat_service.actions.chat import Chat
from chat_service.actions.posting import Signature
from chat_service.api import uploads
from chat_service.api.answers import AnswersDoor
from chat_service.api.changes import changes_of
from chat_service.api.shapes import MessageChanges, NewMessage
from chat_service.api.threads import Name, Tags
from chat_service.domain.components import is_interactive
from chat_service.domain.drafts import Draft
from chat_service.domain.embeds import is_address
from chat_service.domain.intake import github, slack
from chat_service.domain.threads import Begin
from contracts import limits
from contracts.errors import DomainError, ErrorCode, Invalid
from contracts.identity import Kind
from contracts.ids import ChannelId, MessageId, WebhookId
from contracts.objects.webhook import Webhook
from contracts.wire import KEPT

_JSON = "application/json"
_Name = Annotated[
    str, StringConstraints(strip_whitespace=True, max_length=limits.WEBHOOK_NAME_MAX), KEPT
]


def _is_picture(text: str) -> str:
    return is_address(text) if text else text


_Picture = Annotated[str, StringConstraints(max_length=2_048), AfterValidator(_is_picture), KEPT]


class Post(NewMessage):
    """What is posted: a message, and how it is signed."""

    username: _Name | None = None
    avatar_url: _Picture | None = None

    thread_name: Name | None = None
    applied_tags: Tags | None = None

    def begin(self) -> Begin | None:
        """The post that it begins, in a forum."""
        if self.thread_name is None:
            return None
        return Begin(self.thread_name, tags=tuple(map(int, self.applied_tags or ())))

    def signature(self) -> Signature:
        """How it is signed."""
        return Signature(self.username or None, self.avatar_url or None)


class WebhooksDoor:
    """The handlers."""

    def __init__(self, chat: Chat) -> None:
        self._chat = chat
        self._answers = AnswersDoor(chat)

    async def post(
        self,
        webhook_id: WebhookId,
        request: Request,
        *,
        actor: Anyone,
        wait: bool = False,
        with_components: bool = False,
        thread_id: ChannelId | None = None,
    ) -> Response:
        """A message. Whoever does not wait for it hears only that it was stored."""
        if actor.kind is Kind.INTERACTION:
            return await self._answers.follow_up(webhook_id, request, actor)
        door = await posting.opened(self._chat, actor, webhook_id, thread_id)
        async with uploads.received(self._chat, request, actor, door.channel_id) as sent:
            form = uploads.read(Post, sent.body)
            draft = form.draft(sent.files)
            draft = _without_unheard(draft, door.webhook, is_asked_for=with_components)
            body = await posting.post(
                self._chat, actor, door, draft, form.signature(), begin=form.begin()
            )
        return Response(body, media_type=_JSON) if wait else nothing()

    async def slack(
        self,
        webhook_id: WebhookId,
        request: Request,
        actor: Anyone,
        thread_id: ChannelId | None = None,
    ) -> Response:
        """The same in Slack's words, which are answered in Slack's."""
        door = await posting.opened(self._chat, actor, webhook_id, thread_id)
        form = uploads.read(Post, orjson.dumps(slack.message(await _said(request))))
        await posting.post(self._chat, actor, door, form.draft(), form.signature())
        return PlainTextResponse("ok")

    async def github(
        self,
        webhook_id: WebhookId,
        request: Request,
        actor: Anyone,
        event: Annotated[str, Header(alias="x-github-event")] = "",
        *,
        thread_id: ChannelId | None = None,
    ) -> Response:
        """The same in GitHub's. What nobody wants to hear of is passed over."""
        door = await posting.opened(self._chat, actor, webhook_id, thread_id)
        embed = github.embed(event, await _said(request))
        if embed is not None:
            form = uploads.read(Post, orjson.dumps({"embeds": [embed]}))
            await posting.post(self._chat, actor, door, form.draft(), _GITHUB)
        return nothing()

    async def get(
        self,
        webhook_id: WebhookId,
        message: str,
        actor: Anyone,
        thread_id: ChannelId | None = None,
    ) -> Response:
        """What it has posted."""
        if actor.kind is Kind.INTERACTION:
            return await self._answers.get(webhook_id, message, actor)
        door = await posting.opened(self._chat, actor, webhook_id, thread_id)
        body = await posting.get(self._chat, actor, door, _message(message))
        return Response(body, media_type=_JSON)

    async def edit(
        self,
        webhook_id: WebhookId,
        message: str,
        request: Request,
        *,
        actor: Anyone,
        thread_id: ChannelId | None = None,
    ) -> Response:
        """Other words, other files."""
        if actor.kind is Kind.INTERACTION:
            return await self._answers.edit(webhook_id, message, request, actor)
        door = await posting.opened(self._chat, actor, webhook_id, thread_id)
        async with uploads.received(self._chat, request, actor, door.channel_id) as sent:
            changes = changes_of(uploads.read(MessageChanges, sent.body), sent.files)
            body = await posting.edit(self._chat, actor, door, _message(message), changes)
        return Response(body, media_type=_JSON)

    async def delete(
        self,
        webhook_id: WebhookId,
        message: str,
        actor: Anyone,
        thread_id: ChannelId | None = None,
    ) -> Response:
        """Away with it."""
        if actor.kind is Kind.INTERACTION:
            return await self._answers.delete(webhook_id, message, actor)
        door = await posting.opened(self._chat, actor, webhook_id, thread_id)
        await posting.delete(self._chat, actor, door, _message(message))
        return nothing()


_GITHUB = Signature("GitHub")


def _without_unheard(draft: Draft, webhook: Webhook, *, is_asked_for: bool) -> Draft:
    """A webhook has no nonce and answers nothing. Where no application is behind it, nobody would
    hear of a button.
    """
    draft = draft._replace(nonce=None, reference=None)
    if webhook.application_id is not None or not draft.components:
        return draft
    if not is_asked_for:
        return draft._replace(components=())
    if is_interactive(draft.components):
        text = "This webhook belongs to no application, so nobody would answer."
        raise Invalid({"components": ("COMPONENT_NOT_INTERACTIVE", text)})
    return draft


async def _said(request: Request) -> Any:
    """JSON, or JSON in a form's `payload`."""
    body = await request.body()
    if request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        form = parse_qs(body.decode("utf-8", "replace"))
        body = form.get("payload", [""])[0].encode("utf-8", "replace")
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        raise DomainError(ErrorCode.MISSING_FORM) from None


def _message(text: str) -> int:
    try:
        return MessageId.parse(text)
    except ValueError:
        raise DomainError(ErrorCode.UNKNOWN_MESSAGE) from None


def router(chat: Chat) -> APIRouter:
    """The routes."""
    door, routes = WebhooksDoor(chat), APIRouter()
    routes.post("/webhooks/{webhook_id}/{token}")(door.post)
    routes.post("/webhooks/{webhook_id}/{token}/slack")(door.slack)
    routes.post("/webhooks/{webhook_id}/{token}/github")(door.github)
    routes.get("/webhooks/{webhook_id}/{token}/messages/{message}")(door.get)
    routes.patch("/webhooks/{webhook_id}/{token}/messages/{message}")(door.edit)
    routes.delete("/webhooks/{webhook_id}/{token}/messages/{message}")(door.delete)
    return routes
