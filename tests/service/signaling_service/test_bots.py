"""Discord's voice gateway, as bots meet it: who they are is proven, what they are told is in order,
and whoever is silent is let go.
"""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from contracts.rpc import media, media_news
from contracts.rpc.media_cords import MODES, KeyCord, heard_as
from contracts.rpc.signaling import Governing
from tests.fixtures.patience import PATIENCE
from tests.service.signaling_service.house import ALICE, BOT, OWNER, House
from tests.service.signaling_service.talk import HERE, Worker, talking_house

IDENTIFY, SELECT, READY, HEARTBEAT, DESCRIPTION, SPEAKING, ACK, RESUME, HELLO, RESUMED = range(10)
CONNECTED, GONE = 11, 13
CHOSEN = {"address": HERE, "port": 4_000, "mode": MODES[1]}


@dataclass(eq=False)
class Line:
    """One socket of a bot."""

    socket: ClientConnection
    heard: list[dict[str, Any]] = field(default_factory=list)

    async def says(self, op: object, data: object = None) -> None:
        await self.socket.send(json.dumps({"op": op, "d": data}))

    async def hears(self, op: int) -> Any:
        """The next frame of this kind."""
        async with asyncio.timeout(PATIENCE):
            while True:
                frame = json.loads(await self.socket.recv())
                self.heard.append(frame)
                if frame["op"] == op:
                    return frame["d"]

    async def closes(self) -> int | None:
        """The code with which it is closed; what comes before is passed over."""
        async with asyncio.timeout(PATIENCE):
            try:
                while True:
                    self.heard.append(json.loads(await self.socket.recv()))
            except ConnectionClosed as closed:
                return closed.rcvd.code if closed.rcvd is not None else None


@dataclass(eq=False)
class Scene:
    """A bot that was told where to connect."""

    house: House
    worker: Worker
    stack: AsyncExitStack
    guild: int
    channel: int
    endpoint: str
    identity: dict[str, Any]

    async def line(self, query: str = "?v=8") -> Line:
        url = self.house.running.url.replace("http", "ws", 1)
        return Line(await self.stack.enter_async_context(connect(f"{url}/{query}")))

    async def comes(self) -> Line:
        """Agreed about everything."""
        line = await self.line()
        await line.says(IDENTIFY, self.identity)
        await line.hears(READY)
        await line.says(SELECT, {"protocol": "udp", "data": CHOSEN})
        await line.hears(DESCRIPTION)
        return line

    async def alice(self) -> str:
        """She comes by the plain protocol; the room, and under which name."""
        await self.house.joins(ALICE, self.channel, self.guild)
        invitation, _ = await self.house.invited(ALICE)
        url = self.house.running.url.replace("http", "ws", 1)
        socket = await self.stack.enter_async_context(connect(f"{url}/signal"))
        await socket.send(json.dumps({"type": "join", "token": invitation.token}))
        track = {"cid": "c", "kind": "audio"}
        offer = {"type": "offer", "sdp": "v=0", "tracks": [track]}
        await socket.send(json.dumps(offer))
        while (frame := json.loads(await socket.recv()))["type"] != "answer":
            assert frame["type"] != "error", frame
        sid = self.worker.all(media.OpenParticipant)[-1].participant
        track_sid = self.worker.all(media.Publish)[-1].track.track
        self.worker.tells(
            media_news.TrackUp(
                room=str(self.channel),
                participant=sid,
                track=track_sid,
                kind="audio",
                mid="0",
                codec="opus",
            )
        )
        self.socket = socket
        return sid

    def speaks(self, sid: str, *, is_active: bool) -> None:
        """The worker hears her, or no longer."""
        speaker = media_news.Speaker(participant=sid, track="", level=0.5, is_active=is_active)
        self.worker.tells(media_news.SpeakersHeard(room=str(self.channel), speakers=(speaker,)))


@pytest.fixture
async def scene(redis_url: str) -> AsyncIterator[Scene]:
    async with talking_house(redis_url) as (house, worker), AsyncExitStack() as stack:
        guild = await house.guild()
        channel = house.channel(guild)
        await house.joins(BOT, channel, guild)
        told, _ = await house.invited(BOT)
        identity = {
            "server_id": str(guild),
            "user_id": str(BOT),
            "session_id": told.session_id,
            "token": told.token,
            "max_dave_protocol_version": 1,
        }
        yield Scene(house, worker, stack, guild, channel, told.endpoint, identity)


