"""What classes and clubs do at random: quizzes, roll calls, commands of a bot, notes to oneself."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from contracts.identity import Kind
from tests.service.chat_service.device import EPHEMERAL, Spot
from tests.service.chat_service.gatherings import Gatherings
from tests.service.chat_service.house import House

ROLL = "moim:check-in"
BUTTON = {
    "type": 1,
    "components": [{"type": 2, "style": 1, "label": "Go", "custom_id": "go"}],
}
RIGHT = 1
"""The right answer of every quiz."""
_PRESSED, _CALLED = 3, 2


@dataclass
class Asked:
    """What somebody asked the bot, and what it said."""

    id: str
    token: str
    who: int
    channel: int
    pressed: str | None
    is_answered: bool = False
    whispers: set[int] = field(default_factory=set)
    """Answers that only who asked sees."""
    said: list[int] = field(default_factory=list)


class Clubs(Gatherings):
    """A world with all that can be done in it."""

    def __init__(self, house: House, seed: int) -> None:
        super().__init__(house, seed)
        self.saved: dict[int, set[Spot]] = defaultdict(set)
        self.quizzes: dict[Spot, dict[int, set[str]]] = {}
        self.ended: set[Spot] = set()
        self.scores: dict[int, dict[str, Counter[bool]]] = defaultdict(lambda: defaultdict(Counter))
        """By channel and person: how often they were right, and wrong."""
        self.present: dict[Spot, set[str]] = {}
        self.bot = house.bot(self.guild)
        self.command = ""
        self.offered: list[str] = []
        """The versions of the command, as they followed each other."""
        self.asked: list[Asked] = []
        self.buttons: list[tuple[Spot, int | None]] = []
        """Where something can be pressed, and who alone sees it."""

    async def live(self, deeds: int) -> None:
        await self.offer("POST")
        await super().live(deeds)

    def _deeds(self) -> dict[int, list[Callable[[], Awaitable[object]]]]:
        more: dict[int, list[Callable[[], Awaitable[object]]]] = {
            3: [self.answer],
            2: [self.save, self.guess, self.quiz, self.call, self.roll, self.check_in],
            1: [self.unsave, self.reveal, self.press, self.follow, self.amend, self.retract],
        }
        more[1].append(self.offer)
        known = super()._deeds()
        return {weight: [*some, *more.get(weight, ())] for weight, some in known.items()}

    def _gone(self, channel: int, *numbers: int) -> None:
        super()._gone(channel, *numbers)
        for spot in ((channel, number) for number in numbers):
            self.quizzes.pop(spot, None)
            self.present.pop(spot, None)
            for mine in self.saved.values():
                mine.discard(spot)

    async def save(self) -> None:
        if (found := self.message()) is not None:
            who, channel, number = found
            path = f"/users/@me/saved-messages/{channel}/{number}"
            if await self.asks(who, "PUT", path) == {}:
                self.saved[who].add((channel, number))

    async def unsave(self) -> None:
        who = self.anybody()
        if self.saved[who]:
            channel, number = self.dice.choice(sorted(self.saved[who]))
            path = f"/users/@me/saved-messages/{channel}/{number}"
            if await self.asks(who, "DELETE", path) == {}:
                self.saved[who].discard((channel, number))

    async def quiz(self) -> None:
        who, channel = self.place()
        medias = [{"poll_media": {"text": text}} for text in ("right", "wrong")]
        poll = {
            "question": {"text": "?"},
            "answers": medias,
            "quiz": {"correct_answer_ids": [RIGHT]},
        }
        sent = await self.asks(who, "POST", f"/channels/{channel}/messages", json={"poll": poll})
        self._note(who, sent)
        if sent:
            self.quizzes[channel, int(sent["id"])] = {RIGHT: set(), 2: set()}

    async def guess(self) -> None:
        if self.quizzes:
            channel, number = spot = self.dice.choice(list(self.quizzes))
            who, chosen = self.anybody(), self.dice.sample((1, 2), self.dice.choice((0, 1, 1)))
            path = f"/channels/{channel}/polls/{number}/answers/@me"
            if await self.asks(who, "PUT", path, json={"answer_ids": chosen}) == {}:
                for one, people in self.quizzes[spot].items():
                    (people.add if one in chosen else people.discard)(str(who))

    async def reveal(self) -> None:
        if self.quizzes:
            channel, number = spot = self.dice.choice(list(self.quizzes))
            who = self.said[channel].get(number, self.anybody())
            if await self.asks(who, "POST", f"/channels/{channel}/polls/{number}/expire"):
                self.ended.add(spot)
                for one, people in self.quizzes[spot].items():
                    for person in people:
                        self.scores[channel][person][one == RIGHT] += 1

    async def roll(self) -> None:
        who, channel = self.place()
        form = {"content": "here?", "check_in": {"late_after": self.dice.choice((0, None))}}
        sent = await self.asks(who, "POST", f"/channels/{channel}/messages", json=form)
        self._note(who, sent)
        if sent:
            self.present[channel, int(sent["id"])] = set()

    async def check_in(self) -> None:
        if self.present:
            channel, number = spot = self.dice.choice(list(self.present))
            who, path = self.anybody(), f"/channels/{channel}/messages/{number}/check-in"
            if self.dice.random() < 0.5:
                done = await self.asks(who, "PUT", path)
            else:
                data = {"component_type": 2, "custom_id": ROLL}
                form = self._wish(channel, _PRESSED, data, message_id=str(number))
                done = await self.asks(who, "POST", "/interactions", json=form)
            if done == {}:
                self.present[spot].add(str(who))

    async def offer(self, method: str = "PATCH") -> None:
        """The bot offers its command, or describes it otherwise."""
        form = {"name": "do", "description": f"{len(self.offered)} times"}
        path = f"/applications/{self.bot}/commands"
        if method == "PATCH":
            path = f"{path}/{self.command}"
        answer = await self.house.asks_as_bot(self.bot, method, path, json=form)
        made = self._answer(answer, f"the bot offers {form}")
        self.command = made["id"]
        self.offered.append(made["version"])

    def _wish(self, channel: int, kind: int, data: Any, **more: Any) -> dict[str, Any]:
        wish = {"type": kind, "application_id": str(self.bot), "channel_id": str(channel)}
        return {**wish, "data": data, "nonce": str(len(self.asked)), **more}

    async def call(self) -> None:
        channel = self.dice.choice([*self.rooms, *self.rooms, *self.threads])
        form = self._wish(channel, _CALLED, {"id": self.command, "name": "do", "type": 1})
        await self._ask(self.anybody(), form)

    async def press(self) -> None:
        if self.buttons:
            (channel, number), alone = self.dice.choice(self.buttons)
            who = alone if alone is not None and self.dice.random() < 0.8 else self.anybody()
            data = {"component_type": 2, "custom_id": "go"}
            await self._ask(who, self._wish(channel, _PRESSED, data, message_id=str(number)))

    async def _ask(self, who: int, wish: dict[str, Any]) -> None:
        if await self.asks(who, "POST", "/interactions", json=wish) != {}:
            return
        heard = [body for name, body in await self.house.told_to(self.bot) if "token" in body]
        told, channel = heard[-1], int(wish["channel_id"])
        one = Asked(told["id"], told["token"], who, channel, wish.get("message_id"))
        self.asked.append(one)

    async def as_bot(self, one: Asked, method: str, path: str, **more: Any) -> Any:
        """The bot uses what it was given with a question."""
        client = self.house.running.as_(int(one.id), kind=Kind.INTERACTION, session=0)
        answer = await client.request(method, path, **more)
        return self._answer(answer, f"to {one.id} {method} {path} {more.get('json', '')}")

    async def answer(self) -> None:
        if not (waiting := [one for one in self.asked if not one.is_answered]):
            return
        one = self.dice.choice(waiting)
        kind = self.dice.choice((4, 4, 5) if one.pressed is None else (4, 5, 6, 7, 7))
        path = f"/interactions/{one.id}/{one.token}/callback?with_response=true"
        told = await self.as_bot(one, "POST", path, json={"type": kind, "data": self._words()})
        if told is not None:
            one.is_answered = True
            if kind in (4, 5):
                self._heard(one, told["resource"]["message"])

    def _words(self) -> dict[str, Any]:
        flags = self.dice.choice((0, 0, EPHEMERAL))
        rows = self.dice.choice(([], [BUTTON]))
        return {"content": self.text(), "flags": flags, "components": rows}

    def _heard(self, one: Asked, message: Any) -> None:
        number = int(message["id"])
        if number not in one.said:
            one.said.append(number)
        if is_whisper := bool(message["flags"] & EPHEMERAL):
            one.whispers.add(number)
        else:
            self.said[one.channel][number] = self.bot
        if message["components"]:
            self.buttons.append(((one.channel, number), one.who if is_whisper else None))

    def _answered(self) -> Asked | None:
        found = [one for one in self.asked if one.is_answered]
        return self.dice.choice(found) if found else None

    async def follow(self) -> None:
        if (one := self._answered()) is not None:
            path = f"/webhooks/{self.bot}/{one.token}?wait=true"
            said = await self.as_bot(one, "POST", path, json=self._words())
            if said is not None:
                self._heard(one, said)

    async def amend(self) -> None:
        one = self._answered()
        if one is not None and one.said:
            path = f"/webhooks/{self.bot}/{one.token}/messages/{self.dice.choice(one.said)}"
            await self.as_bot(one, "PATCH", path, json={"content": self.text()})

    async def retract(self) -> None:
        one = self._answered()
        if one is not None and one.said:
            number = self.dice.choice(one.said)
            path = f"/webhooks/{self.bot}/{one.token}/messages/{number}"
            if await self.as_bot(one, "DELETE", path) == {}:
                one.whispers.discard(number)
                self._gone(one.channel, number)
