"""Threads come, change and go, and people come into them. Who sees the channel that a thread hangs
from hears of it; of a private one only those in it, and who governs threads.
"""

from __future__ import annotations

from typing import ClassVar

from contracts import topics
from contracts.events.base import Event, Route
from contracts.ids import ChannelId, GuildId, UserId
from contracts.intents import Intent
from contracts.objects.channel import ChannelType
from contracts.objects.member import Member
from contracts.objects.thread import Thread, ThreadMember
from contracts.permissions import Permission
from contracts.wire import Wire


class _OfThread(Wire):
    intent: ClassVar[Intent] = Intent.GUILDS
    needs: ClassVar[Permission] = Permission.VIEW_CHANNEL

    id: ChannelId
    guild_id: GuildId
    parent_id: ChannelId

    def address(self) -> topics.Topic:
        """The guild's."""
        return topics.guild(self.guild_id)

    def route(self) -> Route:
        """By thread, and the channel that it hangs from."""
        return Route(guild_id=self.guild_id, channel_id=self.id, parent_id=self.parent_id)


class _WholeThread(Thread, _OfThread):
    omit: ClassVar[frozenset[str]] = Thread.omit | {"newly_created"}


class ThreadCreate(_WholeThread, Event):
    """A thread was made."""

    dispatch = "THREAD_CREATE"

    newly_created: bool | None = None


class ThreadUpdate(_WholeThread, Event):
    """Its name, state, tags or accepted answer changed."""

    dispatch = "THREAD_UPDATE"


class _Gone(_OfThread):
    type: ChannelType


class ThreadDelete(_Gone, Event):
    """It is gone, with everything that was said in it."""

    dispatch = "THREAD_DELETE"


class ThreadShown(_WholeThread, Event):
    """Somebody was let into a private thread: it appears to them."""

    dispatch = "THREAD_CREATE"
    is_alone = True


class ThreadHidden(_Gone, Event):
    """Somebody is no more in a private thread: it disappears to them."""

    dispatch = "THREAD_DELETE"
    is_alone = True


class ThreadListSync(Event):
    """Told by gateways themselves: all that is active in some channels, to who sees it anew."""

    dispatch = "THREAD_LIST_SYNC"
    intent = Intent.GUILDS
    needs = Permission.VIEW_CHANNEL
    omit: ClassVar[frozenset[str]] = frozenset({"channel_ids"})

    guild_id: GuildId
    channel_ids: tuple[ChannelId, ...] | None = None
    """None: the whole guild."""
    threads: tuple[Thread, ...]
    members: tuple[ThreadMember, ...] = ()
    """Oneself in those that one is in."""

    def address(self) -> topics.Topic:
        """The guild's."""
        return topics.guild(self.guild_id)

    def route(self) -> Route:
        """By guild."""
        return Route(guild_id=self.guild_id)


class ThreadMemberUpdate(ThreadMember, Event):
    """Oneself in a thread: joined, or set otherwise. Told to one's own devices."""

    dispatch = "THREAD_MEMBER_UPDATE"
    intent = Intent.GUILDS
    is_alone = True

    guild_id: GuildId

    def address(self) -> topics.Topic:
        """The guild's: in one order with what the thread does."""
        return topics.guild(self.guild_id)

    def route(self) -> Route:
        """By thread and person."""
        return Route(
            guild_id=self.guild_id,
            channel_id=self.id,
            user_id=self.user_id,
            hearers=(self.user_id,),
        )


class AddedMember(ThreadMember):
    """Somebody who came into a thread."""

    omit: ClassVar[frozenset[str]] = ThreadMember.omit - {"member"}

    member: Member | None = None
    presence: None = None


class ThreadMembersUpdate(Event):
    """People came into a thread or left it. They themselves are told whatever their intents."""

    dispatch = "THREAD_MEMBERS_UPDATE"
    intent = Intent.GUILD_MEMBERS
    needs = Permission.VIEW_CHANNEL
    concerns_mentioned = True

    id: ChannelId
    guild_id: GuildId
    parent_id: ChannelId
    member_count: int
    added_members: tuple[AddedMember, ...] = ()
    removed_member_ids: tuple[UserId, ...] = ()

    def address(self) -> topics.Topic:
        """The guild's."""
        return topics.guild(self.guild_id)

    def route(self) -> Route:
        """By thread, and by those who came and went."""
        moved = (*(one.user_id for one in self.added_members), *self.removed_member_ids)
        return Route(
            guild_id=self.guild_id,
            channel_id=self.id,
            mentions=tuple(map(int, moved)),
            parent_id=self.parent_id,
        )