async def test_a_bot_is_told_what_libraries_wait_for(scene: Scene) -> None:
    assert scene.endpoint == "moim.test:8080/voice/node-1"
    line = await scene.line()
    assert (await line.hears(HELLO))["heartbeat_interval"] == 13_750
    await line.says(HEARTBEAT, {"t": 5, "seq_ack": -1})
    assert await line.hears(ACK) == {"t": 5}
    await line.says(IDENTIFY, scene.identity)
    ready = await line.hears(READY)
    assert (ready["ssrc"], ready["ip"], ready["port"]) == (77, "192.0.2.9", 5_000)
    assert ready["modes"] == list(MODES)
    await line.says(SELECT, {"protocol": "udp", "data": CHOSEN})
    session = await line.hears(DESCRIPTION)
    assert (session["mode"], session["secret_key"]) == (MODES[1], list(range(32)))
    assert (session["audio_codec"], session["dave_protocol_version"]) == ("opus", 0)
    voice = scene.worker.all(media.Publish)[0].track
    assert (voice.source, voice.is_stereo) == ("microphone", True)
    assert scene.worker.all(KeyCord)[0].mode == MODES[1]


async def test_speakers_are_told_by_person_and_ssrc(scene: Scene) -> None:
    line = await scene.comes()
    sid = await scene.alice()
    assert await line.hears(CONNECTED) == {"user_ids": [str(ALICE)]}
    known = await line.hears(SPEAKING)
    track = scene.worker.all(media.Publish)[-1].track.track
    assert known == {"user_id": str(ALICE), "ssrc": heard_as(track), "speaking": 0}
    scene.speaks(sid, is_active=True)
    assert await line.hears(SPEAKING) == {**known, "speaking": 1}
    scene.speaks(sid, is_active=False)
    assert await line.hears(SPEAKING) == known
    await line.says(15, {"any": 100, str(known["ssrc"]): 0})
    await line.says(16, {})
    await line.hears(16)
    spared = scene.worker.all(media.Subscribe)[-1]
    assert (spared.tracks, spared.is_wanted) == ((track,), False)
    await scene.socket.send(json.dumps({"type": "leave"}))
    assert await line.hears(GONE) == {"user_id": str(ALICE)}


async def test_who_comes_back_hears_what_was_missed(scene: Scene) -> None:
    line = await scene.comes()
    sid = await scene.alice()
    await line.hears(CONNECTED)
    await line.hears(SPEAKING)
    seen = line.heard[-1]["seq"]
    line.socket.transport.abort()
    scene.speaks(sid, is_active=True)
    while json.loads(await scene.socket.recv())["type"] != "speaking":
        pass  # what she is told, the bot is told, too
    back = await scene.line()
    await back.says(RESUME, {**scene.identity, "seq_ack": seen})
    missed = await back.hears(SPEAKING)
    assert (missed["speaking"], back.heard[-1]["seq"]) == (1, seen + 1)
    await back.hears(RESUMED)
    scene.speaks(sid, is_active=False)
    assert (await back.hears(SPEAKING))["speaking"] == 0
    assert back.heard[-1]["seq"] == seen + 2
    assert len(scene.worker.all(KeyCord)) == 1
    assert set(await scene.house.states(scene.guild)) == {ALICE, BOT}


async def test_nobody_comes_in_for_somebody_else(scene: Scene) -> None:
    for changed, code in (
        ({"token": "x.y.z"}, 4004),
        ({"user_id": str(ALICE)}, 4004),
        ({"session_id": "another"}, 4004),
        ({"server_id": "1"}, 4011),
        ({"token": None}, 4002),
    ):
        line = await scene.line()
        await line.says(IDENTIFY, {**scene.identity, **changed})
        assert await line.closes() == code
    assert not scene.worker.asked


