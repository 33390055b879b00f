"""What chat_service answers."""

from __future__ import annotations

from enum import IntEnum

from pydantic import Field

from contracts.ids import ChannelId, GuildId, InteractionId, MessageId, Snowflake, UserId
from contracts.limits import ACTIVE_THREADS_OF_GUILDS, ARRIVALS_ASKED, VISITS_NOTED
from contracts.objects.private import PrivateChannel
from contracts.objects.thread import Thread, ThreadMember
from contracts.rpc.base import Call, Done
from contracts.rpc.export import Export
from contracts.wire import JSON, Wire


class ExportPerson(Export):
    """Messages that this person wrote."""

    service = "chat"


class ForgetPerson(Call[Done]):
    """An account was deleted: what is this person's alone is to go, and if they wanted it, all
    that they said.
    """

    service = "chat"
    callers = frozenset({"user"})
    deadline = 5.0

    user_id: UserId
    with_messages: bool = False


class FoundPrivateChannel(Wire):
    """A conversation or a thread as the asker sees it."""

    channel: PrivateChannel | None = None
    thread: Thread | None = None


class GetPrivateChannel(Call[FoundPrivateChannel]):
    """A conversation of somebody's, or a thread: `/channels/{id}` is asked of community_service,
    which knows neither.
    """

    service = "chat"
    callers = frozenset({"community", "notification", "signaling"})
    deadline = 5.0

    user_id: UserId
    channel_id: ChannelId


class EditPrivateChannel(Call[FoundPrivateChannel]):
    """Change a group in somebody's name: its `name`, its `icon` (a digest), its `owner_id`; or a
    thread, by the names of its fields.
    """

    service = "chat"
    callers = frozenset({"community"})
    deadline = 5.0
    idempotent = False

    user_id: UserId
    channel_id: ChannelId
    changes: JSON
    reason: str | None = None


class ClosePrivateChannel(Call[FoundPrivateChannel]):
    """Leave a group, take a pair out of one's list, or delete a thread."""

    service = "chat"
    callers = frozenset({"community"})
    deadline = 5.0
    idempotent = False

    user_id: UserId
    channel_id: ChannelId
    reason: str | None = None


class Announced(Wire):
    """The message that tells of it."""

    message_id: MessageId


class AnnounceCall(Call[Announced]):
    """Somebody begins a call in a conversation of theirs."""

    service = "chat"
    callers = frozenset({"signaling"})
    deadline = 5.0
    idempotent = False

    user_id: UserId
    channel_id: ChannelId


class EndCall(Call[Done]):
    """The call is over: its message says so, and who took part. A call of one was missed."""

    service = "chat"
    callers = frozenset({"signaling"})
    deadline = 5.0

    channel_id: ChannelId
    message_id: MessageId
    user_id: UserId
    """Who began it."""
    participants: tuple[UserId, ...]


class StageDeed(IntEnum):
    """What a message tells of a stage: its type."""

    START = 27
    END = 28
    SPEAKER = 29
    TOPIC = 31


class AnnounceStage(Call[Done]):
    """Somebody began, ended or renamed a stage, or went up onto it: a message says so."""

    service = "chat"
    callers = frozenset({"signaling"})
    deadline = 5.0
    idempotent = False

    user_id: UserId
    channel_id: ChannelId
    deed: StageDeed
    topic: str


class LastMessages(Wire):
    """By channel; one where nothing was ever said is left out."""

    messages: dict[ChannelId, MessageId]


class GetLastMessages(Call[LastMessages]):
    """The newest message of each of these channels: a client compares it with what was read."""

    service = "chat"
    callers = frozenset({"community"})

    channel_ids: tuple[ChannelId, ...]


class ActiveThread(Wire):
    """A thread that is not archived."""

    thread: Thread
    hearers: tuple[UserId, ...] | None = None
    """Who is in it, if it is a private one."""


class ActiveThreads(Wire):
    """Those of some guilds, in no order."""

    threads: tuple[ActiveThread, ...]


