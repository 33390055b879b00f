"""Reading what was said, over HTTP."""

from __future__ import annotations

import asyncio

import pytest

from contracts.objects.channel import ChannelType
from contracts.permissions import Permission
from tests.service.chat_service.house import ALICE, BOB, PLAIN, STRANGER, House, refusal

UNREADABLE = PLAIN & ~Permission.READ_MESSAGE_HISTORY


class TestPages:
    async def test_a_page_is_newest_first_and_equals_what_was_answered(self, house: House) -> None:
        room = house.room()
        sent = await house.sends(ALICE, room, 5)
        assert await house.history(BOB, room) == sent[::-1]

    async def test_pages_before_after_and_around_a_message(self, house: House) -> None:
        """B11: a page hangs on a message, so new messages shift nothing."""
        room = house.room()
        sent = await house.sends(ALICE, room, 7)
        middle = sent[3]["id"]
        asked = {
            f"?before={middle}": sent[2::-1],
            f"?before={middle}&limit=2": sent[2:0:-1],
            f"?after={middle}": sent[:3:-1],
            f"?after={middle}&limit=2": sent[5:3:-1],
            f"?around={middle}&limit=3": sent[4:1:-1],
            f"?around={middle}": sent[::-1],
            "?after=0&limit=1": sent[:1],
            "?limit=1": sent[-1:],
            f"?after={sent[-1]['id']}": [],
            f"?before={sent[0]['id']}": [],
        }
        for query, expected in asked.items():
            assert await house.history(ALICE, room, query) == expected, query

    async def test_a_page_has_fifty_messages_unless_told_and_a_hundred_at_most(
        self, house: House
    ) -> None:
        room = house.room()
        await asyncio.gather(*(house.send(ALICE, room, f"{n}") for n in range(101)))
        assert len(await house.history(ALICE, room)) == 50
        assert len(await house.history(ALICE, room, "?limit=100")) == 100

    async def test_an_empty_channel_has_an_empty_page(self, house: House) -> None:
        assert await house.history(ALICE, house.room()) == []

    @pytest.mark.parametrize(
        ("query", "field"),
        [
            ("limit=0", "limit"),
            ("limit=101", "limit"),
            ("limit=-1", "limit"),
            ("limit=ten", "limit"),
            ("before=x", "before"),
            ("after=1.5", "after"),
            ("around=-3", "around"),
            ("before=9223372036854775808", "before"),
            ("after=%D9%A1", "after"),
        ],
    )
    async def test_a_bad_query_is_a_form_error_at_its_field(
        self, house: House, query: str, field: str
    ) -> None:
        path = f"/channels/{house.room()}/messages?{query}"
        answer = await house.asks(ALICE, "GET", path)
        assert refusal(answer) == (400, 50035)
        assert list(answer.json()["errors"]) == [field]

    async def test_without_the_right_to_read_history_the_page_is_empty(self, house: House) -> None:
        room = house.room(UNREADABLE)
        sent = await house.send(ALICE, room, "hi")
        assert await house.history(ALICE, room) == []
        path = f"/channels/{room}/messages/{sent['id']}"
        assert refusal(await house.asks(ALICE, "GET", path)) == (403, 50013)

    async def test_history_is_refused_to_whoever_may_not_see_the_channel(
        self, house: House
    ) -> None:
        room, hidden = house.room(), house.room(PLAIN & ~Permission.VIEW_CHANNEL)
        category = house.channel(house.guild(), ChannelType.CATEGORY).id
        refused = {(STRANGER, room): (404, 10003), (ALICE, hidden): (403, 50001)}
        refused |= {(ALICE, int(category)): (403, 50024), (ALICE, 5): (404, 10003)}
        for (who, channel), expected in refused.items():
            answer = await house.asks(who, "GET", f"/channels/{channel}/messages")
            assert refusal(answer) == expected
        answer = await house.running.nobody.get(f"/channels/{room}/messages")
        assert refusal(answer) == (401, 0)


class TestOneMessage:
    async def test_a_message_is_found_by_id(self, house: House) -> None:
        room = house.room()
        sent = await house.send(ALICE, room, "find me")
        answer = await house.asks(BOB, "GET", f"/channels/{room}/messages/{sent['id']}")
        assert answer.status_code == 200
        assert answer.json() == sent

    async def test_an_absent_message_is_unknown(self, house: House) -> None:
        room, other = house.room(), house.room()
        sent = await house.send(ALICE, other, "elsewhere")
        for message in (sent["id"], "1", "abc", "-1", str(1 << 64)):
            answer = await house.asks(ALICE, "GET", f"/channels/{room}/messages/{message}")
            assert refusal(answer) == (404, 10008)