async def test_every_refusal_has_its_code(scene: Scene) -> None:
    async def refused(*frames: tuple[object, object], query: str = "?v=8") -> int | None:
        line = await scene.line(query)
        for op, data in frames:
            await line.says(op, data)
        return await line.closes()

    came = (IDENTIFY, scene.identity)
    assert await refused(query="?v=3") == 4020
    assert await refused((SELECT, {})) == 4003
    assert await refused((RESUME, scene.identity)) == 4006
    assert await refused(came, came) == 4005
    assert await refused(came, (99, None)) == 4001
    assert await refused(("5", None)) == 4002
    assert await refused(came, (SELECT, {"protocol": "webrtc"})) == 4012
    for data, code in (
        (CHOSEN | {"mode": "xsalsa20_poly1305"}, 4016),
        (CHOSEN | {"address": "198.51.100.1"}, 4012),
        (CHOSEN | {"port": 0}, 4002),
        (None, 4002),
    ):
        assert await refused(came, (SELECT, {"protocol": "udp", "data": data})) == code
    assert await refused(*([(HEARTBEAT, 1)] * 601)) == 4021


async def test_mangled_frames_end_their_own_connection_only(scene: Scene) -> None:
    line = await scene.comes()
    dice = random.Random(6)
    whole = json.dumps({"op": SELECT, "d": {"protocol": "udp", "data": CHOSEN}})
    values: list[Any] = [None, -1, 1 << 70, 0.5, True, "", "x" * 500, [], {}, [[]], {"d": {}}]
    other = await scene.line()
    for _ in range(40):
        at = dice.randrange(len(whole))
        torn = whole[:at] + chr(dice.randrange(32, 900)) + whole[at + dice.randrange(9) :]
        wrong = json.dumps({"op": dice.choice((0, 1, 3, 5, 7, 15)), "d": dice.choice(values)})
        try:
            await other.socket.send(dice.randbytes(20))
            await other.socket.send(dice.choice((torn, wrong)))
            await other.says(HEARTBEAT, {"t": "whole"})
            while await other.hears(ACK) != {"t": "whole"}:
                pass
        except ConnectionClosed:
            other = await scene.line()
    await line.says(HEARTBEAT, {"t": 1, "seq_ack": 0})
    assert await line.hears(ACK) == {"t": 1}


async def test_moved_and_disconnected_bots_are_let_go_at_once(scene: Scene) -> None:
    line = await scene.comes()
    house, guild = scene.house, scene.guild
    other = house.channel(guild)
    await house.governs(OWNER, BOT, guild, Governing.MOVE, other)
    assert await line.closes() == 4014
    told, _ = await house.invited(BOT, 2)
    scene.identity |= {"token": told.token}
    line = await scene.comes()
    await house.governs(OWNER, BOT, guild, Governing.DISCONNECT)
    assert await line.closes() == 4014
    line = await scene.line()
    await line.says(IDENTIFY, scene.identity)
    assert await line.closes() == 4004


async def test_what_a_bot_says_of_itself_is_done_to_it(scene: Scene) -> None:
    """It has no switch of its own: opcode 4 deafens and mutes it."""
    await scene.comes()
    house = scene.house

    async def rights() -> media.Rights:
        async with asyncio.timeout(PATIENCE):
            while not (found := scene.worker.all(media.SetRights)):
                await asyncio.sleep(0.005)
        return found[-1].rights

    await house.joins(BOT, scene.channel, scene.guild, self_deaf=True, self_mute=True)
    assert not (await rights()).may_listen
    async with asyncio.timeout(PATIENCE):
        while not scene.worker.all(media.MuteTrack):
            await asyncio.sleep(0.005)
    muted = scene.worker.all(media.MuteTrack)[-1]
    assert (muted.is_muted, muted.by) == (True, "server")
    assert (await house.states(scene.guild))[BOT].self_mute


async def test_a_silent_bot_is_cut_and_gone(redis_url: str) -> None:
    async with talking_house(redis_url, heartbeat_seconds=0.4) as (house, worker):
        guild = await house.guild()
        await house.joins(BOT, house.channel(guild), guild)
        told, _ = await house.invited(BOT)
        async with AsyncExitStack() as stack:
            identity = {
                "server_id": str(guild),
                "user_id": str(BOT),
                "session_id": told.session_id,
                "token": told.token,
            }
            scene = Scene(house, worker, stack, guild, 0, "", identity)
            line = await scene.line()
            await line.says(IDENTIFY, scene.identity)
            assert await line.closes() == 4009
            assert READY in [frame["op"] for frame in line.heard]
            async with asyncio.timeout(PATIENCE):
                while (BOT, None) not in house.told():
                    await house.passes(20)
                    await asyncio.sleep(0.01)
