"""Recordings of voice channels with what was written meanwhile, and who was there."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any
from urllib.parse import urlsplit

import httpx
import orjson
import pytest

from contracts.errors import Forbidden, NotFound
from contracts.events.channel import ChannelDelete
from contracts.ids import GuildId, Snowflake, UserId
from contracts.objects.channel import Channel, ChannelType
from contracts.rpc.chat import (
    AnnounceStage,
    BeginRecording,
    EndRecording,
    KeepRecording,
    NotedVisit,
    NoteVisits,
    OfferRecording,
    RecordedTrack,
    StageDeed,
)
from contracts.wire import timestamp
from tests.fixtures.wire import Wire
from tests.service.chat_service.house import ALICE, BOB, OWNER, House, refusal, user

_ids = count(7 << 40)
WEBM = b"\x1a\x45\xdf\xa3\x42\x82\x84webm" + bytes(500)
VOICE = RecordedTrack(
    number=1, identity="12", name="Alice", source="microphone", kind="audio", codec="opus", frames=9
)


def voice(house: House) -> Channel:
    return house.channel(house.guild(), ChannelType.VOICE)


async def begun(house: House, room: Channel, who: int = OWNER) -> Snowflake:
    number = Snowflake(next(_ids))
    signaling = await house.running.calls_from("signaling")
    for _ in range(2):
        await signaling.ask(BeginRecording(recording_id=number, channel_id=room.id, user_id=who))
    return number


async def kept(house: House, number: Snowflake) -> None:
    """As a media worker does it, each step twice."""
    media = await house.running.calls_from("media")
    now = int(datetime.now(UTC).timestamp() * 1000)
    for _ in range(2):
        await media.ask(EndRecording(recording_id=number, ended_ms=now, reason="stopped"))
    for _ in range(2):
        place = await media.ask(
            OfferRecording(recording_id=number, filename="recording.webm", size=len(WEBM))
        )
    there = urlsplit(place.url)
    async with httpx.AsyncClient(base_url=house.running.url, transport=Wire()) as nobody:
        sent = await nobody.put(f"{there.path}?{there.query}", content=WEBM)
        assert sent.status_code == 200, sent.text
        again = await nobody.put(f"{there.path}?{there.query}", content=WEBM)
        assert again.status_code == 404
    keep = KeepRecording(recording_id=number, file_id=place.file_id, seconds=61.5, tracks=(VOICE,))
    for _ in range(2):
        await media.ask(keep)


def files_of(message: dict[str, Any]) -> list[str]:
    return [one["filename"] for one in message["attachments"]]


async def test_a_recording_is_told_of_and_lies_with_what_was_written_in_the_channel(
    house: House,
) -> None:
    room = voice(house)
    await house.send(ALICE, int(room.id), "before")
    number = await begun(house, room)
    await house.send(ALICE, int(room.id), "what was <that>?")
    running = (await house.asks(BOB, "GET", f"/channels/{room.id}/recordings")).json()
    assert [(one["id"], one["ended_at"], one["user_id"]) for one in running] == [
        (str(number), None, str(OWNER))
    ]
    await kept(house, number)
    last, question, notice, _ = await house.history(BOB, int(room.id))
    assert "Recording has begun" in notice["content"]
    assert "Recording has ended" in last["content"]
    assert files_of(last) == ["recording.webm", "chat.json", "chat.vtt"]
    assert last["attachments"][0]["content_type"] == "video/webm"
    (known,) = (await house.asks(BOB, "GET", f"/channels/{room.id}/recordings")).json()
    assert (known["message_id"], known["seconds"], known["reason"]) == (last["id"], 61.5, "stopped")

    assert room.guild_id is not None
    told = [
        body["recording"]
        for name, body in await house.told(int(room.guild_id))
        if name == "VoiceRecordingUpdate"
    ]
    assert [one and one["id"] for one in told] == [str(number), None]

    beside = orjson.loads(house.files(int(room.id))[last["attachments"][1]["id"]])
    assert [one["content"] for one in beside["messages"]] == [
        notice["content"],
        question["content"],
    ]
    assert beside["tracks"][0]["name"] == "Alice"
    subtitles = house.files(int(room.id))[last["attachments"][2]["id"]].decode()
    assert subtitles.startswith("WEBVTT\n")
    assert f"<v {user(ALICE).username}>what was &lt;that&gt;?" in subtitles


async def test_a_film_that_nobody_wants_any_more_is_no_trouble(house: House) -> None:
    room = voice(house)
    number = await begun(house, room)
    media = await house.running.calls_from("media")
    await media.ask(EndRecording(recording_id=number, ended_ms=0, reason="empty"))
    await media.ask(KeepRecording(recording_id=number, seconds=0.0))
    with pytest.raises(NotFound):
        await media.ask(EndRecording(recording_id=number, ended_ms=0, reason="empty"))


async def note(house: House, room: Channel, *visits: tuple[int, int, int, int]) -> None:
    assert room.guild_id is not None
    signaling = await house.running.calls_from("signaling")
    noted = tuple(
        NotedVisit(
            id=Snowflake(number),
            channel_id=room.id,
            guild_id=GuildId(room.guild_id),
            user_id=UserId(who),
            began_ms=number,
            ended_ms=until,
            spoke_ms=spoke,
        )
        for number, who, until, spoke in visits
    )
    await signaling.ask(NoteVisits(visits=noted))


async def test_organisers_learn_who_was_in_voice_and_how_long_they_spoke(house: House) -> None:
    room = voice(house)
    now = datetime.now(UTC).replace(microsecond=0)
    ago = int((now - timedelta(hours=1)).timestamp() * 1000)
    await note(house, room, (ago, ALICE, ago + 60_000, 5_000), (ago + 1, BOB, ago + 2_000, 0))
    await note(house, room, (ago, ALICE, ago + 90_000, 7_500))
    await note(house, room, (ago + 100_000, ALICE, ago + 110_000, 0))
    # What comes late takes nothing back.
    await note(house, room, (ago, ALICE, ago + 60_000, 5_000))
    asked = f"/channels/{room.id}/voice-attendance"
    assert refusal(await house.asks(BOB, "GET", asked)) == (403, 50013)
    found = (await house.asks(OWNER, "GET", asked)).json()
    alice, bob = found["people"]
    assert (alice["user"], alice["seconds"], alice["spoke_seconds"]) == (
        user(ALICE).dump(),
        100.0,
        7.5,
    )
    assert (len(alice["visits"]), bob["seconds"], found["is_cut"]) == (2, 1.999, False)
    table = await house.asks(OWNER, "GET", f"{asked}?format=csv")
    assert table.headers["content-type"].startswith("text/csv")
    assert len(table.text.splitlines()) == 4
    late = timestamp(now - timedelta(minutes=1))
    later = await house.asks(OWNER, "GET", asked, params={"since": late})
    assert later.json()["people"] == []
    wrong = await house.asks(OWNER, "GET", asked, params={"since": late, "until": late})
    assert refusal(wrong) == (400, 50035)


async def test_what_is_known_of_voice_is_forgotten_with_time_and_with_the_channel(
    house: House,
) -> None:
    room, old = voice(house), int((datetime.now(UTC) - timedelta(days=366)).timestamp() * 1000)
    await note(house, room, (old, ALICE, old + 60_000, 0), (old + 1, BOB, old + 3 * 86_400_000, 0))
    rows = f"SELECT count(*) FROM chat.visits WHERE channel_id = {room.id}"
    await house.running.job("forget")
    assert await house.admin.fetchval(rows) == 1
    number = await begun(house, room)
    house.tell(ChannelDelete(**dict(room)))

    async def is_forgotten() -> bool:
        return not await house.admin.fetchval(rows)

    await house.until(is_forgotten)
    media = await house.running.calls_from("media")
    with pytest.raises(NotFound):
        await media.ask(EndRecording(recording_id=number, ended_ms=0, reason="empty"))


async def test_what_happens_on_a_stage_is_told_of_in_its_channel(house: House) -> None:
    stage, room = house.channel(house.guild(), ChannelType.STAGE), voice(house)
    signaling = await house.running.calls_from("signaling")
    for deed in StageDeed:
        said = AnnounceStage(user_id=UserId(BOB), channel_id=stage.id, deed=deed, topic="Tea")
        await signaling.ask(said)
    with pytest.raises(Forbidden):
        await signaling.ask(said.model_copy(update={"channel_id": room.id}))
    told = await house.history(ALICE, int(stage.id))
    assert [(one["type"], one["content"], one["author"]["id"]) for one in reversed(told)] == [
        (27, "Tea", str(BOB)),
        (28, "Tea", str(BOB)),
        (29, "", str(BOB)),
        (31, "Tea", str(BOB)),
    ]
