"""The active threads of one guild, as its sessions see them. Public ones are seen with the channel
that they hang from; private ones by those in them, and by who governs threads there. Pure.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import Any

import orjson

from contracts.events.base import Route
from contracts.events.channel import ChannelDelete
from contracts.events.thread import (
    ThreadCreate,
    ThreadDelete,
    ThreadMembersUpdate,
    ThreadUpdate,
)
from contracts.rpc.chat import ActiveThread
from contracts.wire import JSON

_STARTER = 21
"""The type of the message that shows what a thread began at: it does not count."""
_NO_PART = ("newly_created", "member")
Joined = Mapping[int, JSON]
"""One person in threads, by thread."""


class Thread:
    """An active thread."""

    __slots__ = ("_bytes", "_shape", "hearers", "id", "parent_id")

    def __init__(self, shape: JSON, hearers: Collection[int] | None) -> None:
        self._shape = {name: shape[name] for name in shape if name not in _NO_PART}
        self._bytes: bytes | None = None
        self.id = int(shape["id"])
        self.parent_id = int(shape["parent_id"])
        self.hearers = None if hearers is None else frozenset(hearers)
        """Who is in it, if it is private."""

    def body(self, member: JSON | None = None) -> bytes:
        """As it is told, with the person it is told to, if they are in it."""
        if member is not None:
            return orjson.dumps({**self._shape, "member": member})
        if self._bytes is None:
            self._bytes = orjson.dumps(self._shape)
        return self._bytes

    def said(self, message_id: int, body: bytes) -> None:
        """A message was stored there; one that is known already changes nothing."""
        if message_id <= int(self._shape["last_message_id"] or 0):
            return
        more: JSON = {"last_message_id": str(message_id)}
        is_first = not self._shape["total_message_sent"]
        if not (is_first and orjson.loads(body).get("type") == _STARTER):
            for name in ("message_count", "total_message_sent"):
                more[name] = self._shape[name] + 1
        self._change(more)

    def counts(self, member_count: int, hearers: Collection[int] | None) -> None:
        """People came or went."""
        self.hearers = None if hearers is None else frozenset(hearers)
        self._change({"member_count": member_count})

    def after(self, former: Thread | None) -> Thread:
        """The same with what was heard already, if that was said a moment later."""
        if former is None:
            return self
        heard = former._shape["total_message_sent"] - self._shape["total_message_sent"]
        if heard > 0:
            self._change(
                {
                    "total_message_sent": former._shape["total_message_sent"],
                    "message_count": self._shape["message_count"] + heard,
                    "last_message_id": former._shape["last_message_id"],
                }
            )
        return self

    def _change(self, more: JSON) -> None:
        self._shape, self._bytes = {**self._shape, **more}, None


class Threads:
    """Those of one guild."""

    __slots__ = ("_by_parent", "_private", "_threads", "were_any")

    def __init__(self, found: Iterable[ActiveThread] = ()) -> None:
        self._threads: dict[int, Thread] = {}
        self._by_parent: dict[int, set[int]] = {}
        self._private: set[int] = set()
        self.were_any = False
        for one in found:
            self._put(Thread(one.thread.dump(), one.hearers))

    def __bool__(self) -> bool:
        return bool(self._threads)

    def __iter__(self) -> Iterator[Thread]:
        return iter(self._threads.values())

    @property
    def closed_rooms(self) -> frozenset[int]:
        """Channels from which private threads hang."""
        return frozenset(self._threads[one].parent_id for one in self._private)

    def rooms_among(self, rooms: Collection[int]) -> list[int]:
        """Those of these channels from which threads hang."""
        return sorted(self._by_parent.keys() & rooms)

    def seen(
        self, rooms: Collection[int], user_id: int, governs: Callable[[int], bool]
    ) -> list[Thread]:
        """What hangs from these channels and is seen by somebody who sees them, oldest first."""
        ids = sorted(one for room in self.rooms_among(rooms) for one in self._by_parent[room])
        threads = (self._threads[one] for one in ids)
        return [
            one
            for one in threads
            if one.hearers is None or user_id in one.hearers or governs(one.parent_id)
        ]

    def said(self, thread_id: int, message_id: int, body: bytes) -> None:
        """A message was stored, in a thread that may sleep."""
        thread = self._threads.get(thread_id)
        if thread is not None:
            thread.said(message_id, body)

    def follow(self, name: str, route: Route, body: bytes) -> None:
        """Follow an event."""
        follow = _FOLLOWS.get(name)
        if follow is not None:
            follow(self, route, body)

    def _put(self, thread: Thread) -> None:
        self.were_any = True
        self._threads[thread.id] = thread
        self._by_parent.setdefault(thread.parent_id, set()).add(thread.id)
        if thread.hearers is not None:
            self._private.add(thread.id)

    def _drop(self, thread_id: int) -> None:
        thread = self._threads.pop(thread_id, None)
        if thread is not None:
            self._private.discard(thread_id)
            hanging = self._by_parent[thread.parent_id]
            hanging.discard(thread_id)
            if not hanging:
                del self._by_parent[thread.parent_id]

    def _on_thread(self, route: Route, body: bytes) -> None:
        shape = orjson.loads(body)
        thread = Thread(shape, route.hearers)
        if shape["thread_metadata"]["archived"]:
            self._drop(thread.id)
        else:
            self._put(thread.after(self._threads.get(thread.id)))

    def _on_gone(self, route: Route, body: bytes) -> None:
        del body
        self._drop(route.channel_id or 0)

    def _on_members(self, route: Route, body: bytes) -> None:
        thread = self._threads.get(route.channel_id or 0)
        if thread is not None:
            told: JSON = orjson.loads(body)
            removed = set(map(int, told["removed_member_ids"]))
            hearers = None if route.hearers is None else set(route.hearers) - removed
            thread.counts(told["member_count"], hearers)

    def _on_room_gone(self, route: Route, body: bytes) -> None:
        del body
        for thread_id in tuple(self._by_parent.get(route.channel_id or 0, ())):
            self._drop(thread_id)


def listed(threads: Iterable[Thread], joined: Joined) -> bytes:
    """Threads as a list, each with the person it is told to, where they are in it."""
    return b"[%b]" % b",".join(one.body(joined.get(one.id)) for one in threads)


def sync(
    guild_id: int, rooms: Iterable[int] | None, threads: list[Thread], joined: Joined
) -> bytes:
    """THREAD_LIST_SYNC: all that is seen in some channels, or (None) in the guild."""
    head: JSON = {"guild_id": str(guild_id)}
    if rooms is not None:
        head["channel_ids"] = [str(room) for room in rooms]
    mine = [joined[one.id] for one in threads if one.id in joined]
    rest = listed(threads, {}), orjson.dumps(mine)
    return b'%b,"threads":%b,"members":%b}' % (orjson.dumps(head)[:-1], *rest)


def moved(joined: dict[int, JSON], user_id: int, thread_id: int, body: bytes) -> None:
    """Somebody came into a thread or left it, by a ThreadMembersUpdate that concerns them."""
    told: JSON = orjson.loads(body)
    if str(user_id) in told["removed_member_ids"]:
        joined.pop(thread_id, None)
    for one in told["added_members"]:
        if one["user_id"] == str(user_id):
            joined[thread_id] = {n: one[n] for n in one if n not in ("member", "presence")}


_FOLLOWS: dict[str, Callable[[Threads, Route, bytes], Any]] = {
    ThreadCreate.__name__: Threads._on_thread,
    ThreadUpdate.__name__: Threads._on_thread,
    ThreadDelete.__name__: Threads._on_gone,
    ThreadMembersUpdate.__name__: Threads._on_members,
    ChannelDelete.__name__: Threads._on_room_gone,
}
OF_THREADS = _FOLLOWS.keys() - {ChannelDelete.__name__}
"""Events that concern nothing else that is known of a guild."""
