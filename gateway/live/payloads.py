"""What clients say after the opcode, read as leniently as real libraries need. Pure.

Ids come as strings and as numbers, absent things as null; a wrong shape is a BadPayload, which ends
the connection with the close code it carries.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from contracts.closecodes import Close
from contracts.ids import Snowflake
from contracts.objects.presence import Status
from contracts.wire import JSON

_MOST_BITS = 53
_CHUNK_IDS = 100
_QUERY_MOST = 100
_LISTS_MOST = 5
_RANGES_MOST = 5
_LINES_MOST = 200
_MOBILE = frozenset({"ios", "android", "discord ios", "discord android"})
_DESKTOP = frozenset({"discord client"})


class BadPayload(Exception):
    """The client sent something that can not be read."""

    def __init__(self, close: Close = Close.DECODE_ERROR) -> None:
        self.close = close


@dataclass(frozen=True, slots=True)
class Shown:
    """How a session wants to be seen."""

    status: Status = Status.ONLINE
    activities: tuple[JSON, ...] = ()
    since: int | None = None
    focus: int | None = None
    """The channel it shows right now: an extension, told to nobody but who notifies."""


UNSAID = Shown()
"""It did not say: as its person has set."""


@dataclass(frozen=True, slots=True)
class Identify:
    """IDENTIFY, read."""

    token: str
    intents: int | None
    shard: tuple[int, int] | None
    shown: Shown
    platform: str
    is_packed: bool = False
    """Whether large payloads may come compressed."""


@dataclass(frozen=True, slots=True)
class ResumeRequest:
    """RESUME, read."""

    token: str
    session_id: str
    seq: int


@dataclass(frozen=True, slots=True)
class MembersRequest:
    """REQUEST GUILD MEMBERS, read. `query` None asks by ids."""

    guild_id: int
    query: str | None
    limit: int
    user_ids: tuple[int, ...]
    presences: bool
    nonce: str | None


@dataclass(frozen=True, slots=True)
class ListRequest:
    """Which lines of member lists a session looks at, by channel; nothing: it looks away."""

    guild_id: int
    channels: dict[int, tuple[tuple[int, int], ...]]


@dataclass(frozen=True, slots=True)
class VoiceRequest:
    """UPDATE VOICE STATE, read. Without a channel it hangs up."""

    guild_id: int | None
    channel_id: int | None
    self_mute: bool
    self_deaf: bool
    self_video: bool
    self_stream: bool = False
    """Our own word for what Discord's clients say by another opcode: a screen is shown."""


def read_identify(d: object) -> Identify:
    """The `d` of opcode 2."""
    form = _object(d)
    intents = form.get("intents")
    if intents is not None and not _is_count(intents):
        raise BadPayload(Close.INVALID_INTENTS)
    presence = form.get("presence")
    shown = read_presence(presence) if isinstance(presence, dict) else UNSAID
    if isinstance(presence, dict) and presence.get("status") in (None, "unknown"):
        shown = UNSAID
    # eris says "offline" when its user chose nothing.
    if isinstance(presence, dict) and presence.get("status") == "offline":
        shown = replace(shown, status=Status.ONLINE)
    return Identify(
        token=_token(form.get("token")),
        intents=intents,
        shard=_shard(form.get("shard")),
        shown=shown,
        platform=_platform(form.get("properties")),
        is_packed=form.get("compress") is True,  # oceanic.js has a text here
    )


def read_resume(d: object) -> ResumeRequest:
    """The `d` of opcode 6."""
    form = _object(d)
    session_id, seq = form.get("session_id"), form.get("seq")
    if not isinstance(session_id, str) or len(session_id) > 64:
        raise BadPayload
    # A client that never got a dispatch has null here; nothing can be proven to it.
    return ResumeRequest(
        _token(form.get("token")), session_id, seq if _is_count(seq) and seq else -1
    )


def read_presence(d: object) -> Shown:
    """The `d` of opcode 3; hikari calls its one activity `game`."""
    form = _object(d)
    activities = form.get("activities")
    if not isinstance(activities, list):
        activities = [form.get("game")]
    kept = tuple(a for a in activities if isinstance(a, dict))
    since = form.get("since")
    focus = form.get("focus")
    return Shown(
        status=_status(form.get("status")),
        activities=kept,
        since=since if _is_count(since) else None,
        focus=_ids([focus])[0] if focus is not None else None,
    )


