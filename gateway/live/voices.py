"""Who is in voice in one guild and which stages are open, as its events told it. No sessions; who
may see it is decided in places.py.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import orjson

from contracts.objects.voice import StageInstance, VoiceState
from gateway.live.layout import Sight

_ONLY_IN_EVENTS = ("guild_id", "member")


class Voices:
    """The newest state of each person in voice, as the bytes of its event."""

    __slots__ = ("_rooms", "_states")

    def __init__(self, states: Iterable[VoiceState] = ()) -> None:
        self._states: dict[int, int] = {}
        """The channel of each person."""
        self._rooms: dict[int, dict[int, bytes]] = {}
        for state in states:
            self.take(int(state.user_id), state.encode())

    def take(self, user_id: int, body: bytes) -> None:
        """Somebody came, changed, moved or left."""
        former = self._states.pop(user_id, 0)
        if former:
            del self._rooms[former][user_id]
        if former and not self._rooms[former]:
            del self._rooms[former]
        channel_id = int(orjson.loads(body)["channel_id"] or 0)
        if channel_id:
            self._states[user_id] = channel_id
            self._rooms.setdefault(channel_id, {})[user_id] = body

    def close(self, channel_id: int) -> None:
        """Nobody is in this channel any more: there is none."""
        for user_id in self._rooms.pop(channel_id, {}):
            del self._states[user_id]

    def within(self, channel_id: int) -> tuple[bytes, ...]:
        """Those in a channel, as their events tell them."""
        return tuple(self._rooms.get(channel_id, {}).values())

    def listed(self, sight: Sight) -> Iterator[bytes]:
        """Those in these channels, as GUILD_CREATE names them."""
        for channel_id, states in self._rooms.items():
            if channel_id in sight:
                yield from map(_without_guild, states.values())


class Stages:
    """The stages that are open, by channel."""

    __slots__ = ("_open",)

    def __init__(self, stages: Iterable[StageInstance] = ()) -> None:
        self._open = {int(stage.channel_id): stage.encode() for stage in stages}

    def take(self, channel_id: int, body: bytes | None) -> None:
        """A stage opened, changed or (None) closed."""
        if body is None:
            self._open.pop(channel_id, None)
        else:
            self._open[channel_id] = body

    def listed(self, sight: Sight) -> Iterator[bytes]:
        """Those in these channels."""
        return (body for channel_id, body in self._open.items() if channel_id in sight)


def parting(body: bytes) -> bytes:
    """The same state for somebody who is to see nothing of where it went: as a leave."""
    state = orjson.loads(body)
    nothing = dict.fromkeys(("self_video", "self_stream", "suppress"), False)
    none = {"channel_id": None, "request_to_speak_timestamp": None}
    return orjson.dumps({**state, **nothing, **none})


def _without_guild(body: bytes) -> bytes:
    state = orjson.loads(body)
    return orjson.dumps({name: v for name, v in state.items() if name not in _ONLY_IN_EVENTS})
