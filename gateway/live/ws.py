"""One gateway WebSocket connection: what its client says goes to the session (session.py), and what
the session wants is carried out by the lobby (lobby.py).
"""

from __future__ import annotations

from functools import lru_cache
from urllib.parse import parse_qs

import orjson

from contracts import limits
from contracts.closecodes import Close
from gateway.live import session as machine
from gateway.live.codec import ZLIB_HEADER, Encoding, segment
from gateway.live.frames import BINARY, TEXT, frame
from gateway.live.lobby import Lobby
from gateway.live.outlet import Translator, ZstdSink
from gateway.live.payloads import Shown
from gateway.live.session import Effect, Send, Session
from gateway.live.socket import Socket
from gateway.live.viewer import Viewer

VERSIONS = frozenset({"9", "10"})


def _words(payload: bytes, *, is_first: bool) -> dict[Encoding, bytes]:
    header = ZLIB_HEADER if is_first else b""
    return {
        Encoding.JSON: frame(TEXT, payload),
        Encoding.ZLIB: frame(BINARY, header + segment(payload)),
        Encoding.ZSTD: payload,
        Encoding.PACKED: frame(TEXT, payload),
    }


_WORDS = {
    each.payload["op"]: _words(orjson.dumps(each.payload), is_first=each is machine.HELLO)
    for each in (machine.HELLO, machine.ACK, machine.INVALID, machine.RECONNECT)
}
"""Everything that is said to all in the same words, by opcode."""


class GatewaySocket(Socket):
    """A client of the gateway protocol."""

    __slots__ = ("_session", "_shown")

    def __init__(self, lobby: Lobby) -> None:
        super().__init__(lobby, limits.GATEWAY_PAYLOAD_BYTES)
        self._session = Session(lobby.clock.monotonic())
        self._shown: Shown | None = None

    # The lobby's side.

    def go_live(self, viewer: Viewer) -> None:
        """READY or RESUMED was said."""
        super().go_live(viewer)
        self._session.ready()
        self._session.resumed()
        if self._shown is not None:
            self._lobby.show(viewer, self._shown)
            self._shown = None

    def refuse(self) -> None:
        """The session is unknown or can not be gone on with."""
        self._task = None
        self._all(self._session.refused(self._lobby.clock.monotonic()))
        self._watch()

    def reconnect(self) -> None:
        """The process is about to stop."""
        self._perform(machine.RECONNECT)

    # The connection's side.

    def _begin(self, line: bytes) -> bool:
        close = self._read_query(line.partition(b"?")[2].decode("latin-1"))
        self.sink = ZstdSink(self.outlet) if self.encoding is Encoding.ZSTD else self.outlet
        if close is not None:
            self.close(close)
            return False
        self._perform(machine.HELLO)
        return True

    def _hear(self, payload: bytes) -> None:
        self._all(self._session.feed(payload, self._lobby.clock.monotonic()))

    def _over(self, close: Close) -> None:
        self._session.end(close)

    def _tick(self, now: float) -> None:
        self._all(self._session.tick(now))

    def _due(self) -> float | None:
        return self._session.deadline()

    # Inside.

    def _all(self, effects: list[Effect]) -> None:
        for effect in effects:
            self._perform(effect)

    def _perform(self, effect: Effect) -> None:
        lobby = self._lobby
        match effect:
            case Send():
                self._say(effect)
                if effect is machine.ACK and self._viewer is not None:
                    lobby.beat(self._viewer)
            case machine.End():
                self.close(effect.close)
            case machine.Authenticate():
                if effect.identify.is_packed and self.encoding is Encoding.JSON:
                    self.encoding = Encoding.PACKED
                self._task = lobby.tasks.spawn("identify", lobby.identify(self, effect.identify))
            case machine.Resume():
                self._task = lobby.tasks.spawn("resume", lobby.resume(self, effect.request))
            case machine.UpdatePresence() if self._viewer is None:
                self._shown = effect.shown
            case _ if self._viewer is not None:
                self._perform_live(self._viewer, effect)

    def _perform_live(self, viewer: Viewer, effect: Effect) -> None:
        lobby = self._lobby
        match effect:
            case machine.UpdatePresence():
                lobby.show(viewer, effect.shown)
            case machine.UpdateVoice():
                lobby.update_voice(viewer, effect.request)
            case machine.RequestMembers():
                lobby.tasks.spawn("members", lobby.members(viewer, effect.request))
            case machine.LookAtMembers():
                lobby.listing.look(viewer, effect.request)

    def _say(self, effect: Send) -> None:
        if self.is_over:
            return
        words = _WORDS[effect.payload["op"]][self.encoding]
        self.outlet.push(self.sink.frame(words) if isinstance(self.sink, Translator) else words)

    def _read_query(self, query: str) -> Close | None:
        self.version, self.encoding, close = _read(query)
        return close


@lru_cache(maxsize=256)
def _read(query: str) -> tuple[int, Encoding, Close | None]:
    """What an address asks for; a crowd of clients says it in the same few ways."""
    asked = {name: values[-1] for name, values in parse_qs(query).items()}
    version = asked.get("v", "10")
    if version not in VERSIONS:
        return 10, Encoding.JSON, Close.INVALID_VERSION
    try:
        asked_for = Encoding(asked.get("compress", ""))
    except ValueError:
        asked_for = Encoding.JSON
    encoding = asked_for if asked_for in _BY_ADDRESS else Encoding.JSON
    close = Close.DECODE_ERROR if asked.get("encoding", "json") != "json" else None
    return int(version), encoding, close


_BY_ADDRESS = frozenset({Encoding.JSON, Encoding.ZLIB, Encoding.ZSTD})
"""What the address of a connection may ask for."""
