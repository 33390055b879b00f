"""Votes, closing a poll, and the score board of a channel's quizzes."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query, Response
from pydantic import Field

from chassis.http import answer, nothing
from chassis.identity import Actor, Person
from chat_service.actions import polls
from chat_service.actions.chat import Chat
from contracts import limits
from contracts.ids import ChannelId, MessageId, UserId
from contracts.objects.poll import Voters
from contracts.wire import Form

_PAGE = 25
_FIRST = UserId(0)
AnswerId = Annotated[int, Path(ge=1, le=limits.POLL_ANSWERS)]
VotersLimit = Annotated[int, Query(ge=1, le=limits.VOTERS_PAGE_MAX)]
ScoresLimit = Annotated[int, Query(ge=1, le=limits.SCORES_MAX)]


class Vote(Form):
    """Which answers; none takes the vote back."""

    answer_ids: Annotated[tuple[int, ...], Field(max_length=limits.POLL_ANSWERS)]


class PollsDoor:
    """The handlers."""

    def __init__(self, chat: Chat) -> None:
        self._chat = chat

    async def vote(
        self, channel_id: ChannelId, message_id: MessageId, form: Vote, actor: Person
    ) -> Response:
        """Vote, in place of what one chose before."""
        await polls.vote(self._chat, actor, channel_id, message_id, form.answer_ids)
        return nothing()

    async def voters(
        self,
        channel_id: ChannelId,
        message_id: MessageId,
        answer_id: AnswerId,
        actor: Actor,
        *,
        after: UserId = _FIRST,
        limit: VotersLimit = _PAGE,
    ) -> Response:
        """Those who chose an answer."""
        found = await polls.voters(
            self._chat, actor, channel_id, message_id, answer_id, after=after, limit=limit
        )
        return answer(Voters(users=tuple(found)))

    async def expire(self, channel_id: ChannelId, message_id: MessageId, actor: Actor) -> Response:
        """Close one's own poll now."""
        message = await polls.expire(self._chat, actor, channel_id, message_id)
        return Response(message, media_type="application/json")

    async def scores(
        self, channel_id: ChannelId, actor: Actor, *, limit: ScoresLimit = _PAGE
    ) -> Response:
        """Who has done best in quizzes."""
        return answer(await polls.scores(self._chat, actor, channel_id, limit))


def router(chat: Chat) -> APIRouter:
    """The routes."""
    door, routes = PollsDoor(chat), APIRouter(prefix="/channels/{channel_id}")
    routes.put("/polls/{message_id}/answers/@me")(door.vote)
    routes.get("/polls/{message_id}/answers/{answer_id}")(door.voters)
    routes.post("/polls/{message_id}/expire")(door.expire)
    routes.get("/quizzes/scores")(door.scores)
    return routes
