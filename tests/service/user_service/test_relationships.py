"""Friends, requests and blocks, as both sides see and hear them."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

from contracts import topics
from contracts.events.relationship import (
    FriendshipChanged,
    RelationshipAdd,
    RelationshipRemove,
    RelationshipUpdate,
)
from contracts.identity import Kind
from contracts.ids import GuildId, UserId
from contracts.rpc.community import GetMutualGuilds, MutualGuild, MutualGuilds
from contracts.rpc.users import GetArrivals, GetFriends, GetRelationships, GetStandings
from tests.fixtures.services import stub
from tests.service.user_service.house import House, Open, refused, wrong
from user_service import actions
from user_service.domain import relationships as rules

FRIEND, BLOCKED, INCOMING, OUTGOING = 1, 2, 3, 4
LIST = "/users/@me/relationships"


@dataclass
class Someone:
    """A person who does things to others."""

    client: httpx.AsyncClient
    id: UserId
    name: str
    seen: dict[str, int] = field(default_factory=dict)

    async def list(self) -> dict[str, int]:
        """Types by name."""
        response = await self.client.get(LIST)
        assert response.status_code == 200, response.text
        return {one["user"]["username"]: one["type"] for one in response.json()}

    async def ask(self, other: Someone, **form: Any) -> httpx.Response:
        return await self.client.put(f"{LIST}/{other.id}", json=form)

    async def does(self, method: str, other: Someone, **form: Any) -> None:
        more = {"json": form} if method != "DELETE" else {}
        response = await self.client.request(method, f"{LIST}/{other.id}", **more)
        assert response.status_code == 204, response.text


class People:
    def __init__(self, house: House) -> None:
        self.house = house

    async def some(self, *names: str) -> list[Someone]:
        """New people, whose topics are heard."""
        found = []
        for name in names:
            client = await self.house.person(name)
            user_id = UserId(int((await client.get("/users/@me")).json()["id"]))
            assert self.house.running.ears is not None
            await self.house.running.ears.to(topics.user(user_id))
            found.append(Someone(client, user_id, name))
        return found

    async def friends(self, *names: str) -> list[Someone]:
        """The first of them is the others' friend."""
        first, *others = found = await self.some(*names)
        for other in others:
            await first.does("PUT", other)
            await other.does("PUT", first)
        return found


@pytest.fixture
def people(house: House) -> People:
    return People(house)


