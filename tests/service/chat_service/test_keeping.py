"""What people keep for themselves: equal on all devices, never what they may not read or what is
gone.
"""

from __future__ import annotations

from typing import Any

from contracts.ids import RoleId, Snowflake
from contracts.objects.channel import ChannelOverwrite, ChannelType, OverwriteType
from contracts.permissions import Permission
from tests.service.chat_service.house import ALICE, OWNER, House, refusal


def member(house: House, *roles: int) -> tuple[int, int]:
    """A guild with somebody new in it, who has these roles."""
    guild, who = house.guild(), house.newcomer()
    house.member(guild, who, roles=tuple(map(RoleId, roles)))
    return guild, who


async def listed(house: House, who: int, path: str) -> Any:
    answer = await house.asks(who, "GET", f"/users/@me/{path}")
    assert answer.status_code == 200, answer.text
    return answer.json()


async def mentions(house: House, who: int, query: str = "") -> list[str]:
    return [one["content"] for one in await listed(house, who, f"mentions{query}")]


async def saved(house: House, who: int) -> list[str]:
    page = await listed(house, who, "saved-messages")
    return [one["message"]["content"] for one in page["saved_messages"]]


def hidden_from(who: int) -> ChannelOverwrite:
    deny = int(Permission.VIEW_CHANNEL)
    return ChannelOverwrite(id=Snowflake(who), type=OverwriteType.MEMBER, deny=deny)


async def test_recent_mentions_are_those_one_may_read(house: House) -> None:
    guild, who = member(house, role := house.newcomer())
    other = house.guild()
    house.member(other, who)
    room, far = int(house.channel(guild).id), int(house.channel(other).id)
    unseen = int(house.channel(guild, ChannelType.TEXT, hidden_from(who)).id)
    said = {"direct": f"<@{who}>", "role": f"<@&{role}>", "all": "@everyone"}
    for name, how in said.items():
        await house.send(OWNER, room, f"{name} {how}")
    await house.send(OWNER, unseen, f"unseen <@{who}>")
    await house.send(OWNER, room, "nobody")
    await house.send(OWNER, far, f"far <@{who}>")
    direct, by_role, everyone, away = (
        *(f"{name} {how}" for name, how in said.items()),
        f"far <@{who}>",
    )
    assert await mentions(house, who) == [away, everyone, by_role, direct]
    assert await mentions(house, who, "?limit=2") == [away, everyone]
    assert await mentions(house, who, "?roles=false&everyone=false") == [away, direct]
    assert await mentions(house, who, f"?guild_id={guild}") == [everyone, by_role, direct]
    second = (await listed(house, who, "mentions"))[1]["id"]
    assert await mentions(house, who, f"?before={second}") == [by_role, direct]


async def test_a_hidden_mention_is_hidden_on_all_devices(house: House) -> None:
    guild, who = member(house)
    room = int(house.channel(guild).id)
    sent = await house.send(OWNER, room, f"hello <@{who}>")
    path = f"/users/@me/mentions/{sent['id']}"
    for _ in range(2):
        assert (await house.asks(who, "DELETE", path)).status_code == 204
    assert await mentions(house, who) == []
    told = [one for one in await house.told_to(who) if one[0] == "RecentMentionDelete"]
    assert [body["message_id"] for _, body in told] == [sent["id"]]


async def test_saved_messages_are_shown_as_long_as_one_may_read_them(house: House) -> None:
    guild, who = member(house)
    room = int(house.channel(guild).id)
    first, second = await house.sends(ALICE, room, 2)
    path = f"/users/@me/saved-messages/{room}"
    for one in (first, second, first):
        assert (await house.asks(who, "PUT", f"{path}/{one['id']}")).status_code == 204
    assert await saved(house, who) == ["message 1", "message 0"]
    assert await saved(house, ALICE) == []
    edit = {"content": "edited"}
    await house.asks(ALICE, "PATCH", f"/channels/{room}/messages/{first['id']}", json=edit)
    assert await saved(house, who) == ["message 1", "edited"]
    await house.asks(ALICE, "DELETE", f"/channels/{room}/messages/{second['id']}")
    assert await saved(house, who) == ["edited"]
    assert (await house.asks(who, "DELETE", f"{path}/{first['id']}")).status_code == 204
    assert await saved(house, who) == []
    told = [name for name, _ in await house.told_to(who)]
    assert told == ["SavedMessageCreate", "SavedMessageCreate", "SavedMessageDelete"]
    assert refusal(await house.asks(who, "PUT", f"{path}/1")) == (404, 10008)
    unseen = int(house.channel(guild, ChannelType.TEXT, hidden_from(who)).id)
    sent = await house.send(ALICE, unseen, "secret")
    hidden = f"/users/@me/saved-messages/{unseen}/{sent['id']}"
    assert refusal(await house.asks(who, "PUT", hidden)) == (403, 50001)


async def test_saved_messages_come_in_pages(house: House) -> None:
    guild, who = member(house)
    room = int(house.channel(guild).id)
    for one in await house.sends(ALICE, room, 3):
        await house.asks(who, "PUT", f"/users/@me/saved-messages/{room}/{one['id']}")
    page = await listed(house, who, "saved-messages?limit=2")
    assert page["has_more"]
    last = page["saved_messages"][-1]["saved_at"].replace("+", "%2B")
    rest = await listed(house, who, f"saved-messages?limit=2&before={last}")
    assert [one["message"]["content"] for one in rest["saved_messages"]] == ["message 0"]
    assert not rest["has_more"]
