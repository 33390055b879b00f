"""A stay: one person in voice, in one guild or conversation, from joining to leaving."""

from __future__ import annotations

from dataclasses import asdict, dataclass

import orjson


@dataclass(frozen=True, slots=True)
class Stay:
    """Who is where in voice, since when, and how."""

    user_id: int
    guild_id: int | None
    channel_id: int
    session_id: str
    """The gateway session that joined."""
    ticket: str
    """Names this stay: a token is good for one ticket only."""
    node: str
    """The signaling node on which the channel is spoken."""
    since_ms: int
    due_ms: int = 0
    """The moment until which its connection is awaited; 0 while it is connected."""
    is_bot: bool = False
    self_mute: bool = False
    self_deaf: bool = False
    self_video: bool = False
    self_stream: bool = False
    has_camera: bool = False
    """What is published, whatever the session says of itself."""
    has_screen: bool = False
    mute: bool = False
    deaf: bool = False
    suppress: bool = False
    asked_ms: int = 0
    """Since when they ask to speak on a stage; 0: they do not."""
    was_moved: bool = False
    """Brought here by somebody who may: needs no permission to connect."""

    @property
    def place_id(self) -> int:
        """The guild, or the conversation."""
        return self.guild_id or self.channel_id

    @property
    def is_awaited(self) -> bool:
        """Whether the connection has not come yet, or is gone and may come back."""
        return self.due_ms > 0

    def encode(self) -> bytes:
        """As it is kept."""
        return orjson.dumps(asdict(self))

    @classmethod
    def decode(cls, raw: bytes | str) -> Stay:
        """As it was kept."""
        return cls(**orjson.loads(raw))

    def looks_like(self, other: Stay) -> bool:
        """Whether nobody could tell the two apart."""
        return _shown(self) == _shown(other)


def _shown(stay: Stay) -> dict[str, object]:
    hidden = {"ticket", "node", "since_ms", "due_ms", "is_bot", "was_moved"}
    return {name: value for name, value in asdict(stay).items() if name not in hidden}