class GetActiveThreads(Call[ActiveThreads]):
    """What is active in these guilds. Who may see what is for the asker to apply."""

    service = "chat"
    callers = frozenset({"gateway"})
    deadline = 5.0

    guild_ids: tuple[GuildId, ...] = Field(max_length=ACTIVE_THREADS_OF_GUILDS)


class ThreadMemberships(Wire):
    """One person in each thread."""

    members: tuple[ThreadMember, ...]


class GetThreadFollowers(Call[ThreadMemberships]):
    """Who is in a thread, and how is each of them to be notified of it?"""

    service = "chat"
    callers = frozenset({"notification"})

    thread_id: ChannelId


class Reader(Wire):
    """Somebody who arrives."""

    user_id: UserId
    mentioned_as: tuple[tuple[Snowflake, int], ...] = ()
    """What mentions a person besides their name: a role, or their guild (@everyone); each since
    when they are there, in Unix milliseconds. What was said before does not count.
    """
    is_person: bool = True
    """Bots are told of threads only."""


class Arriving(Wire):
    """What READY says of one's conversations and of how far one has read, just as it is said."""

    user_id: UserId
    channels: tuple[JSON, ...] = ()
    """PrivateChannels."""
    read: tuple[JSON, ...] = ()
    """ReadStates. Who asks leaves out channels that the person can not see."""
    threads: tuple[JSON, ...] = ()
    """ThreadMembers: oneself in each active thread."""


class Arrivals(Wire):
    """One for each that was asked for, in no order."""

    people: tuple[Arriving, ...]


class GetArrivals(Call[Arrivals]):
    """Everything that READY says of talk: who arrive at the same moment are one question."""

    service = "chat"
    callers = frozenset({"gateway", "notification"})
    deadline = 5.0

    readers: tuple[Reader, ...] = Field(max_length=ARRIVALS_ASKED)


class InteractionOpened(Wire):
    """Which interaction the token is of; none if it is over."""

    interaction_id: InteractionId | None = None


class OpenInteraction(Call[InteractionOpened]):
    """Whose token is this? `owner_id` is the interaction or its application."""

    service = "chat"
    callers = frozenset({"gateway"})

    owner_id: Snowflake
    token: str


class BeginRecording(Call[Done]):
    """Somebody who may has a voice channel recorded: everybody is told."""

    service = "chat"
    callers = frozenset({"signaling"})
    deadline = 5.0

    recording_id: Snowflake
    channel_id: ChannelId
    user_id: UserId


class EndRecording(Call[Done]):
    """It ended. NotFound for one that nobody wants any more, as its channel is gone."""

    service = "chat"
    callers = frozenset({"media"})
    deadline = 5.0

    recording_id: Snowflake
    ended_ms: int
    reason: str


class RecordingPlace(Wire):
    """Where its film is to be sent: by PUT, once."""

    file_id: Snowflake
    url: str


class OfferRecording(Call[RecordingPlace]):
    """The film of a recording is made and shall come."""

    service = "chat"
    callers = frozenset({"media"})
    deadline = 5.0
    idempotent = False

    recording_id: Snowflake
    filename: str = Field(max_length=64)
    size: int


class RecordedTrack(Wire):
    """One track of the film."""

    number: int
    identity: str
    name: str
    source: str
    kind: str
    codec: str
    frames: int
    from_s: float = 0.0
    to_s: float = 0.0


class KeepRecording(Call[Done]):
    """The film is there (or, without a file, there was nothing to make one of)."""

    service = "chat"
    callers = frozenset({"media"})
    deadline = 5.0

    recording_id: Snowflake
    file_id: Snowflake | None = None
    seconds: float
    tracks: tuple[RecordedTrack, ...] = ()


class NotedVisit(Wire):
    """Somebody is connected to a voice channel of a guild, or was until then."""

    id: Snowflake
    channel_id: ChannelId
    guild_id: GuildId
    user_id: UserId
    began_ms: int
    ended_ms: int
    spoke_ms: int = 0


class NoteVisits(Call[Done]):
    """Who is in voice, again and again while they are there: what was noted last stays."""

    service = "chat"
    callers = frozenset({"signaling"})
    deadline = 5.0

    visits: tuple[NotedVisit, ...] = Field(max_length=VISITS_NOTED)
