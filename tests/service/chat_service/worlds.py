"""A small world in which people say and do at random what can be said and done in chat_service.
What they do with places stands in `gatherings.py`, what must be true afterwards in the tests.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Awaitable
from typing import Any

from contracts.errors import DomainError
from contracts.ids import GuildId, RoleId
from contracts.objects.channel import ChannelType
from contracts.permissions import EVERYONE_DEFAULT, Permission
from tests.service.chat_service.device import Spot
from tests.service.chat_service.house import OWNER, House

BASE = Permission.VIEW_CHANNEL | Permission.READ_MESSAGE_HISTORY
GOVERNING = (
    Permission.MANAGE_MESSAGES,
    Permission.MANAGE_THREADS,
    Permission.PIN_MESSAGES,
    Permission.MENTION_EVERYONE,
)
PLAIN = tuple(one for one in EVERYONE_DEFAULT & ~BASE if one not in GOVERNING)
EMOJIS = ("👍", "🎉")


class World:
    """A guild with two rooms and a forum, four people, and the conversations that they open."""

    def __init__(self, house: House, seed: int) -> None:
        self.house, self.dice = house, random.Random(seed)
        self.done: list[str] = []
        self.guild = house.guild()
        self.roles = [house.newcomer(), house.newcomer()]
        self.people = [house.newcomer() for _ in range(4)]
        self.held: dict[int, list[int]] = {}
        self._settle()
        self.rooms = [int(house.channel(self.guild).id) for _ in range(2)]
        self.forum = int(house.channel(self.guild, ChannelType.FORUM).id)
        channel = house.neighbours.guilds[GuildId(self.guild)].channels
        self.hook = house.webhook(next(iter(channel.values())))
        self.threads: list[int] = []
        self.conversations: dict[int, set[int]] = {}
        self.groups: set[int] = set()
        self.said: dict[int, dict[int, int]] = defaultdict(dict)
        """By channel: messages that somebody sent, and who."""
        self.came: dict[tuple[int, int], int] = {}
        """Since which message somebody who came later is there."""
        self.reactions: dict[Spot, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
        self.votes: dict[Spot, dict[int, set[str]]] = defaultdict(lambda: defaultdict(set))

    def _settle(self) -> None:
        bits = {self.guild: self._bits(0.9, 0.2) | BASE}
        bits |= {role: self._bits(0.2, 0.5) for role in self.roles}
        facts = self.house.neighbours.guilds[GuildId(self.guild)]
        mentionable = frozenset(map(RoleId, self.dice.sample(self.roles, 1)))
        update = {"roles": {one: int(granted) for one, granted in bits.items()}}
        self.house.neighbours.guilds[GuildId(self.guild)] = facts.model_copy(
            update={**update, "mentionable": mentionable}
        )
        self.granted: dict[int, Permission] = {}
        for who in self.people:
            self.held[who] = [one for one in self.roles if self.dice.random() < 0.4]
            self.house.member(self.guild, who, roles=tuple(map(RoleId, self.held[who])))
            self.granted[who] = bits[self.guild]
            for role in self.held[who]:
                self.granted[who] |= bits[role]
            for other in self.people:
                if self.dice.random() < 0.5 and other != who:
                    self.house.neighbours.friends.add(frozenset((who, other)))

    def _bits(self, plain: float, governing: float) -> Permission:
        granted = Permission(0)
        for chance, some in ((plain, PLAIN), (governing, GOVERNING)):
            for one in some:
                if self.dice.random() < chance:
                    granted |= one
        return granted

    def anybody(self) -> int:
        return self.dice.choice(self.people)

    def place(self) -> tuple[int, int]:
        """Somebody, and where they are."""
        mine = list(self.conversations.items())
        kind = self.dice.random()
        if kind < 0.35 and mine:
            channel, people = self.dice.choice(mine)
            return self.dice.choice(sorted(people)), channel
        if kind < 0.6 and self.threads:
            return self.anybody(), self.dice.choice(self.threads)
        return self.anybody(), self.dice.choice(self.rooms)

    def message(self) -> tuple[int, int, int] | None:
        """Somebody, where they are, and a message there; mostly one of their own."""
        who, channel = self.place()
        known = self.said[channel]
        if not known:
            return None
        own = [one for one, author in known.items() if author == who]
        pick = own if own and self.dice.random() < 0.6 else list(known)
        return who, channel, self.dice.choice(pick)

    def text(self) -> str:
        words = ["hi", "so", f"<@{self.anybody()}>", f"<@&{self.dice.choice(self.roles)}>"]
        return " ".join(self.dice.choices([*words, "@everyone"], [5, 5, 3, 1, 1], k=3))

    async def asks(self, who: int, method: str, path: str, **more: Any) -> Any:
        """The answer's JSON ({} if it has none); None if it is refused."""
        answer = await self.house.asks(who, method, path, **more)
        return self._answer(answer, f"{who} {method} {path} {more.get('json', '')}")

    def _answer(self, answer: Any, what: str) -> Any:
        self.done.append(f"{what} -> {answer.status_code}")
        assert answer.status_code < 500, (answer.text, self.done)
        if answer.status_code >= 400:
            return None
        return answer.json() if answer.content else {}

    async def _calls(self, what: str, call: Awaitable[Any]) -> bool:
        """A neighbour asks in somebody's name."""
        self.done.append(what)
        try:
            await call
        except DomainError as refusal:
            if refusal.status >= 500:
                raise
            return False
        return True

    def _note(self, who: int, sent: Any) -> None:
        if sent:
            self.said[int(sent["channel_id"])][int(sent["id"])] = who

    async def send(self) -> None:
        who, channel = self.place()
        form: dict[str, Any] = {"content": self.text()}
        if self.dice.random() < 0.3:
            form["nonce"] = str(self.dice.randrange(3))
        sent = await self.asks(who, "POST", f"/channels/{channel}/messages", json=form)
        self._note(who, sent)

    async def reply(self) -> None:
        if (found := self.message()) is not None:
            who, channel, number = found
            form = {"content": self.text(), "message_reference": {"message_id": str(number)}}
            path = f"/channels/{channel}/messages"
            self._note(who, await self.asks(who, "POST", path, json=form))

    async def forward(self) -> None:
        if (found := self.message()) is not None:
            who, channel, number = found
            shown = {"type": 1, "channel_id": str(channel), "message_id": str(number)}
            path = f"/channels/{self.dice.choice(self.rooms)}/messages"
            self._note(who, await self.asks(who, "POST", path, json={"message_reference": shown}))

    async def attach(self) -> None:
        who, channel = self.place()
        answer = await self.house.attach(who, channel, ("a.txt", b"abc"), content=self.text())
        self._note(who, self._answer(answer, f"{who} attaches in {channel}"))

    async def edit(self) -> None:
        if (found := self.message()) is not None:
            who, channel, number = found
            form: dict[str, Any] = {"content": self.text()}
            if self.dice.random() < 0.2:
                form["attachments"] = []
            await self.asks(who, "PATCH", f"/channels/{channel}/messages/{number}", json=form)

    async def delete(self) -> None:
        if (found := self.message()) is not None:
            who, channel, number = found
            if await self.asks(who, "DELETE", f"/channels/{channel}/messages/{number}") == {}:
                self._gone(channel, number)

    def _gone(self, channel: int, *numbers: int) -> None:
        for number in numbers:
            self.said[channel].pop(number, None)
            self.reactions.pop((channel, number), None)
            self.votes.pop((channel, number), None)

    async def delete_many(self) -> None:
        channel = self.dice.choice([*self.rooms, *self.threads])
        known = list(self.said[channel])
        some = self.dice.sample(known, min(3, len(known)))
        who = self.dice.choice([*self.people, OWNER])
        form = {"messages": [str(one) for one in some]}
        path = f"/channels/{channel}/messages/bulk-delete"
        if await self.asks(who, "POST", path, json=form) == {}:
            self._gone(channel, *some)

    async def pin(self, method: str = "PUT") -> None:
        if (found := self.message()) is not None:
            who, channel, number = found
            way = self.dice.choice(("pins", "messages/pins"))
            await self.asks(who, method, f"/channels/{channel}/{way}/{number}")

    async def unpin(self) -> None:
        await self.pin("DELETE")

    async def react(self) -> None:
        if (found := self.message()) is not None:
            who, channel, number = found
            emoji = self.dice.choice(EMOJIS)
            path = f"/channels/{channel}/messages/{number}/reactions/{emoji}/@me"
            if await self.asks(who, "PUT", path) == {}:
                self.reactions[channel, number][emoji].add(str(who))

    async def unreact(self) -> None:
        if not self.reactions:
            return
        channel, number = self.dice.choice(list(self.reactions))
        who, emoji = self.anybody(), self.dice.choice(EMOJIS)
        other = self.dice.choice(("@me", str(self.anybody())))
        path = f"/channels/{channel}/messages/{number}/reactions/{emoji}/{other}"
        if await self.asks(who, "DELETE", path) == {}:
            self.reactions[channel, number][emoji].discard(str(who) if other == "@me" else other)

    async def clear(self) -> None:
        if not self.reactions:
            return
        channel, number = self.dice.choice(list(self.reactions))
        kind = self.dice.choice(("", *(f"/{one}" for one in EMOJIS)))
        who = self.dice.choice([*self.people, OWNER])
        path = f"/channels/{channel}/messages/{number}/reactions{kind}"
        if await self.asks(who, "DELETE", path) == {}:
            for emoji in EMOJIS if not kind else (kind[1:],):
                self.reactions[channel, number].pop(emoji, None)

    async def ask(self) -> None:
        who, channel = self.place()
        medias = [{"poll_media": {"text": text}} for text in ("yes", "no")]
        several = self.dice.random() < 0.5
        poll = {"question": {"text": "?"}, "answers": medias, "allow_multiselect": several}
        sent = await self.asks(who, "POST", f"/channels/{channel}/messages", json={"poll": poll})
        self._note(who, sent)
        if sent:
            self.votes[channel, int(sent["id"])][1].clear()

    async def vote(self) -> None:
        if self.votes:
            channel, number = self.dice.choice(list(self.votes))
            who, chosen = self.anybody(), self.dice.sample((1, 2), self.dice.randrange(3))
            path = f"/channels/{channel}/polls/{number}/answers/@me"
            form = {"answer_ids": [str(one) for one in chosen]}
            if await self.asks(who, "PUT", path, json=form) == {}:
                for one in (1, 2):
                    voters = self.votes[channel, number][one]
                    (voters.add if one in chosen else voters.discard)(str(who))

    async def expire(self) -> None:
        if self.votes:
            channel, number = self.dice.choice(list(self.votes))
            who = self.said[channel].get(number, self.anybody())
            await self.asks(who, "POST", f"/channels/{channel}/polls/{number}/expire")
