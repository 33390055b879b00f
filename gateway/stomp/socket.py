"""One STOMP connection: frames in, effects carried out one after the other, MESSAGE frames out."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Protocol

from contracts.closecodes import Close
from contracts.errors import DomainError
from contracts.intents import ALL, PRIVILEGED
from gateway.live.codec import Encoding
from gateway.live.frames import TEXT, frame
from gateway.live.lobby import Lobby
from gateway.live.payloads import UNSAID, BadPayload, Identify, read_presence, read_voice
from gateway.live.socket import Socket
from gateway.live.viewer import Viewer
from gateway.rest.errand import Outcome
from gateway.stomp import session as machine
from gateway.stomp.destinations import Deed, Kind, Target, Verb
from gateway.stomp.frames import BODY_BYTES, HEAD_BYTES, Malformed, Parser, build
from gateway.stomp.requests import asked, form
from gateway.stomp.session import SUBSCRIPTIONS, Effect, Session, State
from gateway.stomp.sink import StompSink

_BEAT = frame(TEXT, b"\n")
_MOST_BYTES = HEAD_BYTES + BODY_BYTES
_WAITING, _WAITING_BYTES = 2 * SUBSCRIPTIONS, 1 << 20
"""Frames of one client that wait for their turn, and what they hold. Somebody may come and
subscribe to everything at once.
"""
EARLY_S = 30.0
"""For so long READY waits for a subscription."""
_ERRORS = Target(Kind.ERRORS)


class Runner(Protocol):
    """Makes requests in somebody's name."""

    async def __call__(self, method: bytes, path: bytes, token: str, body: bytes, /) -> Outcome:
        """What came of it."""


