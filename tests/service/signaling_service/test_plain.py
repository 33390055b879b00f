"""Rooms that operators' programs open by tokens of their own: created, joined, full, ready."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import ClientConnection, connect

from chassis.rpc import RpcServer
from contracts.rpc.base import Done
from contracts.rpc.media import LeaveRoom, Opened, OpenParticipant
from contracts.rpc.media_news import WorkerHere
from signaling_service.domain.tokens import sign
from tests.fixtures.services import stub
from tests.service.signaling_service.house import House, open_house

SECRET = "an operator's secret"


async def _opened(call: OpenParticipant) -> Opened:
    del call
    return Opened(worker="worker", epoch=1)


async def _done(call: LeaveRoom) -> Done:
    del call
    return Done()


def _media(rpc: RpcServer) -> None:
    rpc.handle(OpenParticipant, _opened)
    rpc.handle(LeaveRoom, _done)


@pytest.fixture
async def house(redis_url: str) -> AsyncIterator[House]:
    async with (
        stub("media", _media) as entry,
        open_house(redis_url, api_secret=SECRET) as house,
    ):
        media = await house.running.calls_from("media")
        here = WorkerHere(
            worker="worker",
            epoch=1,
            address=entry.partition("=")[2],
            media_addresses=(),
            lease_s=60,
            is_draining=False,
            rooms=0,
            participants=0,
            packets_per_second=0,
            busy=0,
        )
        while not media.cast(here):
            await house.running.service.clock.sleep(0.01)
        yield house


class Guest:
    """A socket that says and hears frames."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket

    async def says(self, **frame: Any) -> None:
        await self._socket.send(json.dumps(frame))

    async def hears(self, kind: str) -> dict[str, Any]:
        """The next frame of this type; others are passed over."""
        while True:
            frame: dict[str, Any] = json.loads(await self._socket.recv())
            if frame["type"] == kind:
                return frame


async def guest(house: House, stack: AsyncExitStack, name: str, secret: str = SECRET) -> Guest:
    grants = {"room": "lobby", "roomJoin": True}
    until = house.clock.now_ms() / 1000 + 60
    token = sign({"iss": "moim", "sub": name, "exp": until, "video": grants}, secret.encode())
    url = house.running.url.replace("http", "ws", 1)
    socket = await stack.enter_async_context(connect(f"{url}/signal", compression=None))
    came = Guest(socket)
    await came.says(type="join", token=token, capacity=2)
    return came


async def test_a_room_is_created_joined_and_full(house: House) -> None:
    async with AsyncExitStack() as stack:
        first = await guest(house, stack, "first")
        created = await first.hears("created")
        assert (created["room"], created["capacity"], created["participants"]) == ("lobby", 2, [])
        second = await guest(house, stack, "second")
        joined = await second.hears("joined")
        assert [one["user_id"] for one in joined["participants"]] == ["first"]
        await second.hears("ready")
        assert (await first.hears("participant"))["participant"]["user_id"] == "second"
        await first.hears("ready")
        third = await guest(house, stack, "third")
        await third.hears("full")
        again = await guest(house, stack, "second")
        await again.hears("joined")
        assert (await second.hears("bye"))["why"] == "duplicate"
        await again.says(type="leave")
        assert (await again.hears("bye"))["may_return"] is False
        assert (await first.hears("left"))["participant"]["user_id"] == "second"


async def test_an_operator_lists_a_room_and_puts_somebody_out(house: House) -> None:
    def bearer(**grants: Any) -> dict[str, str]:
        until = house.clock.now_ms() / 1000 + 60
        token = sign({"iss": "moim", "exp": until, "video": grants}, SECRET.encode())
        return {"Authorization": f"Bearer {token}"}

    async def asks(method: str, form: dict[str, str], **grants: Any) -> tuple[int, Any]:
        path, headers = f"/twirp/livekit.RoomService/{method}", bearer(**grants)
        async with httpx.AsyncClient(base_url=house.running.url) as program:
            answer = await program.post(path, json=form, headers=headers)
        return answer.status_code, answer.json()

    async with AsyncExitStack() as stack:
        first = await guest(house, stack, "first")
        await first.hears("created")
        status, found = await asks("ListRooms", {}, roomList=True)
        assert (status, [room["name"] for room in found["rooms"]]) == (200, ["lobby"])
        lobby = {"room": "lobby", "identity": "first"}
        assert (await asks("RemoveParticipant", lobby, roomList=True))[0] == 403
        assert (await asks("RemoveParticipant", lobby, roomAdmin=True, room="other"))[0] == 403
        absent = {"room": "lobby", "identity": "nobody"}
        assert (await asks("GetParticipant", absent, roomAdmin=True))[0] == 404
        assert (await asks("Dance", {}, roomAdmin=True))[0] == 404
        assert await asks("RemoveParticipant", lobby, roomAdmin=True, room="lobby") == (200, {})
        assert (await first.hears("bye"))["why"] == "closed"


async def test_who_shows_a_forged_token_is_refused(house: House) -> None:
    async with AsyncExitStack() as stack:
        forger = await guest(house, stack, "forger", secret="guessed")
        assert (await forger.hears("error"))["code"] == "refused"


async def test_without_a_secret_of_the_operator_s_only_the_house_signs(redis_url: str) -> None:
    async with open_house(redis_url) as house, AsyncExitStack() as stack:
        settings = house.running.service.settings
        secret = settings.secret()  # type: ignore[attr-defined]
        grants = {"room": "lobby", "roomJoin": True}
        until = house.clock.now_ms() / 1000 + 60
        token = sign({"iss": "moim", "sub": "x", "exp": until, "video": grants}, secret)
        url = house.running.url.replace("http", "ws", 1)
        came = Guest(await stack.enter_async_context(connect(f"{url}/signal", compression=None)))
        await came.says(type="join", token=token)
        assert (await came.hears("error"))["code"] == "refused"
