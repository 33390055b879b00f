"""Presence: how present somebody is, to others."""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar

from pydantic import Field

from contracts.ids import GuildId, UserId
from contracts.wire import JSON, Wire


class Status(StrEnum):
    """What a session asks to be shown as; others never see `invisible`."""

    ONLINE = "online"
    IDLE = "idle"
    DND = "dnd"
    INVISIBLE = "invisible"
    OFFLINE = "offline"


class PresenceUser(Wire):
    """Only the id: that is all a presence promises of the user."""

    id: UserId


class Presence(Wire):
    """A presence within a guild, or (no guild) among friends."""

    omit: ClassVar[frozenset[str]] = frozenset({"guild_id"})

    user: PresenceUser
    guild_id: GuildId | None = None
    status: Status
    activities: tuple[JSON, ...] = ()
    client_status: dict[str, str] = Field(default_factory=dict)


class ClientInfo(Wire):
    """What kind of client a session is."""

    client: str = "web"
    os: str = ""
    version: int = 0


class OwnSession(Wire):
    """One of one's own sessions."""

    session_id: str
    status: Status
    activities: tuple[JSON, ...] = ()
    active: bool = True
    client_info: ClientInfo = ClientInfo()
