"""Conversations outside of guilds: opened, listed, closed, gathered, left; blocks and requests."""

from __future__ import annotations

from typing import Any

import pytest

from contracts.errors import Forbidden, NotFound
from contracts.ids import ChannelId, UserId
from contracts.rpc.chat import (
    ClosePrivateChannel,
    EditPrivateChannel,
    GetArrivals,
    GetPrivateChannel,
    Reader,
)
from tests.service.chat_service.house import NO_SUCH_PERSON, House, refusal, user


async def lists(house: House, who: int) -> list[dict[str, Any]]:
    answer = await house.asks(who, "GET", "/users/@me/channels")
    found: list[dict[str, Any]] = answer.json()
    return found


class TestPairs:
    async def test_two_people_have_one_conversation_whoever_opens_it(self, house: House) -> None:
        ann, ben = house.newcomer(), house.newcomer()
        opened = await house.opens(ann, ben)
        assert (opened["type"], opened["recipients"]) == (1, [user(ben).dump()])
        assert (await house.opens(ann, ben))["id"] == opened["id"]
        assert await lists(house, ben) == []
        back = await house.opens(ben, ann)
        assert (back["id"], back["recipients"]) == (opened["id"], [user(ann).dump()])

    async def test_a_message_appears_to_both_after_the_conversation(self, house: House) -> None:
        ann, ben = house.newcomer(), house.newcomer()
        channel = int((await house.opens(ann, ben))["id"])
        sent = await house.send(ann, channel, "hello", nonce="n")
        assert await house.send(ann, channel, "hello", nonce="n") == sent
        told = await house.told_to(ben)
        assert [name for name, _ in told] == ["PrivateChannelCreate", "MessageCreate"]
        assert told[0][1]["recipients"] == [user(ann).dump()]
        assert told[1][1] == sent
        assert "guild_id" not in sent
        assert [one["last_message_id"] for one in await lists(house, ben)] == [sent["id"]]
        names = [name for name, _ in await house.told_to(ann)]
        assert names == ["PrivateChannelCreate", "MessageCreate"]

    async def test_who_answers_a_request_sees_on_all_devices_that_it_is_none(
        self, house: House
    ) -> None:
        ann, ben = house.newcomer(), house.newcomer()
        channel = int((await house.opens(ann, ben))["id"])
        await house.send(ann, channel, "hello")
        answer = await house.send(ben, channel, "hello to you")
        appeared, _, changed, _ = await house.told_to(ben)
        assert (appeared[0], appeared[1]["is_message_request"]) == ("PrivateChannelCreate", True)
        assert (changed[0], changed[1]["is_message_request"]) == ("PrivateChannelUpdate", False)
        assert changed[1]["last_message_id"] == answer["id"]

    async def test_what_is_in_nobodys_list_is_accepted_in_silence(self, house: House) -> None:
        ann, ben = house.newcomer(), house.newcomer()
        channel = int((await house.opens(ann, ben))["id"])
        accept = await house.asks(ben, "PUT", f"/channels/{channel}/recipients/@me")
        assert accept.json()["is_message_request"] is False
        assert await house.told_to(ben) == []

    async def test_what_is_closed_comes_back_with_a_message(self, house: House) -> None:
        ann, ben = house.newcomer(), house.newcomer()
        channel = int((await house.opens(ann, ben))["id"])
        await house.send(ann, channel, "hello")
        await house.asks(ben, "DELETE", f"/channels/{channel}/recipients/@me")
        assert await lists(house, ben) == []
        await house.send(ann, channel, "still there?")
        assert [one["id"] for one in await lists(house, ben)] == [str(channel)]
        names = [name for name, _ in await house.told_to(ben)]
        assert names[-3:] == ["PrivateChannelDelete", "PrivateChannelCreate", "MessageCreate"]

    async def test_nobody_else_sees_it(self, house: House) -> None:
        """A6, A7: a conversation does not exist for others."""
        ann, ben, eve = (house.newcomer() for _ in range(3))
        channel = int((await house.opens(ann, ben))["id"])
        sent = await house.send(ann, channel, "private")
        message = f"/channels/{channel}/messages/{sent['id']}"
        asked = {
            "GET": [f"/channels/{channel}/messages", message, f"/channels/{channel}/pins"],
            "PATCH": [message],
            "DELETE": [message],
            "POST": [f"/channels/{channel}/messages", f"/channels/{channel}/typing"],
            "PUT": [f"{message}/reactions/x/@me", f"/channels/{channel}/recipients/{eve}"],
        }
        asked["PUT"][0] = f"{message}/reactions/%F0%9F%91%8D/@me"
        for method, paths in asked.items():
            for path in paths:
                form = {"content": "x"} if method in ("POST", "PATCH") else None
                answer = await house.asks(eve, method, path, json=form)
                assert refusal(answer) == (404, 10003), (method, path)
        assert await house.told_to(eve) == []

    async def test_everything_of_a_message_works_in_private(self, house: House) -> None:
        ann, ben = house.newcomer(), house.newcomer()
        channel = int((await house.opens(ann, ben))["id"])
        sent = await house.send(ann, channel, "hello")
        message = f"/channels/{channel}/messages/{sent['id']}"
        for who, method, path in (
            (ben, "PUT", f"{message}/reactions/%F0%9F%91%8D/@me"),
            (ben, "PUT", f"/channels/{channel}/messages/pins/{sent['id']}"),
            (ann, "PATCH", message),
            (ann, "DELETE", message),
        ):
            answer = await house.asks(who, method, path, json={"content": "edited"})
            assert answer.status_code < 300, answer.text
        names = [name for name, _ in await house.told_to(ben)][2:]
        assert names == [
            "ReactionAdd",
            "ChannelPinsUpdate",
            "MessageUpdate",
            "MessageCreate",
            "MessageUpdate",
            "MessageDelete",
            "ChannelPinsUpdate",
        ]
        other = await house.send(ben, channel, "mine")
        path = f"/channels/{channel}/messages/{other['id']}"
        assert refusal(await house.asks(ann, "DELETE", path)) == (403, 50013)

    async def test_nobody_writes_across_a_block(self, house: House) -> None:
        """A21: a block counts for both, whoever asked whom first."""
        ann, ben = house.newcomer(), house.newcomer()
        channel = int((await house.opens(ann, ben))["id"])
        await house.send(ann, channel, "hello")
        house.neighbours.blocks.add((ben, ann))
        for who in (ann, ben):
            assert await house.refused(who, channel) == (403, 50007)
            typing = await house.asks(who, "POST", f"/channels/{channel}/typing")
            assert refusal(typing) == (403, 50007)
        house.neighbours.blocks.clear()
        await house.send(ann, channel, "again")

    async def test_strangers_ask_until_they_are_answered(self, house: House) -> None:
        ann, ben = house.newcomer(), house.newcomer()
        channel = int((await house.opens(ann, ben))["id"])
        await house.send(ann, channel, "hello")
        assert [one["is_message_request"] for one in await lists(house, ben)] == [True]
        assert [one["is_message_request"] for one in await lists(house, ann)] == [False]
        accept = await house.asks(ben, "PUT", f"/channels/{channel}/recipients/@me")
        assert accept.json()["is_message_request"] is False
        cat = house.newcomer()
        house.neighbours.friends.add(frozenset((ann, cat)))
        await house.send(ann, int((await house.opens(ann, cat))["id"]), "hi")
        assert [one["is_message_request"] for one in await lists(house, cat)] == [False]

    async def test_one_can_not_open_one_with_oneself_or_nobody(self, house: House) -> None:
        ann = house.newcomer()
        for form in ({"recipient_id": ann}, {"recipient_id": str(NO_SUCH_PERSON)}, {}):
            answer = await house.asks(ann, "POST", "/users/@me/channels", json=form)
            assert refusal(answer) == (400, 50033)


