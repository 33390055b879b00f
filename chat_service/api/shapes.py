"""What clients say of messages: numbers or strings, nulls and unknown keys, as they like."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal

import orjson
from pydantic import Field, ValidationError

from chassis.errors import invalid_form
from chat_service.domain import components, embeds
from chat_service.domain.attachments import Described, Received, wanted
from chat_service.domain.attendance import CheckInForm
from chat_service.domain.drafts import ONLY_COMPONENTS, SETTABLE, Draft, Reference
from chat_service.domain.embeds import Embed
from chat_service.domain.mentions import Allowed
from chat_service.domain.polls import PollForm
from contracts import limits
from contracts.errors import DomainError, ErrorCode, Invalid
from contracts.ids import ChannelId, GuildId, MessageId, Snowflake
from contracts.wire import JSON, Form, Text

_TEXT = frozenset({"content", "nonce", "flags"})
"""With nothing but these, there is nothing more to look at."""
_SAYING = frozenset({"content", "nonce"})
_Number = Annotated[int, Field(ge=-(1 << 63), lt=1 << 63)]
"""As large as JSON is written here."""
_EXCLUSIVE = "MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE"
_Ids = Annotated[tuple[Snowflake, ...], Field(max_length=limits.MENTIONS)]


class AllowedMentions(Form):
    """`allowed_mentions`."""

    parse: tuple[Literal["users", "roles", "everyone"], ...] | None = None
    users: _Ids | None = None
    roles: _Ids | None = None
    replied_user: bool | None = None

    def allowed(self) -> Allowed:
        """The same as a rule. Ids beside the kind that would take them all say two things."""
        parse = frozenset(self.parse or ())
        for name, ids in (("users", self.users), ("roles", self.roles)):
            if name in parse and ids:
                text = f"parse: [{name!r}] and {name}: [ids…] exclude each other."
                raise Invalid(
                    {"allowed_mentions": ("MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE", text)}
                )
        return Allowed(
            parse,
            frozenset(map(int, self.users or ())),
            frozenset(map(int, self.roles or ())),
            bool(self.replied_user),
        )


class MessageReference(Form):
    """`message_reference`."""

    message_id: MessageId
    channel_id: ChannelId | None = None
    guild_id: GuildId | None = None
    type: Annotated[int, Field(ge=0, le=1)] | None = None
    fail_if_not_exists: bool | None = None

    def reference(self) -> Reference:
        """The message that is meant."""
        channel_id = None if self.channel_id is None else int(self.channel_id)
        must_exist = self.fail_if_not_exists is not False
        return Reference(int(self.message_id), channel_id, self.type or 0, must_exist)


class AttachmentForm(Form):
    """One of `attachments`: a file of this request by its number, one that was sent ahead by its
    name, or (in an edit) one that stays, by its id.
    """

    id: Snowflake | None = None
    filename: Annotated[Text, Field(max_length=1_024)] | None = None
    uploaded_filename: Annotated[Text, Field(max_length=1_024)] | None = None
    title: Annotated[Text, Field(max_length=1_024)] | None = None
    description: Annotated[Text, Field(max_length=limits.ATTACHMENT_DESCRIPTION)] | None = None
    duration_secs: float | None = Field(None, ge=0, le=limits.DURATION_S, allow_inf_nan=False)
    waveform: Annotated[Text, Field(max_length=limits.WAVEFORM)] | None = None

    def described(self) -> Described:
        """What it says."""
        facts = self.model_dump(include=_FACTS & self.model_fields_set, exclude_none=True)
        number = None if self.id is None else int(self.id)
        return Described(number, self.filename, self.uploaded_filename, facts)


_FACTS = {"title", "description", "duration_secs", "waveform"}
Attachments = Annotated[tuple[AttachmentForm, ...], Field(max_length=2 * limits.ATTACHMENTS)]


class MessageChanges(Form):
    """What can be sent, and edited later. Absent is not null."""

    content: str | None = None
    embeds: Annotated[tuple[Embed, ...], Field(max_length=limits.EMBEDS)] | None = None
    components: Annotated[list[Any], Field(max_length=limits.COMPONENTS)] | None = None
    allowed_mentions: AllowedMentions | None = None
    flags: int | None = Field(None, ge=0, lt=1 << 31)
    attachments: Attachments | None = None

    def described(self) -> list[Described] | None:
        """What is said of files; None if nothing is."""
        if self.attachments is None:
            return None
        return [one.described() for one in self.attachments]

    def kept_embeds(self) -> list[JSON]:
        """The embeds as they are stored."""
        return embeds.kept(self.embeds) if self.embeds else []

    def kept_components(self, flags: int) -> list[JSON]:
        """The components as they are stored."""
        if not self.components:
            return []
        is_new = bool(flags & ONLY_COMPONENTS)
        return components.numbered(self.components, is_new=is_new)

    def allowed(self) -> Allowed | None:
        """Whom it may mention; None leaves that to the text."""
        return None if self.allowed_mentions is None else self.allowed_mentions.allowed()


class NewMessage(MessageChanges):
    """The body of a send."""

    nonce: Text | _Number | None = Field(None, union_mode="left_to_right")
    tts: bool | None = None
    embed: Embed | None = None
    """As clients sent it before there could be several."""
    message_reference: MessageReference | None = None
    sticker_ids: tuple[Snowflake, ...] | None = Field(None, max_length=3)
    poll: PollForm | None = None
    check_in: CheckInForm | None = None

    def kept_embeds(self) -> list[JSON]:
        """The embeds as they are stored."""
        sent = self.embeds or (() if self.embed is None else (self.embed,))
        return embeds.kept(sent) if sent else []

    def draft(self, files: Sequence[Received] = ()) -> Draft:
        """The message that is wanted, with the files that came for it."""
        if self.nonce is not None and len(str(self.nonce)) > limits.NONCE:
            text = f"Must be {limits.NONCE} or fewer in length."
            raise Invalid({"nonce": ("BASE_TYPE_MAX_LENGTH", text)})
        if not files and self.model_fields_set <= _TEXT:
            return Draft(self.content or "", self.nonce, (self.flags or 0) & SETTABLE)
        if self.sticker_ids:
            raise DomainError(ErrorCode.INVALID_STICKER)
        flags = (self.flags or 0) & SETTABLE
        reference = self.message_reference
        return Draft(
            content=self.content or "",
            nonce=self.nonce,
            flags=flags,
            tts=bool(self.tts),
            embeds=self.kept_embeds(),
            components=self.kept_components(flags),
            allowed=self.allowed(),
            reference=None if reference is None else reference.reference(),
            files=wanted(files, self.described()),
            poll=None if self.poll is None else self.poll.asked(),
            roll_call=None if self.check_in is None else self.check_in.wanted(),
        )


def new_message(body: bytes) -> Draft:
    """The message that a body asks for."""
    draft = _text_alone(body)
    return _asked_for(body) if draft is None else draft


def _text_alone(body: bytes) -> Draft | None:
    """What most bodies are, without a look at the form; None for whatever the form has to judge."""
    try:
        said = orjson.loads(body)
    except ValueError:
        return None
    if type(said) is not dict or not said.keys() <= _SAYING:
        return None
    content, nonce = said.get("content"), said.get("nonce")
    is_short = type(nonce) is str and len(nonce) <= limits.NONCE and "\0" not in nonce
    if type(content) is not str or not (nonce is None or is_short):
        return None
    return Draft(content, nonce)


def _asked_for(body: bytes) -> Draft:
    try:
        form = NewMessage.model_validate_json(body)
    except ValidationError as error:
        raise invalid_form(error.errors()) from None
    return form.draft()
