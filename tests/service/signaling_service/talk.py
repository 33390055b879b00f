"""A media worker that only writes down what it is asked, and guests of the plain protocol."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

from websockets.asyncio.client import ClientConnection, connect

from chassis.rpc import Calls, RpcServer
from contracts.errors import Invalid
from contracts.rpc import media
from contracts.rpc.base import Call, Cast, Done
from contracts.rpc.media_cords import CordKeyed, CordLaid, KeyCord, LayCord
from contracts.rpc.media_news import WorkerHere
from contracts.rpc.media_stats import GetRoom, ParticipantStats, RoomStats
from signaling_service.domain.tokens import sign
from tests.fixtures.patience import until
from tests.fixtures.services import stub
from tests.service.signaling_service.house import House, open_house

HERE = "203.0.113.5"
"""Where a bot is seen."""
SECRET = "a secret that an operator has made up"
C = TypeVar("C", bound=Call[Any])


@dataclass
class Worker:
    """What it was asked, in order."""

    asked: list[Call[Any]] = field(default_factory=list)
    link: Calls | None = None
    """To tell signaling something."""
    here: WorkerHere | None = None
    """What it says of itself."""

    def tells(self, news: Cast) -> None:
        """Say what happened."""
        assert self.link is not None
        assert self.link.cast(news)

    async def comes(self, house: House, **fresh: Any) -> None:
        """Over a link of its own."""
        assert self.here is not None
        self.here = self.here.model_copy(update=fresh)
        self.link = link = await house.running.calls_from("media")
        await until(lambda: link.cast(self.here))

    def all(self, kind: type[C]) -> list[C]:
        """What was asked of a kind."""
        return [one for one in self.asked if isinstance(one, kind)]

    def declare(self, rpc: RpcServer) -> None:
        """Answer whatever signaling asks."""

        async def opened(call: media.OpenParticipant) -> media.Opened:
            self.asked.append(call)
            return media.Opened(worker="worker", epoch=1)

        async def answered(call: media.Offer) -> media.Answered:
            self.asked.append(call)
            return media.Answered(sdp="v=0", offer_id=call.offer_id)

        async def done(call: Call[Done]) -> Done:
            self.asked.append(call)
            return Done()

        async def measured(call: GetRoom) -> RoomStats:
            self.asked.append(call)
            one = ParticipantStats(
                participant=self.all(media.OpenParticipant)[0].participant,
                wires={"up": "connected"},
                rtt_ms=20.0,
                loss_up=0.0,
                loss_down=0.25,
                budget=100_000,
                forwarded=7,
                quality="poor",
                tracks=(),
            )
            return RoomStats(room=call.room, participants=(one,))

        async def laid(call: LayCord) -> CordLaid:
            self.asked.append(call)
            return CordLaid(host="192.0.2.9", port=5_000, ssrc=77)

        async def keyed(call: KeyCord) -> CordKeyed:
            self.asked.append(call)
            if call.host != HERE:
                raise Invalid({"host": ("ADDRESS_UNSEEN", "Nobody was seen there")})
            return CordKeyed(key=bytes(range(32)).hex())

        rpc.handle(LayCord, laid)
        rpc.handle(KeyCord, keyed)
        rpc.handle(GetRoom, measured)
        rpc.handle(media.OpenParticipant, opened)
        rpc.handle(media.Offer, answered)
        kinds: tuple[type[Call[Done]], ...] = (
            media.LeaveRoom,
            media.MuteTrack,
            media.Publish,
            media.SendData,
            media.SetRights,
            media.Subscribe,
        )
        for kind in kinds:
            rpc.handle(kind, done)


@asynccontextmanager
async def talking_house(redis_url: str, **given: Any) -> AsyncIterator[tuple[House, Worker]]:
    """signaling_service that trusts operators' tokens, with a worker to send people to."""
    worker = Worker()
    async with (
        stub("media", worker.declare) as entry,
        open_house(redis_url, api_secret=SECRET, **given) as house,
    ):
        worker.here = WorkerHere(
            worker="media-test",
            epoch=1,
            address=entry.partition("=")[2],
            media_addresses=(),
            lease_s=1e9,
            is_draining=False,
            rooms=0,
            participants=0,
            packets_per_second=0,
            busy=0,
        )
        await worker.comes(house)
        yield house, worker


class Guest:
    """A socket that says and hears frames."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket

    async def says(self, **frame: Any) -> None:
        """One frame."""
        await self._socket.send(json.dumps(frame))

    async def hears(self, kind: str) -> dict[str, Any]:
        """The next frame of this type; others are passed over."""
        while True:
            frame: dict[str, Any] = json.loads(await self._socket.recv())
            if frame["type"] == kind:
                return frame


async def arrives(house: House, stack: AsyncExitStack, token: str, **more: Any) -> Guest:
    """Somebody who shows a token."""
    url = house.running.url.replace("http", "ws", 1)
    socket = await stack.enter_async_context(connect(f"{url}/signal", compression=None))
    came = Guest(socket)
    await came.says(type="join", token=token, **more)
    return came


async def guest(house: House, stack: AsyncExitStack, name: str, secret: str = SECRET) -> Guest:
    """Somebody with an operator's token for a lobby of two."""
    grants = {"room": "lobby", "roomJoin": True}
    until = house.clock.now_ms() / 1000 + 60
    token = sign({"iss": "moim", "sub": name, "exp": until, "video": grants}, secret.encode())
    return await arrives(house, stack, token, capacity=2)
