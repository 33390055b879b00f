"""What neighbours may ask of chat_service."""

from __future__ import annotations

from chassis import reason
from chassis.rpc import RpcServer
from chat_service.actions import (
    answering,
    arrivals,
    calling,
    conversations,
    exports,
    farewells,
    joining,
    reading,
    recording,
    thread_lists,
    threads,
    visiting,
)
from chat_service.actions.chat import Chat
from contracts.identity import NOBODY, Identity, Kind
from contracts.ids import InteractionId, MessageId, UserId
from contracts.rpc.base import Done
from contracts.rpc.chat import (
    ActiveThreads,
    AnnounceCall,
    Announced,
    AnnounceStage,
    Arrivals,
    BeginRecording,
    ClosePrivateChannel,
    EditPrivateChannel,
    EndCall,
    EndRecording,
    ExportPerson,
    ForgetPerson,
    FoundPrivateChannel,
    GetActiveThreads,
    GetArrivals,
    GetLastMessages,
    GetPrivateChannel,
    GetThreadFollowers,
    InteractionOpened,
    KeepRecording,
    LastMessages,
    NoteVisits,
    OfferRecording,
    OpenInteraction,
    RecordingPlace,
    ThreadMemberships,
)
from contracts.rpc.export import Exported

_OF_GROUPS = {"name", "icon", "owner_id"}


class Handlers:
    """One function a call."""

    def __init__(self, chat: Chat) -> None:
        self._chat = chat

    async def get_private_channel(self, call: GetPrivateChannel) -> FoundPrivateChannel:
        """A conversation or a thread, asked for at another door."""
        if await threads.exists(self._chat, call.channel_id):
            thread = await threads.one(self._chat, _person(call.user_id), call.channel_id)
            return FoundPrivateChannel(thread=thread)
        found = await conversations.one(self._chat, _person(call.user_id), call.channel_id)
        return FoundPrivateChannel(channel=found)

    async def edit_private_channel(self, call: EditPrivateChannel) -> FoundPrivateChannel:
        """Change a group or a thread."""
        actor = _person(call.user_id)
        if await threads.exists(self._chat, call.channel_id):
            reason.current.set(call.reason)
            changes = threads.changes(call.changes)
            thread = await threads.edit(self._chat, actor, call.channel_id, changes)
            return FoundPrivateChannel(thread=thread)
        changes = {name: call.changes[name] for name in _OF_GROUPS & call.changes.keys()}
        changed = await conversations.edit(self._chat, actor, call.channel_id, changes)
        return FoundPrivateChannel(channel=changed)

    async def close_private_channel(self, call: ClosePrivateChannel) -> FoundPrivateChannel:
        """Leave a group, close a pair, or delete a thread."""
        if await threads.exists(self._chat, call.channel_id):
            reason.current.set(call.reason)
            thread = await threads.delete(self._chat, _person(call.user_id), call.channel_id)
            return FoundPrivateChannel(thread=thread)
        closed = await conversations.close(self._chat, _person(call.user_id), call.channel_id)
        return FoundPrivateChannel(channel=closed)

    async def get_active_threads(self, call: GetActiveThreads) -> ActiveThreads:
        """What is active in some guilds."""
        found = await thread_lists.of_guilds(self._chat, call.guild_ids)
        return ActiveThreads(threads=tuple(found))

    async def get_arrivals(self, call: GetArrivals) -> Arrivals:
        """What READY says of talk."""
        return Arrivals(people=tuple(await arrivals.of(self._chat, call.readers)))

    async def announce_call(self, call: AnnounceCall) -> Announced:
        """Somebody calls."""
        told = await calling.begin(self._chat, _person(call.user_id), call.channel_id)
        return Announced(message_id=MessageId(told))

    async def end_call(self, call: EndCall) -> Done:
        """A call is over."""
        actor, people = _person(call.user_id), call.participants
        await calling.end(self._chat, actor, call.channel_id, call.message_id, people)
        return Done()

    async def get_last_messages(self, call: GetLastMessages) -> LastMessages:
        """The newest message of some channels."""
        found = await reading.newest(self._chat, call.channel_ids)
        return LastMessages(messages=found)

    async def get_thread_followers(self, call: GetThreadFollowers) -> ThreadMemberships:
        """Everybody in a thread."""
        found = await joining.followers(self._chat, call.thread_id)
        return ThreadMemberships(members=tuple(found))

    async def export_person(self, call: ExportPerson) -> Exported:
        """What a person wrote, page by page."""
        async with self._chat.units.reading(NOBODY) as unit:
            return await exports.of(unit, call.user_id, call.after)

    async def forget_person(self, call: ForgetPerson) -> Done:
        """Somebody has gone; the rest is done by the clock."""
        await farewells.begin(self._chat, call.user_id, with_messages=call.with_messages)
        return Done()

    async def open_interaction(self, call: OpenInteraction) -> InteractionOpened:
        """Whose token this is."""
        found = await answering.opened_by(self._chat, call.token)
        if found is None or call.owner_id not in (found.id, found.application_id):
            return InteractionOpened()
        return InteractionOpened(interaction_id=InteractionId(found.id))


