"""What one has set, told to one's own other devices."""

from __future__ import annotations

from pydantic import ConfigDict

from contracts import topics
from contracts.events.base import Event, Route
from contracts.ids import UserId
from contracts.objects.presence import Status
from contracts.objects.settings import GuildNotifications
from contracts.wire import JSON, Wire


class _Own(Wire):
    user_id: UserId

    def address(self) -> topics.Topic:
        """The person's own."""
        return topics.user(self.user_id)

    def route(self) -> Route:
        """By person."""
        return Route(user_id=self.user_id)


class UserSettingsUpdate(_Own, Event):
    """The settings that changed, beside whose they are."""

    dispatch = "USER_SETTINGS_UPDATE"

    model_config = ConfigDict(extra="allow")


class UserGuildSettingsUpdate(_Own, GuildNotifications, Event):
    """How one is notified of a community."""

    dispatch = "USER_GUILD_SETTINGS_UPDATE"


class UserNoteUpdate(_Own, Event):
    """A note about somebody; empty when it is gone."""

    dispatch = "USER_NOTE_UPDATE"

    id: UserId
    """Whom it is about."""
    note: str


class StatusChosen(_Own, Event):
    """Inside the house: how one wishes to be shown from now on, on every device. Gateways that hold
    sessions of this person report it with their seats.
    """

    status: Status
    custom: JSON | None = None
    """The activity of type 4 that says it, or none."""
