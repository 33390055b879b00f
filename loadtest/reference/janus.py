"""Janus' VideoRoom, where it is installed (Debian: `janus`): an established media server under the
load of `bench sfu`. It is driven over its unix socket and taken at its best: one event loop for all
connections, no statistics, no events, nothing but the VideoRoom.
"""

from __future__ import annotations

import asyncio
import contextlib
import glob
import json
import secrets
import shutil
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from loadtest.bench.streams import Source
from stack.caller import Caller, Stream

ROOM = 1
_LIBRARIES = "/usr/lib/*/janus"
_PORTS = 4_000
_ANSWER_S = 20.0
_TRIES = 5
_NO_SUCH_FEED = 428
_CONFIG = """
general: {{
  configs_folder = "{folder}"
  plugins_folder = "{library}/plugins"
  transports_folder = "{library}/transports"
  events_folder = "{library}/events"
  loggers_folder = "{library}/loggers"
  debug_level = 2
  session_timeout = 0
  event_loops = 1
}}
media: {{ ipv6 = false, no_media_timer = 0, slowlink_threshold = 0, rtp_port_range = "{ports}" }}
nat: {{
  full_trickle = false, ice_lite = true, ice_tcp = false
  ice_consent_freshness = false, ice_enforce_list = "{host}"
}}
plugins: {{ disable = "{plugins}" }}
transports: {{ disable = "{transports}" }}
loggers: {{ disable = "{loggers}" }}
events: {{ broadcast = false }}
"""
_SOCKET = """
general: {{ enabled = true, json = "compact", path = "{folder}/socket", type = "SOCK_SEQPACKET" }}
admin: {{ admin_enabled = false }}
"""
_VIDEOROOM = """
general: {{ }}
room-{room}: {{
  publishers = 200, bitrate = 0, audiocodec = "opus", videocodec = "vp8", record = false
  audiolevel_ext = true, audiolevel_event = false, notify_joining = false
}}
"""


def absent(host: str) -> str:
    """Why it can not be measured here; empty when it can."""
    if shutil.which("janus") is None or not glob.glob(f"{_LIBRARIES}/plugins/*videoroom.so"):
        return "janus is not installed"
    if host.startswith("127."):
        return "this machine has no address but its own, and janus takes no loopback"
    return ""