class TestGroups:
    async def test_a_group_is_gathered_and_never_a_pair(self, house: House) -> None:
        """B17: duplicates make no group; a pair takes no third one."""
        ann, ben, cat = (house.newcomer() for _ in range(3))
        group = await house.opens(ann, ben, cat)
        assert (group["type"], group["owner_id"], group["name"]) == (3, str(ann), None)
        assert [one["id"] for one in group["recipients"]] == [str(ben), str(cat)]
        assert [name for name, _ in await house.told_to(cat)] == ["PrivateChannelCreate"]
        twice = await house.asks(
            ann, "POST", "/users/@me/channels", json={"recipients": [ben, ben, ann]}
        )
        assert twice.json()["type"] == 1
        path = f"/channels/{twice.json()['id']}/recipients/{cat}"
        assert refusal(await house.asks(ann, "PUT", path)) == (403, 50024)

    async def test_people_come_and_go_and_everybody_hears_it(self, house: House) -> None:
        """A25: who is gone hears nothing more. B16: the longest there owns it next."""
        ann, ben, cat, dan = (house.newcomer() for _ in range(4))
        channel = int((await house.opens(ann, ben, cat))["id"])
        path = f"/channels/{channel}/recipients"
        assert (await house.asks(ben, "PUT", f"{path}/{dan}")).status_code == 204
        assert [name for name, _ in await house.told_to(dan)] == [
            "PrivateChannelCreate",
            "MessageCreate",
        ]
        assert refusal(await house.asks(ben, "DELETE", f"{path}/{dan}")) == (403, 50013)
        assert (await house.asks(ann, "DELETE", f"{path}/{ann}")).status_code == 204
        told = await house.told_to(ann)
        assert told[-1][0] == "PrivateChannelDelete"
        await house.send(ben, channel, "without her")
        assert await house.told_to(ann) == told
        assert await lists(house, ann) == []
        assert (await lists(house, cat))[0]["owner_id"] == str(ben)
        names = [name for name, _ in await house.told_to(cat)]
        assert names == [
            *("PrivateChannelCreate", "RecipientAdd", "MessageCreate"),
            *("RecipientRemove", "MessageCreate", "PrivateChannelUpdate", "MessageCreate"),
        ]
        types = [one["type"] for one in await house.history(cat, channel)]
        assert types == [0, 2, 1]

    async def test_a_group_has_at_most_ten_people(self, house: House) -> None:
        people = [house.newcomer() for _ in range(11)]
        form = {"recipients": people}
        answer = await house.asks(people[0], "POST", "/users/@me/channels", json=form)
        assert refusal(answer) == (400, 30004)
        channel = (await house.opens(*people[:10]))["id"]
        answer = await house.asks(people[0], "PUT", f"/channels/{channel}/recipients/{people[10]}")
        assert refusal(answer) == (400, 30004)

    async def test_the_last_one_takes_everything_along(self, house: House) -> None:
        ann, ben, cat = (house.newcomer() for _ in range(3))
        channel = int((await house.opens(ann, ben, cat))["id"])
        await house.send(ann, channel, "secret")
        for who in (ann, ben, cat):
            path = f"/channels/{channel}/recipients/{who}"
            assert (await house.asks(who, "DELETE", path)).status_code == 204
        assert await house.refused(ann, channel) == (404, 10003)


