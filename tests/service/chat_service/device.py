"""What a client knows that has heard everything from the beginning: it counts and remembers as
clients do, apart from the service, so that the two can be held against each other.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import orjson

from contracts.events.base import Header

STARTER, GROUP = 21, 3
EPHEMERAL = 1 << 6
_ALONE = frozenset({"ThreadShown", "ThreadHidden", "ThreadMemberUpdate"})
_PASSING = frozenset(
    {
        *("nonce", "guild_id", "member", "referenced_message", "reactions", "thread"),
        *("member_count", "message_count"),
    }
)
_OF_THREADS = (
    *("name", "parent_id", "owner_id", "type", "rate_limit_per_user", "flags", "applied_tags"),
    *("message_count", "total_message_sent", "member_count", "last_message_id"),
    "accepted_answer_id",
)

Told = tuple[Header, Any]
Spot = tuple[int, int]
"""A channel and one of its messages."""


def lasting(message: dict[str, Any]) -> dict[str, Any]:
    """What of a message is the same whoever looks at it, and when."""
    kept = {name: value for name, value in message.items() if name not in _PASSING}
    kept["attachments"] = [
        {name: value for name, value in one.items() if name not in ("url", "proxy_url")}
        for one in message["attachments"]
    ]
    if "message_snapshots" in kept:
        kept["message_snapshots"] = [
            lasting({"attachments": (), **one["message"]}) for one in kept["message_snapshots"]
        ]
    if "poll" in kept:
        results = {**kept["poll"]["results"], "answer_counts": None}
        kept["poll"] = {**kept["poll"], "results": results}
    if "check_in" in kept:
        kept["check_in"] = {**kept["check_in"], "count": None, "me": None}
    return kept


def of_thread(thread: dict[str, Any]) -> dict[str, Any]:
    """What of a thread is the same whoever looks at it."""
    state = thread["thread_metadata"]
    shown = {name: thread.get(name) for name in _OF_THREADS}
    return {**shown, "locked": state["locked"], "archived": state["archived"]}


def emoji_of(shown: dict[str, Any]) -> str:
    """As the tests name it."""
    return str(shown["name"])


@dataclass
class Device:
    """One person's; `governs` threads, and goes by `roles`. Without a person it sees all of it."""

    who: int | None
    roles: frozenset[str] = frozenset()
    governs: bool = True
    history: dict[int, dict[int, Any]] = field(default_factory=lambda: defaultdict(dict))
    newest: dict[int, int] = field(default_factory=dict)
    concerning: dict[int, set[int]] = field(default_factory=lambda: defaultdict(set))
    """By channel: messages that are for this person, read or not."""
    reactions: dict[Spot, dict[str, set[str]]] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(set))
    )
    votes: dict[Spot, dict[int, set[str]]] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(set))
    )
    tallies: dict[Spot, dict[int, int]] = field(default_factory=dict)
    """Of quizzes that are over: what was chosen how often."""
    present: dict[Spot, set[str]] = field(default_factory=lambda: defaultdict(set))
    saved: dict[Spot, str] = field(default_factory=dict)
    whispers: dict[Spot, Any] = field(default_factory=dict)
    begun: set[str] = field(default_factory=set)
    succeeded: set[str] = field(default_factory=set)
    read: dict[int, int] = field(default_factory=dict)
    pins: dict[int, str | None] = field(default_factory=dict)
    conversations: dict[int, Any] = field(default_factory=dict)
    threads: dict[int, Any] = field(default_factory=dict)
    memberships: set[int] = field(default_factory=set)
    late: dict[int, int] = field(default_factory=dict)
    """Where it came later: the number of the first message that it heard, or 0."""

    def hears(self, header: Header) -> bool:
        """Whether a gateway would tell this person."""
        hearers = header.route.hearers
        if hearers is None or self.who is None:
            return self.who is not None or header.name not in _ALONE
        return self.who in hearers or (self.governs and header.name not in _ALONE)

    def take(self, told: Iterator[Told]) -> None:
        """Take everything in, in order."""
        for header, body in told:
            handle = getattr(self, f"_on_{header.name}", None)
            if handle is not None and self.hears(header):
                handle(body)

    def unread(self, channel: int) -> int:
        """How many messages there wait for this person."""
        return sum(one > self.read.get(channel, 0) for one in self.concerning[channel])

    def _on_MessageCreate(self, body: Any) -> None:
        channel, number = int(body["channel_id"]), int(body["id"])
        self.history[channel][number] = lasting(body)
        self.newest[channel] = max(number, self.newest.get(channel, 0))
        if not self.late.get(channel, 1):
            self.late[channel] = number
        if body["author"]["id"] != str(self.who) and self._is_concerned(body):
            self.concerning[channel].add(number)
        thread = self.threads.get(channel)
        if thread is not None and body["type"] != STARTER and number != channel:
            thread["message_count"] += 1
            thread["total_message_sent"] += 1
        if thread is not None:
            thread["last_message_id"] = str(number)

    def _is_concerned(self, body: Any) -> bool:
        if "guild_id" not in body:
            return True
        named = {one["id"] for one in body["mentions"]}
        return bool(
            body["mention_everyone"]
            or str(self.who) in named
            or self.roles & set(body["mention_roles"])
        )

    def _on_MessageUpdate(self, body: Any) -> None:
        channel, number = int(body["channel_id"]), int(body["id"])
        self.history[channel][number] = lasting(body)
        if "quiz" in body.get("poll", ()) and body["poll"]["results"]["is_finalized"]:
            counts = body["poll"]["results"]["answer_counts"]
            self.tallies[channel, number] = {one["id"]: one["count"] for one in counts}

    def _on_MessageDelete(self, body: Any) -> None:
        self._forget(int(body["channel_id"]), int(body["id"]))

    def _on_MessageDeleteBulk(self, body: Any) -> None:
        for one in body["ids"]:
            self._forget(int(body["channel_id"]), int(one))

    def _forget(self, channel: int, number: int) -> None:
        self.history[channel].pop(number, None)
        self.concerning[channel].discard(number)
        self.reactions.pop((channel, number), None)
        for known in (self.votes, self.tallies, self.present, self.saved):
            known.pop((channel, number), None)

    def _on_ReactionAdd(self, body: Any) -> None:
        self.reactions[_spot(body)][emoji_of(body["emoji"])].add(body["user_id"])

    def _on_ReactionRemove(self, body: Any) -> None:
        self.reactions[_spot(body)][emoji_of(body["emoji"])].discard(body["user_id"])

    def _on_ReactionRemoveAll(self, body: Any) -> None:
        self.reactions.pop(_spot(body), None)

    def _on_ReactionRemoveEmoji(self, body: Any) -> None:
        self.reactions[_spot(body)].pop(emoji_of(body["emoji"]), None)

    def _on_PollVoteAdd(self, body: Any) -> None:
        self.votes[_spot(body)][body["answer_id"]].add(body["user_id"])

    def _on_PollVoteRemove(self, body: Any) -> None:
        self.votes[_spot(body)][body["answer_id"]].discard(body["user_id"])

    def _on_CheckedIn(self, body: Any) -> None:
        self.present[_spot(body)].add(body["user_id"])

    def _on_SavedMessageCreate(self, body: Any) -> None:
        self.saved[_spot(body)] = body["saved_at"]

    def _on_SavedMessageDelete(self, body: Any) -> None:
        self.saved.pop(_spot(body))

    def _on_InteractionBegun(self, body: Any) -> None:
        self.begun.add(body["id"])

    def _on_InteractionSuccess(self, body: Any) -> None:
        self.succeeded.add(body["id"])

    def _on_Whispered(self, body: Any) -> None:
        self.whispers[int(body["channel_id"]), int(body["id"])] = lasting(body)

    def _on_WhisperChanged(self, body: Any) -> None:
        self._on_Whispered(body)

    def _on_WhisperGone(self, body: Any) -> None:
        self.whispers.pop((int(body["channel_id"]), int(body["id"])))

    def _on_ChannelPinsUpdate(self, body: Any) -> None:
        self.pins[int(body["channel_id"])] = body["last_pin_timestamp"]

    def _on_MessageAck(self, body: Any) -> None:
        channel = int(body["channel_id"])
        self.read[channel] = int(body["message_id"])
        assert body["mention_count"] == self.unread(channel), "a marker brings another count"

    def _on_PrivateChannelCreate(self, body: Any) -> None:
        channel = int(body["id"])
        if channel not in self.conversations and channel not in self.newest:
            self.late[channel] = 0
        self._show(channel, body)

    def _on_PrivateChannelUpdate(self, body: Any) -> None:
        self._show(int(body["id"]), body)

    def _show(self, channel: int, body: Any) -> None:
        self.conversations[channel] = body
        if body["last_message_id"] is not None:
            self.newest[channel] = int(body["last_message_id"])
        else:
            self.newest.pop(channel, None)
        self.pins[channel] = body["last_pin_timestamp"]

    def _on_PrivateChannelDelete(self, body: Any) -> None:
        channel = int(body["id"])
        self.conversations.pop(channel, None)
        if body["type"] == GROUP:
            # A pair that is closed is still heard of; what is said in a group that one left is not.
            for known in (self.history, self.concerning, self.newest, self.pins):
                known.pop(channel, None)

    def _on_RecipientAdd(self, body: Any) -> None:
        self.conversations[int(body["channel_id"])]["recipients"].append(body["user"])

    def _on_RecipientRemove(self, body: Any) -> None:
        conversation = self.conversations[int(body["channel_id"])]
        left = [one for one in conversation["recipients"] if one["id"] != body["user"]["id"]]
        conversation["recipients"] = left

    def _on_ThreadCreate(self, body: Any) -> None:
        self.threads[int(body["id"])] = of_thread(body)

    def _on_ThreadUpdate(self, body: Any) -> None:
        self.threads[int(body["id"])] = of_thread(body)

    def _on_ThreadShown(self, body: Any) -> None:
        if not self.governs and int(body["id"]) not in self.threads:
            self.late[int(body["id"])] = 0
        self.threads[int(body["id"])] = of_thread(body)

    def _on_ThreadHidden(self, body: Any) -> None:
        if not self.governs:
            self._on_ThreadDelete(body)
            self.late.pop(int(body["id"]), None)
        self.memberships.discard(int(body["id"]))

    def _on_ThreadDelete(self, body: Any) -> None:
        number = int(body["id"])
        # Another one can begin at the same message, and then has the same number.
        for known in (self.threads, self.history, self.concerning, self.pins):
            known.pop(number, None)
        self.memberships.discard(number)

    def _on_ThreadMembersUpdate(self, body: Any) -> None:
        number = int(body["id"])
        if number in self.threads:
            self.threads[number]["member_count"] = body["member_count"]
        if str(self.who) in body["removed_member_ids"]:
            self.memberships.discard(number)
        if any(one["user_id"] == str(self.who) for one in body["added_members"]):
            self.memberships.add(number)

    def _on_ThreadMemberUpdate(self, body: Any) -> None:
        self.memberships.add(int(body["id"]))


def _spot(body: Any) -> Spot:
    return int(body["channel_id"]), int(body["message_id"])


def opened(records: Iterator[tuple[Header, bytes]]) -> Iterator[Told]:
    """Events with bodies of their own, as whoever hears them changes them."""
    return ((header, orjson.loads(body)) for header, body in records)
