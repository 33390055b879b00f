"""A member's gateway session: identifies, keeps its heartbeat, and tells when messages arrive."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import gevent
import orjson
from gevent.event import Event
from websocket import ABNF, WebSocket, WebSocketException, create_connection

HEARD_WITHIN_S = 30.0

INTENTS = (1 << 26) - 1


class Wire:
    """One open session. `heard` is called with the nonce of each message that has one."""

    def __init__(self, url: str, token: str, heard: Callable[[str], None]) -> None:
        self._url = url
        self._token = token
        self._heard = heard
        self._ready = Event()
        self._seq: int | None = None
        self._socket: WebSocket | None = None
        self._greenlets: list[gevent.Greenlet] = []

    def open(self) -> None:
        """Connect, identify, and wait for READY."""
        # Its check of texts is Python for every byte: a GUILD_CREATE would cost the crowd, which is
        # one process, more than the house. orjson looks at them anyway.
        self._socket = create_connection(
            self._url, timeout=HEARD_WITHIN_S, skip_utf8_validation=True
        )
        hello = orjson.loads(self._next())
        self._send(2, {"token": self._token, "intents": INTENTS, "properties": {"os": "locust"}})
        every = hello["d"]["heartbeat_interval"] / 1000
        self._greenlets = [gevent.spawn(self._listen), gevent.spawn(self._beat, every)]
        if not self._ready.wait(HEARD_WITHIN_S):
            raise TimeoutError("no READY")

    def close(self) -> None:
        """Leave as a client that is closed by its user."""
        gevent.killall(self._greenlets)
        if self._socket is not None:
            self._socket.close(timeout=1)

    @property
    def is_open(self) -> bool:
        """Whether it still listens."""
        return bool(self._greenlets) and not self._greenlets[0].dead

    def _send(self, op: int, data: Any) -> None:
        assert self._socket is not None
        self._socket.send(orjson.dumps({"op": op, "d": data}).decode())

    def _next(self) -> bytes:
        """The next text; nothing when there is none any more."""
        assert self._socket is not None
        opcode, data = self._socket.recv_data()
        return bytes(data) if opcode == ABNF.OPCODE_TEXT else b""

    def _beat(self, every: float) -> None:
        while True:
            gevent.sleep(every)
            self._send(1, self._seq)

    def _listen(self) -> None:
        assert self._socket is not None
        self._socket.settimeout(None)
        try:
            while text := self._next():
                self._take(orjson.loads(text))
        except (OSError, WebSocketException):
            return

    def _take(self, payload: dict[str, Any]) -> None:
        self._seq = payload["s"] or self._seq
        if payload["t"] == "READY":
            self._ready.set()
        elif payload["t"] == "MESSAGE_CREATE" and payload["d"].get("nonce"):
            self._heard(str(payload["d"]["nonce"]))


def now_ms() -> float:
    """A clock for durations."""
    return time.perf_counter() * 1_000
