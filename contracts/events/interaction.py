"""People ask applications for something, and hear what became of it. What only who asked may see is
told on their own topic, under names that nobody takes for messages of a channel.
"""

from __future__ import annotations

from typing import ClassVar

from contracts import topics
from contracts.events.base import Event, Route
from contracts.events.message import MessageDelete, MessageUpdate
from contracts.events.place import ToldToPeople
from contracts.ids import ApplicationId, ChannelId, GuildId, InteractionId
from contracts.wire import JSON, Bits


class InteractionCreate(Event):
    """For the application: somebody asks it for something."""

    dispatch = "INTERACTION_CREATE"
    omit: ClassVar[frozenset[str]] = frozenset(
        {"data", "guild_id", "guild", "guild_locale", "member", "user", "message"}
    )

    id: InteractionId
    application_id: ApplicationId
    type: int
    token: str
    version: int = 1
    data: JSON | None = None
    guild_id: GuildId | None = None
    guild: JSON | None = None
    channel_id: ChannelId
    channel: JSON
    member: JSON | None = None
    user: JSON | None = None
    message: JSON | None = None
    locale: str
    guild_locale: str | None = None
    app_permissions: Bits
    context: int
    authorizing_integration_owners: dict[str, str]
    entitlements: tuple[JSON, ...] = ()
    entitlement_sku_ids: tuple[str, ...] = ()
    attachment_size_limit: int

    def address(self) -> topics.Topic:
        """That of its bot."""
        return topics.user(self.application_id)

    def route(self) -> Route:
        """By guild, so that one shard has it."""
        return Route(guild_id=self.guild_id, user_id=self.application_id)


class _Outcome(ToldToPeople):
    """What becomes of it, for who asked, which is no field of it: `nonce` is what they gave it."""

    omit: ClassVar[frozenset[str]] = frozenset({"nonce"})

    id: InteractionId
    nonce: str | None = None

    def route(self) -> Route:
        """To one person."""
        return Route()


class InteractionBegun(_Outcome, Event):
    """It was taken, and the application is told."""

    dispatch = "INTERACTION_CREATE"


class InteractionSuccess(_Outcome, Event):
    """The application has answered."""

    dispatch = "INTERACTION_SUCCESS"


class InteractionFailure(_Outcome, Event):
    """The application has not answered in time."""

    dispatch = "INTERACTION_FAILURE"

    reason_code: int = 2


class ModalCreate(_Outcome, Event):
    """The application asks back, with a form."""

    dispatch = "INTERACTION_MODAL_CREATE"

    channel_id: ChannelId
    application: JSON
    custom_id: str
    title: str
    components: tuple[JSON, ...]


class AutocompleteResponse(ToldToPeople, Event):
    """What the application proposes while somebody types."""

    dispatch = "APPLICATION_COMMAND_AUTOCOMPLETE_RESPONSE"
    omit: ClassVar[frozenset[str]] = frozenset({"nonce"})

    choices: tuple[JSON, ...]
    nonce: str | None = None

    def route(self) -> Route:
        """To one person."""
        return Route()


class Whispered(MessageUpdate):
    """An answer that only who asked sees."""

    dispatch = "MESSAGE_CREATE"


class WhisperChanged(MessageUpdate):
    """It says something else now."""

    dispatch = "MESSAGE_UPDATE"


class WhisperGone(MessageDelete):
    """It was taken back."""

    dispatch = "MESSAGE_DELETE"