class TestRequests:
    async def test_are_asked_by_name_accepted_and_heard_on_both_sides(self, people: People) -> None:
        mina, joon = await people.some("mina", "준이")
        form = {"username": " 준이", "discriminator": None}
        assert (await mina.client.post(LIST, json=form)).status_code == 204
        assert (await mina.list(), await joon.list()) == ({"준이": OUTGOING}, {"mina": INCOMING})
        await joon.does("PUT", mina)
        assert (await mina.list(), await joon.list()) == ({"준이": FRIEND}, {"mina": FRIEND})
        ears = people.house.running.ears
        assert ears is not None
        heard = await ears.hear(RelationshipAdd, count=4)
        told = {(one.user_id, one.type): one.should_notify for one in heard}
        assert told == {
            (mina.id, OUTGOING): False,
            (joon.id, INCOMING): True,
            (joon.id, FRIEND): False,
            (mina.id, FRIEND): True,
        }
        assert heard[0].user.username == "준이"
        again = await mina.client.post(LIST, json=form)
        refused(again, 400, 80007)

    async def test_that_cross_make_friends(self, people: People) -> None:
        mina, joon = await people.some("mina", "joon")
        answers = await asyncio.gather(
            *(one for _ in range(4) for one in (mina.ask(joon), joon.ask(mina)))
        )
        assert {answer.status_code for answer in answers} == {204}
        assert (await mina.list(), await joon.list()) == ({"joon": FRIEND}, {"mina": FRIEND})

    @pytest.mark.parametrize("who", ["mina", "joon"])
    async def test_can_be_refused_and_cancelled(self, people: People, who: str) -> None:
        mina, joon = await people.some("mina", "joon")
        await mina.does("PUT", joon)
        actor, other = (mina, joon) if who == "mina" else (joon, mina)
        await actor.does("DELETE", other)
        await actor.does("DELETE", other)
        assert (await mina.list(), await joon.list()) == ({}, {})
        assert people.house.running.ears is not None
        gone = await people.house.running.ears.hear(RelationshipRemove, count=2)
        assert {(one.user_id, one.id, one.type) for one in gone} == {
            (mina.id, joon.id, OUTGOING),
            (joon.id, mina.id, INCOMING),
        }

    async def test_are_nobody_elses_to_accept(self, people: People) -> None:
        """A4, A20: whoever named a row could accept it; asking oneself and twice was possible."""
        mina, joon, mallory = await people.some("mina", "joon", "mallory")
        await mina.does("PUT", joon)
        assert (await mina.client.put(f"{LIST}/{joon.id}")).status_code == 204, "no body"
        await mallory.does("DELETE", joon)
        await mallory.does("PUT", mina)
        assert (await mina.list())["joon"] == OUTGOING
        assert await joon.list() == {"mina": INCOMING}
        refused(await mina.ask(mina), 400, 80003)

    async def test_to_names_that_nobody_has_say_so(self, people: People) -> None:
        (mina,) = await people.some("mina")
        for form in (
            {"username": "nobody"},
            {"username": "a@b"},
            {"username": "mina", "discriminator": "1234"},
        ):
            refused(await mina.client.post(LIST, json=form), 400, 80004)
        refused(await mina.client.put(f"{LIST}/1", json={}), 404, 10013)
        wrong(await mina.client.put(f"{LIST}/1", json={"type": 3}), type="BASE_TYPE_CHOICES")

    async def test_are_bounded_however_many_come_at_once(
        self, people: People, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setitem(rules.MOST, rules.OUTGOING, 2)
        mina, *others = await people.some("mina", *(f"person{n}" for n in range(4)))
        answers = await asyncio.gather(*(mina.ask(other) for other in others))
        assert sorted(answer.status_code for answer in answers) == [204, 204, 400, 400]
        assert len(await mina.list()) == 2

    async def test_can_all_be_refused_at_once(self, people: People) -> None:
        mina, joon, sora = await people.some("mina", "joon", "sora")
        await joon.does("PUT", mina)
        await sora.does("PUT", mina)
        assert (await mina.client.delete(LIST)).status_code == 204
        assert (await mina.list(), await joon.list(), await sora.list()) == ({}, {}, {})

    async def test_are_not_for_bots(self, people: People) -> None:
        (mina,) = await people.some("mina")
        made = (await mina.client.post("/applications", json={"name": "ping"})).json()
        await mina.client.post(f"/applications/{made['id']}/bot")
        refused(await mina.client.put(f"{LIST}/{made['id']}", json={}), 403, 80002)
        bot = people.house.running.as_(int(made["id"]), kind=Kind.BOT)
        for path in (LIST, "/users/@me/settings", "/users/@me/notes"):
            refused(await bot.get(path), 403, 20001)


class TestBlocks:
    async def test_end_a_friendship_and_close_the_door_silently(self, people: People) -> None:
        """A21: who had been blocked saw the block and could take it away."""
        assert people.house.running.ears is not None
        await people.house.running.ears.to(topics.FRIENDSHIPS)
        mina, joon = await people.friends("mina", "joon")
        await mina.does("PUT", joon, type=2)
        told = await people.house.running.ears.hear(FriendshipChanged, count=2)
        assert [(set(one.user_ids), one.are_friends) for one in told] == [
            ({mina.id, joon.id}, True),
            ({mina.id, joon.id}, False),
        ]
        assert (await mina.list(), await joon.list()) == ({"joon": BLOCKED}, {})
        refused(await joon.ask(mina), 403, 80000)
        refused(await mina.ask(joon), 403, 80001)
        await joon.does("DELETE", mina)
        assert await mina.list() == {"joon": BLOCKED}
        await joon.does("PUT", mina, type=2)
        await mina.does("DELETE", joon)
        assert (await mina.list(), await joon.list()) == ({}, {"mina": BLOCKED})

    async def test_and_friendships_are_told_to_neighbours(
        self, people: People, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        mina, joon, sora, hana = await people.friends("mina", "joon", "sora", "hana")
        await mina.does("PUT", sora, type=2)
        await hana.does("PUT", mina, type=2)
        calls = await people.house.running.calls_from("chat")
        asked = GetStandings(user_id=mina.id, other_ids=(joon.id, sora.id, hana.id, UserId(1)))
        found = (await calls.ask(asked)).standings
        assert [one.user_id for one in found] == [joon.id, sora.id, hana.id, 1]
        assert [(one.is_friend, one.has_blocked, one.is_blocked_by) for one in found] == [
            (True, False, False),
            (False, True, False),
            (False, False, True),
            (False, False, False),
        ]
        edge = await people.house.running.calls_from("gateway")
        listed = await edge.ask(GetRelationships(user_id=mina.id))
        assert {one.id: one.type for one in listed.relationships} == {joon.id: 1, sora.id: 2}
        assert not listed.is_more
        monkeypatch.setattr(actions.relationships, "PAGE", 1)
        first = await edge.ask(GetRelationships(user_id=mina.id))
        assert first.is_more
        after = first.relationships[-1].id
        rest = await edge.ask(GetRelationships(user_id=mina.id, after=after))
        assert (*first.relationships, *rest.relationships) == listed.relationships
        presence = await people.house.running.calls_from("presence")
        friends = await presence.ask(GetFriends(user_ids=(mina.id, joon.id, sora.id)))
        assert {one.user_id: one.friend_ids for one in friends.people} == {
            mina.id: (joon.id,),
            joon.id: (mina.id,),
        }
        arriving = await edge.ask(GetArrivals(user_ids=(mina.id, joon.id, UserId(1))))
        lists = {one.user_id: one.relationships for one in arriving.people}
        assert {one: [each["id"] for each in mine] for one, mine in lists.items()} == {
            mina.id: [first.dump()["relationships"][0]["id"]],
            joon.id: [str(int(mina.id))],
        }
        assert [one.is_more for one in arriving.people] == [True, True]


class TestFriends:
    async def test_may_be_called_otherwise(self, people: People) -> None:
        mina, joon = await people.friends("mina", "joon")
        await mina.does("PATCH", joon, nickname="준이")
        (row,) = (await mina.client.get(LIST)).json()
        assert row["nickname"] == "준이"
        assert (await joon.client.get(LIST)).json()[0]["nickname"] is None
        assert people.house.running.ears is not None
        (told,) = await people.house.running.ears.hear(RelationshipUpdate)
        assert (told.user_id, told.nickname) == (mina.id, "준이")
        await joon.does("DELETE", mina)
        refused(await mina.client.patch(f"{LIST}/{joon.id}", json={"nickname": "x"}), 404, 10013)

    async def test_see_a_new_face_at_once(self, people: People) -> None:
        mina, joon = await people.friends("mina", "joon")
        await joon.client.patch("/users/@me", json={"global_name": "준"})
        assert people.house.running.ears is not None
        (told,) = await people.house.running.ears.hear(RelationshipUpdate)
        assert (told.user_id, told.user.global_name) == (mina.id, "준")

    async def test_in_common_are_shown(self, people: People) -> None:
        mina, joon, sora = await people.friends("mina", "joon", "sora")
        (shown,) = (await joon.client.get(f"/users/{sora.id}/relationships")).json()
        assert (shown["id"], shown["username"]) == (str(mina.id), "mina")


@dataclass
class Places:
    """Where two people meet, as community_service would say."""

    shared: set[frozenset[int]] = field(default_factory=set)

    async def answer(self, call: GetMutualGuilds) -> MutualGuilds:
        meets = frozenset((call.user_id, call.other_id)) in self.shared
        return MutualGuilds(guilds=(MutualGuild(id=GuildId(5), nick="M"),) if meets else ())


async def test_one_says_who_may_ask_and_where_one_meets(open_house: Open) -> None:
    places = Places()
    async with stub("community", lambda rpc: rpc.handle(GetMutualGuilds, places.answer)) as address:
        people = People(await open_house(neighbours=address))
        mina, joon, sora = await people.friends("mina", "joon", "sora")
        (hana,) = await people.some("hana")
        places.shared.add(frozenset((mina.id, hana.id)))

        async def takes(**flags: bool) -> None:
            form = {"friend_source_flags": flags}
            answer = await hana.client.patch("/users/@me/settings", json=form)
            assert answer.status_code == 200, answer.text

        await takes(mutual_friends=True)
        refused(await joon.ask(hana), 403, 80000)
        await takes(mutual_guilds=True)
        refused(await joon.ask(hana), 403, 80000)
        await mina.does("PUT", hana)
        await hana.does("PUT", mina)
        await takes(mutual_friends=True)
        await joon.does("PUT", hana)
        await takes()
        refused(await sora.ask(hana), 403, 80000)
        await hana.does("PUT", sora)
        await sora.does("PUT", hana)
        ask = {"with_mutual_friends": True}
        card = (await mina.client.get(f"/users/{hana.id}/profile", params=ask)).json()
        assert card["mutual_guilds"] == [{"id": "5", "nick": "M"}]
        assert [one["username"] for one in card["mutual_friends"]] == ["sora"]
        assert (card["mutual_friends_count"], card["badges"]) == (1, [])
        assert card["user_profile"]["bio"] == ""
