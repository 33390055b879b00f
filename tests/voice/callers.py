"""People of a whole house in voice: joined by opcode 4, connected by LiveKit's Python client."""

from __future__ import annotations

import array
import asyncio
import math
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Any

from livekit import rtc
from livekit.rtc._proto import stats_pb2

from tests.fixtures.gateway_client import GatewayClient
from tests.fixtures.people import Person, newcomer

RATE, FRAME = 48_000, 480
ALL_INTENTS = (1 << 26) - 1
WITHIN_S = 60
_NOTHING = stats_pb2.RtcStats.InboundRtp()


@dataclass(eq=False)
class Caller:
    """A person with a device at the gateway and, once connected, a LiveKit room."""

    person: Person
    device: GatewayClient
    room: rtc.Room = field(default_factory=rtc.Room)
    heard: dict[str, int] = field(default_factory=dict)
    """The loudest sample of each person."""
    seen: dict[str, int] = field(default_factory=dict)
    """Video frames of each person."""
    tasks: list[asyncio.Task[Any]] = field(default_factory=list)
    tracks: dict[str, rtc.RemoteAudioTrack] = field(default_factory=dict)
    """What is listened to, of each person."""
    ended: list[Any] = field(default_factory=list)
    """Why the room says that it is over."""
    options: rtc.RoomOptions = field(default_factory=rtc.RoomOptions)

    @property
    def id(self) -> str:
        """Of the person."""
        return self.person.id

    async def asks(self, guild_id: str | None, channel_id: str | None, **how: Any) -> None:
        """Opcode 4."""
        wish = {"guild_id": guild_id, "channel_id": channel_id, "self_mute": False}
        await self.device.say(4, {**wish, "self_deaf": False, **how})

    async def way_in(self) -> dict[str, Any]:
        """Where to connect, as it is told next."""
        return dict(await self.device.expect("VOICE_SERVER_UPDATE"))

    async def joins(self, guild_id: str | None, channel_id: str) -> dict[str, Any]:
        """Opcode 4, then the connection."""
        await self.asks(guild_id, channel_id)
        way = await self.way_in()
        await self.connects(way)
        return way

    async def connects(self, way: dict[str, Any]) -> None:
        """Come in where a VOICE_SERVER_UPDATE leads."""
        self.room.on("track_subscribed", self._subscribed)
        self.room.on("disconnected", self.ended.append)
        async with asyncio.timeout(WITHIN_S):
            await self.room.connect(way["endpoint"], way["token"], self.options)

    async def speaks(self, pitch: int = 440) -> rtc.LocalTrackPublication:
        """A tone, from now on."""
        source = rtc.AudioSource(RATE, 1)
        track = rtc.LocalAudioTrack.create_audio_track("voice", source)
        options = rtc.TrackPublishOptions(source=rtc.TrackSource.SOURCE_MICROPHONE)
        async with asyncio.timeout(WITHIN_S):
            published = await self.room.local_participant.publish_track(track, options)
        self.tasks.append(asyncio.create_task(_hum(source, pitch)))
        return published

    async def shows(self) -> rtc.LocalTrackPublication:
        """A picture that changes, from now on."""
        source = rtc.VideoSource(320, 240)
        track = rtc.LocalVideoTrack.create_video_track("camera", source)
        options = rtc.TrackPublishOptions(
            source=rtc.TrackSource.SOURCE_CAMERA, simulcast=False, video_codec=rtc.VideoCodec.VP8
        )
        async with asyncio.timeout(WITHIN_S):
            published = await self.room.local_participant.publish_track(track, options)
        self.tasks.append(asyncio.create_task(_film(source)))
        return published

    async def hears(self, other: Caller, *, above: int = 1_000) -> None:
        """Wait until somebody is heard."""
        await until(lambda: self.heard.get(other.id, 0) > above)

    async def samples(self, other: Caller) -> tuple[int, int]:
        """Of somebody's voice: how many were played, and how many of them made up."""
        came = (await self._came(other)).inbound
        return came.total_samples_received, came.concealed_samples

    async def packets(self, other: Caller) -> int:
        """Of somebody's voice: how many came."""
        return int((await self._came(other)).received.packets_received)

    async def _came(self, other: Caller) -> Any:
        stats = await self.tracks[other.id].get_stats()
        return next((each.inbound_rtp for each in stats if each.HasField("inbound_rtp")), _NOTHING)

    async def sees(self, other: Caller, frames: int) -> None:
        """Wait until so many pictures of somebody more have come."""
        had = self.seen.get(other.id, 0)
        await until(lambda: self.seen.get(other.id, 0) >= had + frames)

    async def leaves(self) -> None:
        """Hang up, close everything."""
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)
        await self.room.disconnect()
        await self.device.shut(1000)
        await self.person.leave()

    def _subscribed(
        self, track: rtc.Track, publication: Any, participant: rtc.RemoteParticipant
    ) -> None:
        del publication
        if isinstance(track, rtc.RemoteAudioTrack):
            self.tracks[participant.identity] = track
        listen = self._listen if track.kind == rtc.TrackKind.KIND_AUDIO else self._watch
        self.tasks.append(asyncio.create_task(listen(track, participant.identity)))

    async def _listen(self, track: rtc.Track, identity: str) -> None:
        stream = rtc.AudioStream(track)
        try:
            async for event in stream:
                self.heard[identity] = max(event.frame.data)
        finally:
            await stream.aclose()

    async def _watch(self, track: rtc.Track, identity: str) -> None:
        stream = rtc.VideoStream(track)
        try:
            async for _ in stream:
                self.seen[identity] = self.seen.get(identity, 0) + 1
        finally:
            await stream.aclose()


@dataclass
class Club:
    """A community with a voice channel, its owner and members."""

    guild_id: str
    voice_id: str
    callers: list[Caller]


async def gathered(url: str, stack: AsyncExitStack, names: tuple[str, ...]) -> Club:
    """The first of these founds a community, the others join, all are at their devices."""
    people = [await newcomer(url, name) for name in names]
    guild = await people[0].founds("Voice club")
    voice_id = await people[0].channel(guild["id"], 2)
    code = await people[0].invites(await people[0].channel(guild["id"]))
    callers = []
    for number, person in enumerate(people):
        if number:
            await person.joins(code)
        device = await person.gateway().open()
        await device.identify(ALL_INTENTS)
        callers.append(Caller(person, device))
        stack.push_async_callback(callers[-1].leaves)
    return Club(guild["id"], voice_id, callers)


async def until(is_true: Callable[[], bool | Awaitable[bool]], within: float = WITHIN_S) -> None:
    """Wait for what no event tells."""
    async with asyncio.timeout(within):
        while True:
            answer = is_true()
            if answer is True or (not isinstance(answer, bool) and await answer):
                return
            await asyncio.sleep(0.05)


async def _hum(source: rtc.AudioSource, pitch: int) -> None:
    step = 2 * math.pi * pitch / RATE
    at = 0
    while True:
        wave = array.array("h", [int(8_000 * math.sin(step * (at + i))) for i in range(FRAME)])
        at += FRAME
        await source.capture_frame(rtc.AudioFrame(wave.tobytes(), RATE, 1, FRAME))


async def _film(source: rtc.VideoSource) -> None:
    number = 0
    while True:
        number += 1
        picture = bytes([number * 7 % 256]) * (320 * 240 * 4)
        source.capture_frame(rtc.VideoFrame(320, 240, rtc.VideoBufferType.RGBA, picture))
        await asyncio.sleep(1 / 15)  # the pace of a camera