class StompSocket(Socket):
    """A client of the STOMP kind."""

    __slots__ = (
        "_beat_at",
        "_early_until",
        "_effects",
        "_messages",
        "_octets",
        "_parser_of_frames",
        "_run",
        "_session",
        "_token",
        "_worker",
    )

    _messages: StompSink
    protocols = (b"v12.stomp", b"v11.stomp", b"v10.stomp")

    def __init__(self, lobby: Lobby, run: Runner) -> None:
        super().__init__(lobby, _MOST_BYTES)
        self.encoding = Encoding.STOMP
        self._run = run
        self._session = Session(lobby.clock.monotonic())
        self._parser_of_frames = Parser()
        self._effects: deque[Effect] = deque()
        self._octets = 0
        self._worker: asyncio.Task[None] | None = None
        self._token = ""
        self._beat_at: float | None = None
        self._early_until: float | None = None

    # The lobby's side.

    def go_live(self, viewer: Viewer) -> None:
        """Who it is is known, and READY waits to be subscribed to."""
        super().go_live(viewer)
        now = self._lobby.clock.monotonic()
        session = self._session
        session.entered()
        beats = round(session.beats_every * 1000), round(machine.BEAT_S * 1000)
        self._say(
            "CONNECTED",
            {
                "version": session.version,
                "session": viewer.session_id,
                "server": "moim",
                "heart-beat": f"{beats[0]},{beats[1]}",
                "user-name": str(viewer.user_id),
            },
        )
        self._early_until = now + EARLY_S
        if session.beats_every:
            self._beat_at = now + session.beats_every
        self._watch()

    def refuse(self) -> None:
        """What the session needs was lost: the client connects again."""
        self._fail("Events were lost: connect again")

    def reconnect(self) -> None:
        """The process is about to stop."""
        self._fail("The server is about to stop: connect again")

    def close(self, close: Close) -> None:
        """Say why, as STOMP says it, and hang up."""
        if not self.is_over and self._session.state is not State.CLOSING:
            self._session.end(close.reason)
            self._say("ERROR", {"message": close.reason or "Goodbye", "code": str(close.code)})
        super().close(close)

    # The connection's side.

    def _begin(self, line: bytes) -> bool:
        del line
        self.sink = self._messages = StompSink(self.outlet, self._ended)
        return True

    def _hear(self, payload: bytes) -> None:
        now = self._lobby.clock.monotonic()
        self._session.heard(now)
        try:
            frames = self._parser_of_frames.feed(payload)
        except Malformed as error:
            self._take_all(self._session.end(f"Malformed frame: {error}"))
            return
        for each in frames:
            self._take_all(self._session.feed(each, now))

    def _over(self, close: Close) -> None:
        self._session.end(close.reason)
        worker, self._worker = self._worker, None
        if worker is not None and worker is not asyncio.current_task():
            worker.cancel()
        self._effects.clear()

    def _tick(self, now: float) -> None:
        self._take_all(self._session.tick(now))
        if self._beat_at is not None and now >= self._beat_at and not self.is_over:
            self.outlet.push(_BEAT)
            self._beat_at = now + self._session.beats_every
            if self._viewer is not None:
                self._lobby.beat(self._viewer)
        if self._early_until is not None and now >= self._early_until:
            self._messages.forget()
            self._early_until = None

    def _due(self) -> float | None:
        due = (self._session.deadline(), self._beat_at, self._early_until)
        return min((at for at in due if at is not None), default=None)

    def _forget(self, *, is_resumable: bool) -> None:
        # There is no RESUME by this door.
        super()._forget(is_resumable=False)

    # What the session wants, one after the other.

    def _take_all(self, effects: list[Effect]) -> None:
        self._octets += sum(map(_octets, effects))
        if len(self._effects) + len(effects) > _WAITING or self._octets > _WAITING_BYTES:
            self._fail("Too much at once")
            return
        self._effects.extend(effects)
        if self._effects and self._worker is None:
            self._worker = self._lobby.tasks.spawn("stomp", self._work())

    async def _work(self) -> None:
        try:
            while self._effects and not self.is_over:
                effect = self._effects.popleft()
                self._octets -= _octets(effect)
                await self._perform(effect)
        finally:
            if self._worker is asyncio.current_task():
                self._worker = None

    async def _perform(self, effect: Effect) -> None:
        match effect:
            case machine.Enter():
                await self._enter(effect)
            case machine.Subscribe():
                await self._subscribe(effect)
            case machine.Unsubscribe():
                self._messages.unsubscribe(effect.name)
            case machine.Perform():
                await self._do(effect)
            case machine.Receipt():
                self._say("RECEIPT", {"receipt-id": effect.name})
            case machine.End():
                self._fail(effect.reason, effect.receipt)
            case machine.Leave():
                super().close(Close.NORMAL)

    async def _enter(self, effect: machine.Enter) -> None:
        self._token = effect.token
        self._parser_of_frames.version = effect.version
        # What privileged intents are for, a session of this kind does without.
        intents = int(ALL) & ~int(PRIVILEGED)
        wanted = Identify(effect.token, intents, None, UNSAID, effect.platform)
        await self._lobby.identify(self, wanted)

    async def _subscribe(self, effect: machine.Subscribe) -> None:
        viewer, target = self._viewer, effect.target
        if viewer is None:
            return
        try:
            may = await self._may_hear(viewer, target)
        except DomainError as error:
            self._fail(str(error), effect.receipt)
            return
        if not may:
            self._fail(f"No access to {target.destination}", effect.receipt)
            return
        early = self._messages.subscribe(effect.name, target)
        if target.kind is Kind.EVENTS:
            self._early_until = None
        if early:
            self.outlet.push(early)
        if effect.receipt is not None:
            self._say("RECEIPT", {"receipt-id": effect.receipt})

    async def _may_hear(self, viewer: Viewer, target: Target) -> bool:
        if target.kind in (Kind.EVENTS, Kind.ERRORS):
            return True
        if target.kind is Kind.GUILD:
            return target.id in viewer.guilds
        if self._lobby.hub.atlas.shows(viewer, target.id):
            return True
        # A conversation, or a thread: whoever it is may see it if they may read it.
        path = b"/api/v10/channels/%d" % target.id
        return (await self._run(b"GET", path, self._token, b"")).is_done

    async def _do(self, effect: machine.Perform) -> None:
        try:
            if effect.deed.channel_id == 0:
                self._say_of_oneself(effect.deed, effect.body)
                if effect.receipt is not None:
                    self._say("RECEIPT", {"receipt-id": effect.receipt})
                return
            request = asked(effect.deed, effect.body)
        except BadPayload:
            self._fail("The body can not be read", effect.receipt)
            return
        outcome = await self._run(*request[:2], self._token, request[2])
        if outcome.is_done:
            if effect.receipt is not None:
                self._say("RECEIPT", {"receipt-id": effect.receipt})
        elif self._messages.has(_ERRORS):
            receipt = (effect.receipt or "").encode()
            headers = b"status:%d\nreceipt-id:%b\n" % (outcome.status, receipt)
            self.outlet.push(self._messages.say(_ERRORS, headers, outcome.body))
        else:
            self._fail("The request was refused", effect.receipt, outcome)

    def _say_of_oneself(self, deed: Deed, body: bytes) -> None:
        """What is no request: the gateway has opcodes for it."""
        if self._viewer is None:
            return
        if deed.verb is Verb.SHOW:
            self._lobby.show(self._viewer, read_presence(form(body)))
        else:
            self._lobby.update_voice(self._viewer, read_voice(form(body)))

    def _ended(self, target: Target) -> None:
        """What was subscribed to is out of sight: it has been told, and no more of it comes."""
        for name in self._session.drop(target):
            self._messages.unsubscribe(name)

    def _fail(
        self, reason: str, receipt: str | None = None, outcome: Outcome | None = None
    ) -> None:
        if self.is_over:
            return
        headers = {"message": reason}
        if receipt is not None:
            headers["receipt-id"] = receipt
        body = b""
        if outcome is not None:
            headers |= {"status": str(outcome.status), "content-type": "application/json"}
            body = outcome.body
        self._say("ERROR", headers, body)
        self._session.end(reason)
        super().close(Close.GOING_AWAY)

    def _say(self, command: str, headers: dict[str, str], body: bytes = b"") -> None:
        if not self.is_over:
            self.outlet.push(frame(TEXT, build(command, headers, body)))


def _octets(effect: Effect) -> int:
    return len(effect.body) if isinstance(effect, machine.Perform) else 0
