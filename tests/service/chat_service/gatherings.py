"""People gather at random: in threads and conversations, by webhooks; and read."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from contracts.permissions import Permission
from tests.service.chat_service.device import GROUP
from tests.service.chat_service.house import OWNER
from tests.service.chat_service.worlds import World


class Gatherings(World):
    """A world with all that can be done in it."""

    async def live(self, deeds: int) -> None:
        """So many things happen, one after another."""
        chances = [(deed, weight) for weight, some in self._deeds().items() for deed in some]
        for _ in range(3):
            await self.send()
        for deed in self.dice.choices(*zip(*chances, strict=True), k=deeds):
            await deed()

    def _deeds(self) -> dict[int, list[Callable[[], Awaitable[object]]]]:
        return {
            6: [self.send],
            3: [self.edit, self.delete, self.react, self.ack, self.begin],
            2: [
                self.reply,
                self.pin,
                self.unreact,
                self.gather,
                self.begin_at,
                self.pair,
                self.ask,
            ],
            1: [
                *(self.forward, self.attach, self.delete_many, self.unpin, self.clear),
                *(self.post, self.change, self.end, self.come, self.go, self.bring),
                *(self.vote, self.expire, self.read_back, self.read_all, self.hook_posts),
                *(self.hook_edits, self.hook_deletes, self.take_in, self.leave, self.close),
                *(self.rename, self.welcome, self.unread),
            ],
        }

    async def begin(self) -> None:
        form = {"name": "plans", "type": self.dice.choice((11, 12))}
        path, who = f"/channels/{self.dice.choice(self.rooms)}/threads", self.anybody()
        self._began(await self.asks(who, "POST", path, json=form), who)

    async def begin_at(self) -> None:
        channel, who = self.dice.choice(self.rooms), self.anybody()
        if self.said[channel]:
            number = self.dice.choice(list(self.said[channel]))
            path = f"/channels/{channel}/messages/{number}/threads"
            self._began(await self.asks(who, "POST", path, json={"name": "so"}), who)

    async def post(self) -> None:
        form, who = {"name": "how?", "message": {"content": self.text()}}, self.anybody()
        made = await self.asks(who, "POST", f"/channels/{self.forum}/threads", json=form)
        self._began(made, who)
        if made:
            self.said[int(made["id"])][int(made["id"])] = who

    def _began(self, thread: Any, who: int) -> None:
        if thread:
            self.threads.append(int(thread["id"]))
            if thread["type"] == 12:
                for other in set(self.people) - {who}:
                    if not self.granted[other] & Permission.MANAGE_THREADS:
                        self.came[int(thread["id"]), other] = 1 << 62

    async def change(self) -> None:
        if self.threads:
            thread, who = self.dice.choice(self.threads), self.dice.choice([*self.people, OWNER])
            changes = self.dice.choice(
                [{"is_archived": True}, {"is_archived": False}, {"name": "deeds"}]
            )
            await self._calls(f"{who} {changes} {thread}", self.house.edits(who, thread, **changes))

    async def end(self) -> None:
        if self.threads:
            thread, who = self.dice.choice(self.threads), self.dice.choice([*self.people, OWNER])
            if await self._calls(f"{who} ends {thread}", self.house.ends(who, thread)):
                self.threads.remove(thread)
                for spot in [one for one in self.reactions if one[0] == thread]:
                    self.reactions.pop(spot)
                self.said.pop(thread, None)

    async def come(self, method: str = "PUT") -> None:
        if self.threads:
            path = f"/channels/{self.dice.choice(self.threads)}/thread-members/@me"
            await self.asks(self.anybody(), method, path)

    async def go(self) -> None:
        await self.come("DELETE")

    async def bring(self) -> None:
        if self.threads:
            thread, method = self.dice.choice(self.threads), self.dice.choice(("PUT", "DELETE"))
            path = f"/channels/{thread}/thread-members/{self.anybody()}"
            await self.asks(self.anybody(), method, path)

    async def hook_posts(self) -> None:
        form = {"content": self.text()}
        answer = await self.house.posts(self.hook, "POST", "?wait=true", json=form)
        self._note(self.hook, self._answer(answer, "the webhook posts"))

    async def hook_edits(self, method: str = "PATCH") -> None:
        own = [one for one, who in self.said[self.rooms[0]].items() if who == self.hook]
        if own:
            number = self.dice.choice(own)
            form = {"content": self.text()} if method == "PATCH" else None
            answer = await self.house.posts(self.hook, method, f"/messages/{number}", json=form)
            if self._answer(answer, f"the webhook {method} {number}") == {}:
                self._gone(self.rooms[0], number)

    async def hook_deletes(self) -> None:
        await self.hook_edits("DELETE")

    async def pair(self) -> None:
        who, other = self.dice.sample(self.people, 2)
        form = {"recipient_id": str(other)}
        await self._open(who, form, other)

    async def gather(self) -> None:
        who, *others = self.dice.sample(self.people, 3)
        form = {"recipients": [str(one) for one in others]}
        await self._open(who, form, *others)

    async def _open(self, who: int, form: dict[str, Any], *others: int) -> None:
        opened = await self.asks(who, "POST", "/users/@me/channels", json=form)
        if opened:
            self.conversations.setdefault(int(opened["id"]), {who, *others})
            if opened["type"] == GROUP:
                self.groups.add(int(opened["id"]))

    def _groups(self) -> list[int]:
        return [one for one in self.conversations if one in self.groups]

    async def take_in(self) -> None:
        if groups := self._groups():
            group, other = self.dice.choice(groups), self.anybody()
            who = self.dice.choice(sorted(self.conversations[group]))
            newest = max(self.said[group], default=0)
            path = f"/channels/{group}/recipients/{other}"
            if await self.asks(who, "PUT", path) == {} and other not in self.conversations[group]:
                self.conversations[group].add(other)
                self.came[group, other] = newest

    async def leave(self) -> None:
        if groups := self._groups():
            group = self.dice.choice(groups)
            people = sorted(self.conversations[group])
            who, other = self.dice.choice(people), self.dice.choice(people)
            if await self.asks(who, "DELETE", f"/channels/{group}/recipients/{other}") == {}:
                self.conversations[group].discard(other)
                if not self.conversations[group]:
                    self.conversations.pop(group)
                    self.said.pop(group, None)
                    for spot in [one for one in self.reactions if one[0] == group]:
                        self.reactions.pop(spot)

    async def close(self) -> None:
        pairs = [one for one in self.conversations if one not in self.groups]
        if pairs:
            pair = self.dice.choice(pairs)
            who = self.dice.choice(sorted(self.conversations[pair]))
            await self._calls(f"{who} closes {pair}", self.house.ends(who, pair))

    async def rename(self) -> None:
        if groups := self._groups():
            group = self.dice.choice(groups)
            who = self.dice.choice(sorted(self.conversations[group]))
            name = self.dice.choice(("crew", "club"))
            await self._calls(f"{who} renames {group}", self.house.edits(who, group, name=name))

    async def welcome(self) -> None:
        if self.conversations:
            channel, people = self.dice.choice(list(self.conversations.items()))
            who = self.dice.choice(sorted(people))
            await self.asks(who, "PUT", f"/channels/{channel}/recipients/@me")

    def _readable(self) -> tuple[int, int, list[int]]:
        who, channel = self.place()
        since = self.came.get((channel, who), 0)
        return who, channel, sorted(one for one in self.said[channel] if one > since)

    async def ack(self) -> None:
        who, channel, known = self._readable()
        if known:
            path = f"/channels/{channel}/messages/{known[-1]}/ack"
            await self.asks(who, "POST", path, json={"token": None})

    async def read_back(self) -> None:
        who, channel, known = self._readable()
        if known:
            path = f"/channels/{channel}/messages/{self.dice.choice(known)}/ack"
            await self.asks(who, "POST", path, json={"manual": True})

    async def read_all(self) -> None:
        who = self.anybody()
        if self.dice.random() < 0.5:
            await self.asks(who, "POST", f"/guilds/{self.guild}/ack")
            return
        some = [(room, max(self.said[room])) for room in self.rooms if self.said[room]]
        form = [{"channel_id": str(room), "message_id": str(last)} for room, last in some]
        await self.asks(who, "POST", "/read-states/ack-bulk", json={"read_states": form})

    async def unread(self) -> None:
        who, channel, _ = self._readable()
        if (channel, who) not in self.came:
            await self.asks(who, "DELETE", f"/channels/{channel}/messages/ack")
