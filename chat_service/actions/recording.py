"""Recordings of voice channels: everybody is told when one begins and when it ends, by an event and
by a message; the message of the end holds the film when it is there, and beside it what was written
meanwhile. Who may have one made is decided by signaling_service, which asks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from chat_service import store, views
from chat_service.actions import announcing, attaching, changing, showing
from chat_service.actions.attaching import OPEN_S
from chat_service.actions.chat import Chat
from chat_service.actions.uploading import UNUSED_FOR
from chat_service.actions.venues import Venue, enter, unattended
from chat_service.domain import replaying
from chat_service.domain.attachments import safe_name, stored
from chat_service.domain.replaying import Line
from chat_service.people import gone
from chat_service.store.files import File
from chat_service.store.messages import Message
from chat_service.store.recordings import Recording
from chat_service.tools import Unit
from contracts import limits
from contracts.attachments import Place
from contracts.errors import DomainError, ErrorCode, NotFound
from contracts.events.recording import VoiceRecordingUpdate
from contracts.identity import NOBODY, Identity, Kind
from contracts.ids import ChannelId, GuildId, Snowflake, floor_of
from contracts.kinds import TEXT
from contracts.permissions import READING
from contracts.rpc.chat import (
    BeginRecording,
    EndRecording,
    KeepRecording,
    OfferRecording,
    RecordingPlace,
)
from contracts.wire import JSON, from_ms, timestamp

_BEGAN = "🔴 Recording has begun · 녹화 시작"
_ENDED = "⏹ Recording has ended · 녹화 종료 ({})"
_TEXT_ALWAYS = {"content_type": TEXT.media_type}


async def begin(chat: Chat, call: BeginRecording) -> None:
    """It begins."""
    actor = Identity(call.user_id, 0, Kind.USER)
    venue = await enter(chat, actor, call.channel_id)
    if venue.guild_id is None:
        raise NotFound(ErrorCode.UNKNOWN_CHANNEL)
    named = (int(call.recording_id), int(call.channel_id), int(venue.guild_id), int(call.user_id))
    async with chat.units.open(actor) as unit:
        if await store.recordings.begin(unit, *named):
            await announcing.announce(unit, venue, 0, _BEGAN)
            one = await store.recordings.hold(unit, named[0])
            assert one is not None
            _tell(unit, venue, one)


async def end(chat: Chat, call: EndRecording) -> None:
    """It ended."""
    async with chat.units.reading(NOBODY) as unit:
        known = await store.recordings.one(unit, call.recording_id)
    venue = await _venue(chat, known)
    async with chat.units.open(NOBODY) as unit:
        one = await _held(unit, call.recording_id)
        if one.ended is not None:
            return
        ended = min(max(from_ms(call.ended_ms), one.began), unit.now)
        said = _ENDED.format(replaying.length((ended - one.began).total_seconds()))
        message = await announcing.announce(unit, venue, 0, said)
        after = replace(one, ended=ended, reason=call.reason[:64], message_id=message.id)
        await store.recordings.change(
            unit, one, ended=ended, reason=after.reason, message_id=message.id
        )
        _tell(unit, venue, None, one)


async def offer(chat: Chat, call: OfferRecording) -> RecordingPlace:
    """Where its film is to be sent."""
    if call.size > chat.files.recording_bytes:
        raise DomainError(ErrorCode.BODY_TOO_LARGE)
    async with chat.units.open(NOBODY) as unit:
        one = await _held(unit, call.recording_id)
        place = Place(one.channel_id, chat.outbox.next_id(), safe_name(call.filename))
        due = unit.now + timedelta(hours=chat.files.kept_hours) + UNUSED_FOR
        await store.files.expect(unit, [place], one.author_id, due, [call.size])
    url = chat.files.links.sent(place, chat.clock.now().timestamp(), OPEN_S)
    return RecordingPlace(file_id=Snowflake(place.id), url=url)


async def keep(chat: Chat, call: KeepRecording) -> None:
    """The film is there: the message of the end holds it from now on."""
    async with chat.units.reading(NOBODY) as unit:
        one = await store.recordings.one(unit, call.recording_id)
    if one is not None and one.is_kept:
        return
    venue = await _venue(chat, one)
    assert one is not None
    beside = await _beside(chat, one, call) if call.file_id is not None else []
    async with chat.units.open(NOBODY) as unit:
        one = await _held(unit, call.recording_id)
        await store.recordings.change(unit, one, is_kept=True, seconds=call.seconds)
        if call.file_id is None:
            return
        held = await store.writing.hold(unit, one.channel_id, one.message_id or 0)
        film = (await store.files.free(unit, one.author_id, [call.file_id])).get(call.file_id)
        if held is None or film is None:
            return  # nobody wants it any more: what lies there is swept
        after = await _hang(unit, held, one, film, beside)
        look = await showing.look(chat, one.author_id, [after])
        changing.tell_changed(unit, venue, after, look)


async def page(
    chat: Chat, actor: Identity, channel_id: int, below: int, most: int
) -> list[Recording]:
    """Those of a channel, the newest first."""
    await enter(chat, actor, channel_id, needs=READING)
    async with chat.units.reading(actor) as unit:
        return await store.recordings.page(unit, channel_id, below, most)


async def _held(unit: Unit, recording_id: int) -> Recording:
    one = await store.recordings.hold(unit, recording_id)
    if one is None or one.is_kept:
        raise NotFound(ErrorCode.UNKNOWN_RECORDING)
    return one


async def _venue(chat: Chat, one: Recording | None) -> Venue:
    if one is None or one.is_kept:
        raise NotFound(ErrorCode.UNKNOWN_RECORDING)
    faces = await chat.people.faces([one.author_id])
    author = faces.get(one.author_id) or gone(one.author_id)
    venue = await unattended(chat, one.channel_id, author)
    if venue is None:
        raise NotFound(ErrorCode.UNKNOWN_RECORDING)
    return venue


def _tell(unit: Unit, venue: Venue, one: Recording | None, was: Recording | None = None) -> None:
    about = one or was
    assert about is not None
    event = VoiceRecordingUpdate(
        guild_id=GuildId(about.guild_id),
        channel_id=ChannelId(about.channel_id),
        recording=None if one is None else views.recording(one),
    )
    unit.emit(event, to=venue.heard_on)


async def _hang(
    unit: Unit, held: Message, one: Recording, film: File, beside: Sequence[tuple[Place, JSON]]
) -> Message:
    due = unit.now + UNUSED_FOR
    files = [stored(film.place, film.facts or {})]
    for place, facts in beside:
        await store.files.expect(unit, [place], one.author_id, due)
        await store.files.take(unit, place)
        await store.files.filled(unit, place, facts)
        files.append(stored(place, facts))
    await attaching.hold(unit, held.channel_id, held.id, files)
    after = replace(held, extras={**(held.extras or {}), "attachments": files})
    await store.writing.change(unit, held, extras=after.extras)
    return after


async def _beside(chat: Chat, one: Recording, call: KeepRecording) -> list[tuple[Place, JSON]]:
    """What was written meanwhile, as files of their own: they say what was said then, whatever
    becomes of the messages.
    """
    began = int(one.began.timestamp() * 1000)
    until = int((one.ended or one.began).timestamp() * 1000)
    most = limits.RECORDED_MESSAGES
    found = await store.messages.newer(chat.database.pool, one.channel_id, floor_of(began), most)
    written = [each for each in found if int(each.created.timestamp() * 1000) <= until]
    faces = await chat.people.faces({each.author_id for each in written})
    lines = []
    for each in written:
        face = faces.get(each.author_id) or gone(each.author_id)
        named = tuple(str(file["filename"]) for file in (each.extras or {}).get("attachments", ()))
        at = each.created.timestamp() - one.began.timestamp()
        name = face.global_name or face.username
        lines.append(
            Line(str(each.id), round(at, 3), str(each.author_id), name, each.content, named)
        )
    about: JSON = {
        "recording_id": str(one.id),
        "started_at": timestamp(one.began),
        "seconds": call.seconds,
        "is_cut": len(found) == most,
        "tracks": [track.dump() for track in call.tracks],
    }
    made = [("chat.json", replaying.transcript(about, lines))]
    if lines:
        made.append(("chat.vtt", replaying.subtitles(lines)))
    return [await _put(chat, one, name, data) for name, data in made]


async def _put(chat: Chat, one: Recording, name: str, data: bytes) -> tuple[Place, JSON]:
    place = Place(one.channel_id, chat.outbox.next_id(), name)
    await chat.files.blobs.put(place.key, data)
    return place, {"size": len(data), **_TEXT_ALWAYS}
