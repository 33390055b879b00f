"""People check in at a message; organisers learn who was there."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from contracts.permissions import Permission
from tests.service.chat_service.house import ALICE, BOB, OWNER, PLAIN, House, refusal, user


def at(room: int, sent: dict[str, Any], rest: str) -> str:
    return f"/channels/{room}/messages/{sent['id']}/{rest}"


async def check_in(house: House, who: int, room: int, sent: dict[str, Any]) -> int:
    answer = await house.asks(who, "PUT", at(room, sent, "check-in"))
    return answer.status_code if answer.status_code == 204 else answer.json()["code"]


async def test_who_is_there_is_counted_told_and_reported(house: House) -> None:
    guild = house.guild()
    room = int(house.channel(guild).id)
    carol = house.newcomer()
    house.member(guild, carol)
    house.bot(guild)
    sent = await house.send(OWNER, room, "Good morning", check_in={"late_after": 0})
    assert (sent["check_in"]["count"], sent["check_in"]["me"]) == (0, False)
    assert sent["components"][0]["components"][0]["custom_id"] == "moim:check-in"
    for _ in range(2):
        assert await check_in(house, ALICE, room, sent) == 204
    assert await check_in(house, BOB, room, sent) == 204
    (shown,) = await house.history(BOB, room)
    assert (shown["check_in"]["count"], shown["check_in"]["me"]) == (2, True)
    told = [body for name, body in await house.told(guild) if name == "CheckedIn"]
    assert [(one["user_id"], one["count"]) for one in told] == [(str(ALICE), 1), (str(BOB), 2)]

    assert refusal(await house.asks(ALICE, "GET", at(room, sent, "check-ins"))) == (403, 50013)
    report = (await house.asks(OWNER, "GET", at(room, sent, "check-ins"))).json()
    assert [one["user"] for one in report["present"]] == [user(ALICE).dump(), user(BOB).dump()]
    assert all(one["is_late"] for one in report["present"])
    assert report["absent"] == [user(carol).dump()]
    table = await house.asks(OWNER, "GET", at(room, sent, "check-ins?format=csv"))
    assert table.headers["content-type"].startswith("text/csv")
    assert len(table.text.splitlines()) == 4


async def test_its_button_is_pressed_like_that_of_an_application(house: House) -> None:
    room = house.room()
    sent = await house.send(OWNER, room, "here?", check_in={})
    press = {
        "type": 3,
        "application_id": str(OWNER),
        "channel_id": str(room),
        "message_id": sent["id"],
        "data": {"component_type": 2, "custom_id": "moim:check-in"},
        "nonce": "7",
    }
    answer = await house.asks(ALICE, "POST", "/interactions", json=press)
    assert answer.status_code == 204, answer.text
    assert (await house.history(ALICE, room))[0]["check_in"]["me"]
    name, told = (await house.told_to(ALICE))[-1]
    assert (name, told["nonce"]) == ("InteractionSuccess", "7")


async def test_the_roll_is_called_by_right_and_closes(house: House) -> None:
    room = house.room(PLAIN & ~Permission.SEND_POLLS)
    asked = {"content": "here?", "check_in": {}}
    assert await house.refused(ALICE, room, json=asked) == (403, 50013)
    sent = await house.send(OWNER, room, "here?", check_in={"duration": 1})
    late = house.running.service.clock.now() - timedelta(seconds=1)
    await house.admin.execute(
        "UPDATE chat.messages SET extras = jsonb_set(extras, '{check_in,closes}', "
        "to_jsonb($2::text)) WHERE id = $1",
        int(sent["id"]),
        late.isoformat(),
    )
    assert await check_in(house, ALICE, room, sent) == 520101
    plain = await house.send(OWNER, room, "no roll")
    assert await check_in(house, ALICE, room, plain) == 10008


async def test_nothing_of_a_deleted_roll_call_stays(house: House) -> None:
    room = house.room()
    sent = await house.send(OWNER, room, "here?", check_in={})
    assert await check_in(house, ALICE, room, sent) == 204
    path = f"/channels/{room}/messages/{sent['id']}"
    assert (await house.asks(OWNER, "DELETE", path)).status_code == 204
    for table in ("rolls", "check_ins"):
        left = f"SELECT count(*) FROM chat.{table} WHERE message_id = $1"
        assert await house.admin.fetchval(left, int(sent["id"])) == 0