async def test_conversations_are_listed_by_what_was_said_last(house: House) -> None:
    """B6: the order is that of messages, not of clocks."""
    ann, *others = (house.newcomer() for _ in range(4))
    channels = [int((await house.opens(ann, other))["id"]) for other in others]
    for number in (1, 0, 2, 1):
        await house.send(ann, channels[number], "x")
    listed = [int(one["id"]) for one in await lists(house, ann)]
    assert listed == [channels[1], channels[2], channels[0]]
    alone = house.newcomer()
    calls = await house.running.calls_from("gateway")
    readers = tuple(Reader(user_id=UserId(one)) for one in (ann, others[0], alone))
    people = (await calls.ask(GetArrivals(readers=readers))).people
    told = {int(one.user_id): [int(each["id"]) for each in one.channels] for one in people}
    assert told == {ann: listed, others[0]: [channels[0]], alone: []}


async def test_a_group_is_renamed_handed_on_and_closed_by_calls(house: House) -> None:
    ann, ben, cat = (house.newcomer() for _ in range(3))
    channel = ChannelId(int((await house.opens(ann, ben, cat))["id"]))
    calls = await house.running.calls_from("community")
    named = EditPrivateChannel(user_id=UserId(ben), channel_id=channel, changes={"name": "club"})
    assert (await calls.ask(named)).channel.name == "club"
    handed = EditPrivateChannel(user_id=UserId(ben), channel_id=channel, changes={"owner_id": cat})
    with pytest.raises(Forbidden):
        await calls.ask(handed)
    handed = handed.model_copy(update={"user_id": UserId(ann)})
    assert (await calls.ask(handed)).channel.owner_id == cat
    await calls.ask(ClosePrivateChannel(user_id=UserId(ann), channel_id=channel))
    with pytest.raises(NotFound):
        await calls.ask(GetPrivateChannel(user_id=UserId(ann), channel_id=channel))
    names = [name for name, _ in await house.told_to(ben)]
    assert names == [
        *("PrivateChannelCreate", "MessageCreate", "PrivateChannelUpdate"),
        *("PrivateChannelUpdate", "RecipientRemove", "MessageCreate"),
    ]
    assert [one["content"] for one in await house.history(cat, channel)] == ["", "club"]


async def test_who_comes_into_a_group_has_nothing_to_read_of_before(house: House) -> None:
    ann, ben, cat, dan = (house.newcomer() for _ in range(4))
    group = int((await house.opens(ann, ben, cat))["id"])
    before = await house.send(ann, group, "before")
    path = f"/channels/{group}/recipients/{dan}"
    assert (await house.asks(ann, "PUT", path)).status_code == 204
    told = dict(await house.told_to(dan))
    assert told["PrivateChannelCreate"]["last_message_id"] == before["id"]
    assert (told["MessageAck"]["message_id"], told["MessageAck"]["mention_count"]) == (
        before["id"],
        0,
    )
    gateway = await house.running.calls_from("gateway")
    asked = GetArrivals(readers=(Reader(user_id=UserId(dan)),))
    ((state,),) = [one.read for one in (await gateway.ask(asked)).people]
    assert state["mention_count"] == 1, "that somebody took them in"