class VoiceHandlers:
    """What signaling and media workers ask."""

    def __init__(self, chat: Chat) -> None:
        self._chat = chat

    async def begin_recording(self, call: BeginRecording) -> Done:
        """A recording begins."""
        await recording.begin(self._chat, call)
        return Done()

    async def end_recording(self, call: EndRecording) -> Done:
        """It ended."""
        await recording.end(self._chat, call)
        return Done()

    async def offer_recording(self, call: OfferRecording) -> RecordingPlace:
        """Its film shall come."""
        return await recording.offer(self._chat, call)

    async def keep_recording(self, call: KeepRecording) -> Done:
        """Its film is there."""
        await recording.keep(self._chat, call)
        return Done()

    async def announce_stage(self, call: AnnounceStage) -> Done:
        """Something happened on a stage."""
        actor = _person(call.user_id)
        await calling.tell_of_stage(self._chat, actor, call.channel_id, call.deed, call.topic)
        return Done()

    async def note_visits(self, call: NoteVisits) -> Done:
        """Who is in voice."""
        await visiting.note(self._chat, call.visits)
        return Done()


def _person(user_id: UserId) -> Identity:
    """Whom the asking service vouches for."""
    return Identity(user_id, 0, Kind.USER)


def register(rpc: RpcServer, chat: Chat) -> None:
    """Answer these calls."""
    handlers = Handlers(chat)
    rpc.handle(GetPrivateChannel, handlers.get_private_channel)
    rpc.handle(EditPrivateChannel, handlers.edit_private_channel)
    rpc.handle(ClosePrivateChannel, handlers.close_private_channel)
    rpc.handle(GetActiveThreads, handlers.get_active_threads)
    rpc.handle(GetArrivals, handlers.get_arrivals)
    rpc.handle(AnnounceCall, handlers.announce_call)
    rpc.handle(EndCall, handlers.end_call)
    rpc.handle(GetLastMessages, handlers.get_last_messages)
    rpc.handle(GetThreadFollowers, handlers.get_thread_followers)
    rpc.handle(ExportPerson, handlers.export_person)
    rpc.handle(ForgetPerson, handlers.forget_person)
    rpc.handle(OpenInteraction, handlers.open_interaction)
    voice = VoiceHandlers(chat)
    rpc.handle(BeginRecording, voice.begin_recording)
    rpc.handle(EndRecording, voice.end_recording)
    rpc.handle(OfferRecording, voice.offer_recording)
    rpc.handle(KeepRecording, voice.keep_recording)
    rpc.handle(AnnounceStage, voice.announce_stage)
    rpc.handle(NoteVisits, voice.note_visits)
