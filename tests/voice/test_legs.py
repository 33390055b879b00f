"""A room that is larger than a media worker takes: on two of them, with LiveKit's Python client.
MOIM_LISTENERS=500 lets so many hear one speaker, half of them on each worker.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any

import httpx
import pytest
import pytest_asyncio
from websockets.asyncio.client import ClientConnection, connect

from media_sfu.domain import rtp
from signaling_service.domain.tokens import sign
from stack.caller import Caller as Wire
from stack.caller import Stream
from stack.suite import Suite
from tests.fixtures.houses import UNLIMITED
from tests.voice.callers import Club, gathered, until

LISTENERS = int(os.environ.get("MOIM_LISTENERS", "6"))
SECRET = "a secret that an operator has made up"
LECTURE = "lecture"
SAID, EVERY_S, CHECKED_S = 250, 0.02, 4.0
AT_ONCE = 20

pytestmark = [pytest.mark.xdist_group("voice"), pytest.mark.asyncio(loop_scope="session")]


async def standing(stack: AsyncExitStack, folder: Any, people: int) -> Suite:
    """A house with two media workers."""
    env = {"SIGNALING_WORKER_PEOPLE": str(people), "SIGNALING_API_SECRET": SECRET}
    suite = Suite(folder, sfus=2, extra_env=UNLIMITED | env)
    return await stack.enter_async_context(suite)


@pytest_asyncio.fixture(loop_scope="session")
async def stack() -> AsyncIterator[AsyncExitStack]:
    async with AsyncExitStack() as stack:
        yield stack


def token(identity: str, room: str, **grants: Any) -> str:
    claims = {"iss": "moim", "sub": identity, "exp": int(time.time()) + 3600}
    return sign({**claims, "video": {"room": room, **grants}}, SECRET.encode())


async def diagnosed(house: Suite, room: str) -> dict[str, Any]:
    """What operators are told of a room."""
    shown = {"Authorization": f"Bearer {token('operator', room, roomAdmin=True)}"}
    url = f"http://127.0.0.1:{house.ports.http('signaling')}/diagnostics/{room}"
    async with httpx.AsyncClient() as client:
        answer = await client.get(url, headers=shown)
        return dict(answer.raise_for_status().json())


async def all_hear_all(club: Club) -> None:
    for one in club.callers:
        for other in club.callers:
            if one is not other:
                await one.hears(other)


async def seats(house: Suite, club: Club) -> dict[str, str]:
    """The worker of each person."""
    told = await diagnosed(house, club.voice_id)
    return {one["identity"]: one["worker"] for one in told["participants"]}


async def test_a_room_is_on_two_workers_and_each_of_them_may_die(
    stack: AsyncExitStack, tmp_path: Any
) -> None:
    """All hear all, whoever sits where; who sat on the dead worker comes in anew, the others go on,
    and nobody is told that anybody left.
    """
    house = await standing(stack, tmp_path, 2)
    club = await gathered(house.url, stack, ("one", "two", "three", "four"))
    for caller in club.callers:
        await caller.joins(club.guild_id, club.voice_id)
        await caller.speaks()
    await all_hear_all(club)
    await club.callers[0].shows()
    await club.callers[3].sees(club.callers[0], 10)
    told = await diagnosed(house, club.voice_id)
    assert sorted(Counter((await seats(house, club)).values()).values()) == [2, 2]
    assert len(told["workers"]) == len(told["legs"]) == 2
    home = str(told["worker"])
    for dead in ({*told["workers"]} - {home}).pop(), home:
        await _survive(house, club, dead)
    left = [d for d in club.callers[0].device.all("VOICE_STATE_UPDATE") if d["channel_id"] is None]
    assert left == []
    assert len(await seats(house, club)) == 4


async def _survive(house: Suite, club: Club, dead: str) -> None:
    seated = await seats(house, club)
    moved = [one for one in club.callers if seated[one.id] == dead]
    stayed = [one for one in club.callers if one not in moved]
    former = {(a.id, b.id): a.tracks[b.id] for a in club.callers for b in moved if a is not b}
    for one in club.callers:
        await one.device.say(1, None)
    await house.kill(dead)
    for a in club.callers:
        for b in moved:
            if a is not b:
                await until(lambda a=a, b=b: a.tracks[b.id] is not former[a.id, b.id])
                a.heard.pop(b.id, None)
    for one in stayed:
        assert one.ended == []
    await all_hear_all(club)
    await house.wait_ready(dead)


class Light:
    """One over the plain protocol that counts what comes, and decodes nothing."""

    def __init__(self, number: int) -> None:
        self.name = f"guest {number}"
        self.wire = Wire()
        self.has_section = asyncio.Event()
        """Something is sent in it, or taken."""
        self._offers = 0

    async def comes(self, url: str, stack: AsyncExitStack, streams: list[Stream]) -> None:
        """Join, and offer: to speak in these streams, or with none to listen."""
        stack.push_async_callback(self.wire.close)
        socket = await stack.enter_async_context(connect(f"{url}/signal", compression=None))
        shown = token(self.name, LECTURE, roomJoin=True)
        await socket.send(json.dumps({"type": "join", "token": shown}))
        await self._offer(socket, streams)
        async for frame in _frames(socket):
            if frame["type"] == "answer":
                self._answered(frame)
                await self.wire.connect(frame["sdp"], within=60)
                break
        reading = asyncio.create_task(self._read(socket, streams))
        stack.callback(reading.cancel)

    async def _offer(self, socket: ClientConnection, streams: list[Stream]) -> None:
        self._offers += 1
        sdp = self.wire.offer(streams or [Stream("audio", "ear")], receives=not streams)
        told = [{"cid": one.name, "kind": one.kind} for one in streams]
        said = {"type": "offer", "id": self._offers, "sdp": sdp, "tracks": told}
        await socket.send(json.dumps(said))

    async def _read(self, socket: ClientConnection, streams: list[Stream]) -> None:
        async for frame in _frames(socket):
            if frame["type"] == "offer_wanted" and not streams:
                await self._offer(socket, streams)
            elif frame["type"] == "answer":
                self._answered(frame)

    def _answered(self, frame: dict[str, Any]) -> None:
        if frame["sections"]:
            self.has_section.set()


async def _frames(socket: ClientConnection) -> AsyncIterator[dict[str, Any]]:
    async for said in socket:
        frame = json.loads(said)
        assert frame["type"] != "error", frame
        yield frame


@pytest.mark.timeout(240 + LISTENERS)
async def test_many_listeners_of_one_speaker_hear_everything_on_both_workers(
    stack: AsyncExitStack, tmp_path: Any
) -> None:
    house = await standing(stack, tmp_path, LISTENERS // 2 + 1)
    url = f"ws://127.0.0.1:{house.ports.http('signaling')}"
    voice = Stream("audio", "voice")
    speaker, listeners = Light(0), [Light(number + 1) for number in range(LISTENERS)]
    await speaker.comes(url, stack, [voice])
    turn = asyncio.Semaphore(AT_ONCE)

    async def come(one: Light) -> None:
        async with turn:
            await one.comes(url, stack, [])

    checking = asyncio.create_task(_keep([speaker, *listeners]))
    stack.callback(checking.cancel)
    await asyncio.gather(*(come(one) for one in listeners))
    await asyncio.gather(*(one.has_section.wait() for one in listeners))
    told = await diagnosed(house, LECTURE)
    people = Counter(one["worker"] for one in told["participants"])
    assert sorted(people.values()) == sorted((LISTENERS // 2 + 1, LISTENERS - LISTENERS // 2))
    for number in range(SAID):
        head = rtp.HEAD.pack(0x80, voice.pt, number, number * 960, voice.ssrc)
        speaker.wire.send(head + bytes(80))
        await asyncio.sleep(EVERY_S)  # the pace of a voice
    await until(lambda: all(one.wire.packets >= SAID for one in listeners))
    came = [one.wire.packets for one in listeners]
    sys.stdout.write(
        f"{LISTENERS} listeners on {dict(people)}: {sum(came)} of {SAID * LISTENERS}\n"
    )
    (leg,) = [one for one in (await diagnosed(house, LECTURE))["legs"] if one["sending"]]
    assert leg["sent"] == SAID


async def _keep(them: list[Light]) -> None:
    """Clients prove every few seconds that they are there."""
    while True:
        for one in them:
            one.wire.check()
        await asyncio.sleep(CHECKED_S)
