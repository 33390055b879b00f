"""THE table: which services there are, what each needs, and whom it speaks to.

Ports, environment, keys, start order, compose and its tests derive from it. No I/O here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Service:
    """One row. `name` is the short name: of settings, links, logs and containers."""

    name: str
    module: str
    schema: str | None = None
    """Database schema and role; None keeps no rows."""
    redis: bool = True
    files: bool = False
    """Whether it keeps or shows files."""
    calls: tuple[str, ...] = ()
    """Neighbours it calls over RPC."""
    upstreams: tuple[str, ...] = ()
    """Neighbours it passes HTTP requests to."""
    after: tuple[str, ...] = ()
    """Neighbours that are ready before it starts."""

    @property
    def prefix(self) -> str:
        """Of its environment variables."""
        return f"{self.name.upper()}_"


_UPSTREAMS = ("user", "community", "chat", "signaling", "notification")

SERVICES: tuple[Service, ...] = (
    Service(
        "gateway",
        "gateway",
        files=True,
        calls=("user", "community", "chat", "presence", "signaling", "gateway"),
        upstreams=_UPSTREAMS,
        after=(*_UPSTREAMS, "presence"),
    ),
    Service(
        "user",
        "user_service",
        schema="users",
        files=True,
        calls=("community", "chat", "notification"),
    ),
    Service(
        "community",
        "community_service",
        schema="community",
        files=True,
        calls=("user", "presence", "chat", "signaling"),
    ),
    Service("chat", "chat_service", schema="chat", files=True, calls=("user", "community")),
    Service("presence", "presence_service", calls=("community", "user")),
    Service("signaling", "signaling_service", calls=("user", "community", "chat", "media")),
    Service("media", "media_sfu", redis=False, calls=("signaling", "chat", "media")),
    Service(
        "notification",
        "notification_service",
        schema="notification",
        calls=("user", "community", "chat", "presence"),
    ),
)

CHAT = "chat"
GATEWAY = "gateway"
MEDIA = "media"
SIGNALING = "signaling"
USER = "user"
NOTIFICATION = "notification"


@dataclass(frozen=True, slots=True)
class Table:
    """Services with their numbers. A part of it keeps the numbers of the whole."""

    rows: tuple[Service, ...] = SERVICES

    def __iter__(self) -> Iterator[Service]:
        return iter(self.rows)

    def __getitem__(self, name: str) -> Service:
        for row in self.rows:
            if row.name == name:
                return row
        raise KeyError(name)

    def __contains__(self, name: object) -> bool:
        return any(row.name == name for row in self.rows)

    def number(self, name: str) -> int:
        """The row number, from which ports are counted."""
        return self.rows.index(self[name])

    def stored(self) -> list[Service]:
        """Those with a schema of their own."""
        return [row for row in self.rows if row.schema is not None]

    def callers(self, callee: str) -> list[Service]:
        """Those that call this one."""
        return [row for row in self.rows if callee in row.calls]

    def waves(self, names: Iterable[str]) -> list[list[Service]]:
        """The chosen services in start order: each wave is ready before the next one starts."""
        chosen = set(names)
        left = [row for row in self.rows if row.name in chosen]
        waves: list[list[Service]] = []
        while left:
            waiting = {row.name for row in left}
            wave = [row for row in left if not waiting.intersection(row.after)]
            if not wave:
                raise ValueError(f"a circle of start orders: {sorted(waiting)}")
            waves.append(wave)
            left = [row for row in left if row not in wave]
        return waves

    def names(self, chosen: Sequence[str] | None = None) -> list[str]:
        """The names of all rows, or the chosen ones when they exist."""
        if chosen is None:
            return [row.name for row in self.rows]
        return [self[name].name for name in chosen]


HOUSE = Table()
"""The real table."""