class JanusError(Exception):
    """It refused something."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(f"janus: {code} {reason}")
        self.code = code


class Session:
    """Requests over its unix socket, and what they were answered."""

    def __init__(self, end: socket.socket) -> None:
        self._end = end
        self._asked: dict[str, asyncio.Future[dict[str, Any]]] = {}
        self.number = 0
        asyncio.get_running_loop().add_reader(end, self._readable)

    def stop(self) -> None:
        """Hear no more."""
        asyncio.get_running_loop().remove_reader(self._end)
        self._end.close()

    async def ask(self, kind: str, handle: int = 0, **words: Any) -> dict[str, Any]:
        """One request; what it answers, or the event that it leads to."""
        transaction = secrets.token_hex(6)
        said = {"janus": kind, "transaction": transaction, **words}
        said |= {"session_id": self.number} if self.number else {}
        said |= {"handle_id": handle} if handle else {}
        future = asyncio.get_running_loop().create_future()
        self._asked[transaction] = future
        self._end.send(json.dumps(said).encode())
        async with asyncio.timeout(_ANSWER_S):
            answer: dict[str, Any] = await future
        refused = answer.get("error") or answer.get("plugindata", {}).get("data", {})
        if "error" in answer or "error_code" in refused:
            code, reason = refused.get("code") or refused["error_code"], refused.get("reason")
            raise JanusError(code, reason or refused.get("error", ""))
        return answer

    def _readable(self) -> None:
        with contextlib.suppress(BlockingIOError):
            while data := self._end.recv(1 << 20):
                said = json.loads(data)
                future = self._asked.get(said.get("transaction", ""))
                if future is not None and said["janus"] != "ack" and not future.done():
                    del self._asked[said["transaction"]]
                    future.set_result(said)


@dataclass
class Janus:
    """One room of it."""

    pid: int
    session: Session
    host: str
    _feeds: dict[str, int] = field(default_factory=dict)
    _handles: dict[str, list[int]] = field(default_factory=dict)

    @property
    def pids(self) -> Sequence[int]:
        """One process."""
        return (self.pid,)

    async def publish(
        self, name: str, sources: list[Source], cipher: bytes, *, hears: bool = False
    ) -> Caller:
        """Join as a publisher and offer; who hears does so on a handle of its own."""
        del hears
        streams: dict[str, Stream] = {source.stream.name: source.stream for source in sources}
        caller = Caller()
        caller.prefer(cipher)
        handle = await self._attach(name)
        joined = await self._say(handle, {"request": "join", "ptype": "publisher", "room": ROOM})
        offer = {"type": "offer", "sdp": self._placed(caller, caller.offer([*streams.values()]))}
        answer = await self._say(handle, {"request": "publish"}, offer)
        await caller.connect(answer["jsep"]["sdp"])
        self._feeds[name] = joined["plugindata"]["data"]["id"]
        return caller

    async def listen(self, name: str, tracks: int, cipher: bytes) -> Caller:
        """Join as a subscriber of everybody else and answer."""
        del tracks
        feeds = [{"feed": feed} for other, feed in self._feeds.items() if other != name]
        join = {"request": "join", "ptype": "subscriber", "room": ROOM, "streams": feeds}
        caller = Caller()
        caller.prefer(cipher)
        handle = await self._attach(name)
        offered = await self._joined(handle, join)
        offer = offered["jsep"]["sdp"]
        # Whoever greets it before it is ready for that waits a second for the next try.
        said = self._placed(caller, caller.answer(offer)).replace("setup:active", "setup:passive")
        await self._say(handle, {"request": "start"}, {"type": "answer", "sdp": said})
        await caller.connect(offer.replace("setup:actpass", "setup:active"))
        return caller

    async def leave(self, *names: str) -> None:
        """All of them."""
        for name in names:
            self._feeds.pop(name, None)
            for handle in self._handles.pop(name, []):
                await self.session.ask("detach", handle)

    def _placed(self, caller: Caller, description: str) -> str:
        return placed(description, self.host, caller.address[1])

    async def _attach(self, name: str) -> int:
        answer = await self.session.ask("attach", plugin="janus.plugin.videoroom")
        handle = int(answer["data"]["id"])
        self._handles.setdefault(name, []).append(handle)
        return handle

    async def _say(
        self, handle: int, body: dict[str, Any], description: dict[str, str] | None = None
    ) -> dict[str, Any]:
        words = {"jsep": description} if description else {}
        return await self.session.ask("message", handle, body=body, **words)

    async def _joined(self, handle: int, join: dict[str, Any]) -> dict[str, Any]:
        async with asyncio.timeout(_ANSWER_S):
            while True:
                try:
                    return await self._say(handle, join)
                except JanusError as error:
                    # A publisher is there for others when its handshake has ended over there, too.
                    if error.code != _NO_SUCH_FEED:
                        raise
                    await asyncio.sleep(0.1)


def placed(description: str, host: str, port: int) -> str:
    """With a candidate in the section that carries all: Janus does nothing before it knows one."""
    said = f"a=candidate:1 1 udp 2130706431 {host} {port} typ host\r\na=end-of-candidates"
    head, name, rest = description.partition("a=mid:")
    return f"{head}{said}\r\n{name}{rest}"


@asynccontextmanager
async def janus(folder: Path, host: str, first_port: int) -> AsyncIterator[Janus]:
    """Started in this folder, and ready to be asked; media arrives at this address."""
    _configure(folder, host, first_port)
    process, end = await _started(folder)
    session = Session(end)
    try:
        session.number = int((await session.ask("create"))["data"]["id"])
        yield Janus(process.pid, session, host)
    finally:
        session.stop()
        process.kill()
        await process.wait()


async def _started(folder: Path) -> tuple[asyncio.subprocess.Process, socket.socket]:
    for _ in range(_TRIES):
        with (folder / "log").open("wb") as log:
            process = await asyncio.create_subprocess_exec(
                "janus", "-F", str(folder), "-C", str(folder / "janus.jcfg"),
                cwd=folder, stdout=log, stderr=asyncio.subprocess.STDOUT,
            )  # fmt: skip
        end = await _connected(folder / "socket", process)
        if end is not None:
            return process, end
    raise JanusError(process.returncode or 0, (folder / "log").read_text()[-2_000:])


async def _connected(path: Path, process: asyncio.subprocess.Process) -> socket.socket | None:
    """None when it ended, as it does where its socket's thread began before it was ready for it."""
    while process.returncode is None:
        end = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        end.setblocking(False)
        try:
            end.connect(str(path))
        except OSError:
            end.close()
            await asyncio.sleep(0.1)
        else:
            return end
    return None


def _configure(folder: Path, host: str, first_port: int) -> None:
    library = Path(glob.glob(_LIBRARIES)[0])
    settings = {
        "folder": folder,
        "library": library,
        "host": host,
        "ports": f"{first_port}-{first_port + _PORTS}",
        "plugins": _but(library / "plugins", "libjanus_videoroom.so"),
        "transports": _but(library / "transports", "libjanus_pfunix.so"),
        "loggers": _but(library / "loggers", ""),
        "room": ROOM,
    }
    written = {"": _CONFIG, ".transport.pfunix": _SOCKET, ".plugin.videoroom": _VIDEOROOM}
    for name, text in written.items():
        (folder / f"janus{name}.jcfg").write_text(text.format(**settings))


def _but(folder: Path, kept: str) -> str:
    return ",".join(sorted(path.name for path in folder.glob("*.so") if path.name != kept))