def read_members(d: object) -> tuple[MembersRequest, ...]:
    """The `d` of opcode 8: a guild, or (user clients) several at once."""
    form = _object(d)
    guilds = form.get("guild_id")
    ids = form.get("user_ids")
    query, limit, nonce = form.get("query"), form.get("limit"), form.get("nonce")
    asked = _ids(ids if isinstance(ids, list) else [] if ids is None else [ids])
    return tuple(
        MembersRequest(
            guild_id=guild_id,
            query=(query[:_QUERY_MOST] if isinstance(query, str) else "") if ids is None else None,
            limit=int(limit) if limit and _is_count(limit) else 0,
            user_ids=asked[:_CHUNK_IDS],
            presences=form.get("presences") is True,
            nonce=nonce if isinstance(nonce, str) and len(nonce.encode()) <= 32 else None,
        )
        for guild_id in _ids(guilds if isinstance(guilds, list) else [guilds])
    )


def read_list(d: object) -> tuple[ListRequest, ...]:
    """The `d` of opcode 14. One that names no channels is about other things, which are told to
    everybody anyway.
    """
    form = _object(d)
    channels = form.get("channels")
    if not isinstance(channels, dict):
        return ()
    shown = list(channels.items())[:_LISTS_MOST]
    ranges = {_ids([channel])[0]: _ranges(said) for channel, said in shown}
    return (ListRequest(_ids([form.get("guild_id")])[0], ranges),)


def read_lists(d: object) -> tuple[ListRequest, ...]:
    """The `d` of opcode 37: the same for several guilds."""
    guilds = _object(_object(d).get("subscriptions"))
    each = [{**_object(said), "guild_id": guild_id} for guild_id, said in guilds.items()]
    return tuple(request for one in each for request in read_list(one))


def read_voice(d: object) -> VoiceRequest:
    """The `d` of opcode 4."""
    form = _object(d)
    guild_id, channel_id = form.get("guild_id"), form.get("channel_id")
    return VoiceRequest(
        guild_id=None if guild_id is None else _ids([guild_id])[0],
        channel_id=None if channel_id is None else _ids([channel_id])[0],
        self_mute=form.get("self_mute") is True,
        self_deaf=form.get("self_deaf") is True,
        self_video=form.get("self_video") is True,
        self_stream=form.get("self_stream") is True,
    )


def _object(d: object) -> JSON:
    if not isinstance(d, dict):
        raise BadPayload
    return d


def _is_count(value: object) -> bool:
    return (
        isinstance(value, int)
        and not isinstance(value, bool)
        and value >= 0
        and value.bit_length() <= _MOST_BITS
    )


def _token(value: object) -> str:
    if not isinstance(value, str):
        raise BadPayload
    return value.removeprefix("Bot ").strip()


def _shard(value: object) -> tuple[int, int] | None:
    if value is None:
        return None
    if not (isinstance(value, list) and len(value) == 2 and all(map(_is_count, value))):
        raise BadPayload(Close.INVALID_SHARD)
    if not value[0] < value[1]:
        raise BadPayload(Close.INVALID_SHARD)
    return value[0], value[1]


def _status(value: object) -> Status:
    if value == "offline":
        return Status.INVISIBLE
    try:
        return Status(value) if isinstance(value, str) else Status.ONLINE
    except ValueError:
        return Status.ONLINE


def _platform(properties: object) -> str:
    if not isinstance(properties, dict):
        return "web"
    found = {
        str(properties.get(name) or properties.get(f"${name}") or "").lower()
        for name in ("os", "browser", "device")
    }
    if found & _MOBILE:
        return "mobile"
    return "desktop" if found & _DESKTOP else "web"


def _ranges(said: object) -> tuple[tuple[int, int], ...]:
    if not isinstance(said, list) or not said:
        raise BadPayload
    found = []
    for each in said[:_RANGES_MOST]:
        if not (isinstance(each, list) and len(each) == 2 and all(map(_is_count, each))):
            raise BadPayload
        begin, end = each
        if not begin <= end < begin + _LINES_MOST:
            raise BadPayload
        found.append((begin, end))
    return tuple(found)


def _ids(values: list[object]) -> tuple[int, ...]:
    try:
        return tuple(Snowflake.parse(value) for value in values)
    except ValueError:
        raise BadPayload from None
