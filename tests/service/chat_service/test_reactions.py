"""Reactions: counted, told, bounded, and refused."""

from __future__ import annotations

import asyncio
from urllib.parse import quote

from contracts.ids import EmojiId, GuildId, RoleId
from contracts.objects.emoji import Emoji
from contracts.permissions import Permission
from tests.service.chat_service.house import ALICE, BOB, OWNER, PLAIN, House, refusal, user

THUMB = {"id": None, "name": "👍"}


async def react(house: House, who: int, path: str, emoji: str = "👍", whose: str = "@me") -> int:
    answer = await house.asks(who, "PUT", f"{path}/{quote(emoji)}/{whose}")
    return answer.status_code if answer.status_code == 204 else answer.json()["code"]


async def test_a_reaction_is_counted_told_and_ones_own_is_marked(house: House) -> None:
    guild = house.guild()
    room = int(house.channel(guild).id)
    sent = await house.send(ALICE, room, "like it?")
    path = f"/channels/{room}/messages/{sent['id']}/reactions"
    for who in (ALICE, BOB, BOB):
        assert await react(house, who, path) == 204
    assert await react(house, BOB, path, "🇰🇷") == 204
    shown = (await house.history(ALICE, room))[0]["reactions"]
    assert [(one["emoji"], one["count"], one["me"]) for one in shown] == [
        (THUMB, 2, True),
        ({"id": None, "name": "🇰🇷"}, 1, False),
    ]
    told = [body for name, body in await house.told(guild) if name == "ReactionAdd"]
    assert [one["user_id"] for one in told] == [str(ALICE), str(BOB), str(BOB)]
    assert told[0]["emoji"] == THUMB
    assert told[0]["member"]["user"] == user(ALICE).dump()
    assert told[0]["message_author_id"] == str(ALICE)

    listed = await house.asks(ALICE, "GET", f"{path}/{quote('👍')}?limit=1")
    assert listed.json() == [user(ALICE).dump()]
    rest = await house.asks(ALICE, "GET", f"{path}/{quote('👍')}?after={ALICE}")
    assert rest.json() == [user(BOB).dump()]


async def test_reactions_are_taken_back_and_taken_away(house: House) -> None:
    guild = house.guild()
    room = int(house.channel(guild).id)
    sent = await house.send(ALICE, room, "hm")
    path = f"/channels/{room}/messages/{sent['id']}/reactions"
    for emoji in ("👍", "❤️", "1️⃣"):
        for who in (ALICE, BOB):
            assert await react(house, who, path, emoji) == 204
    thumb, heart = f"{path}/{quote('👍')}", f"{path}/{quote('❤️')}"
    assert refusal(await house.asks(ALICE, "DELETE", f"{thumb}/{BOB}")) == (403, 50013)
    assert refusal(await house.asks(ALICE, "DELETE", heart)) == (403, 50013)
    assert refusal(await house.asks(ALICE, "DELETE", path)) == (403, 50013)
    for who, gone in ((ALICE, f"{thumb}/@me"), (OWNER, f"{thumb}/{BOB}"), (OWNER, heart)):
        assert (await house.asks(who, "DELETE", gone)).status_code == 204
    left = (await house.history(ALICE, room))[0]["reactions"]
    assert [one["emoji"]["name"] for one in left] == ["1️⃣"]
    assert (await house.asks(OWNER, "DELETE", path)).status_code == 204
    assert "reactions" not in (await house.history(ALICE, room))[0]
    names = [name for name, _ in await house.told(guild)][-4:]
    assert names == ["ReactionRemove", "ReactionRemove", "ReactionRemoveEmoji", "ReactionRemoveAll"]


async def test_a_new_kind_takes_a_right_that_joining_in_does_not(house: House) -> None:
    room = house.room(PLAIN & ~Permission.ADD_REACTIONS)
    sent = await house.send(ALICE, room, "quiet")
    path = f"/channels/{room}/messages/{sent['id']}/reactions"
    assert await react(house, ALICE, path) == 50013
    assert await react(house, OWNER, path) == 204
    assert await react(house, ALICE, path) == 204


async def test_at_most_twenty_kinds(house: House) -> None:
    room = house.room()
    sent = await house.send(ALICE, room, "many")
    path = f"/channels/{room}/messages/{sent['id']}/reactions"
    for number in range(20):
        assert await react(house, ALICE, path, chr(0x1F600 + number)) == 204
    assert await react(house, ALICE, path, "👍") == 30010
    assert await react(house, BOB, path, chr(0x1F600)) == 204


async def test_custom_emojis_are_known_by_id_and_may_be_anothers_guild(house: House) -> None:
    guild, other = house.guild(PLAIN & ~Permission.USE_EXTERNAL_EMOJIS), house.guild()
    for number, owner in ((71, guild), (72, other)):
        emoji = Emoji(id=EmojiId(number), name=f"blob{number}", animated=number == 71)
        house.neighbours.emojis[number] = (GuildId(owner), emoji)
    room = int(house.channel(guild).id)
    sent = await house.send(ALICE, room, "custom")
    path = f"/channels/{room}/messages/{sent['id']}/reactions"
    assert await react(house, ALICE, path, "renamed:71") == 204
    assert await react(house, BOB, path, ":blob71:71") == 204
    shown = (await house.history(ALICE, room))[0]["reactions"]
    assert shown[0]["emoji"] == {"id": "71", "name": "blob71", "animated": True}
    assert shown[0]["count"] == 2
    assert await react(house, ALICE, path, "blob72:72") == 50013
    assert await react(house, OWNER, path, "blob72:72") == 204
    assert await react(house, ALICE, path, "gone:73") == 10014
    assert await react(house, ALICE, path, "text") == 10014


async def test_an_emoji_for_some_roles_is_begun_by_who_holds_one_wherever(house: House) -> None:
    home, elsewhere = house.guild(), house.guild()
    role, gone, patron = house.newcomer(), house.newcomer(), house.newcomer()
    house.member(home, patron, roles=(RoleId(role),))
    house.member(elsewhere, patron)
    for number, allowed in ((81, role), (82, gone)):
        emoji = Emoji(id=EmojiId(number), name=f"gold{number}", roles=(RoleId(allowed),))
        house.neighbours.emojis[number] = (GuildId(home), emoji)
    for guild in (home, elsewhere):
        room = int(house.channel(guild).id)
        sent = await house.send(ALICE, room, "gold")
        path = f"/channels/{room}/messages/{sent['id']}/reactions"
        assert await react(house, ALICE, path, "gold81:81") == 50013
        assert await react(house, patron, path, "gold81:81") == 204
        assert await react(house, ALICE, path, "gold81:81") == 204, "it is there already"
        assert await react(house, OWNER, path, "gold82:82") == 50013, "nobody holds it any more"


async def test_reactions_and_their_message_go_at_the_same_time(house: House) -> None:
    room = house.room()
    for sent in await house.sends(ALICE, room, 10):
        message = f"/channels/{room}/messages/{sent['id']}"
        path = f"{message}/reactions"
        for emoji in ("👍", "🇰🇷"):
            assert await react(house, ALICE, path, emoji) == 204
        thumb = f"{path}/{quote('👍')}"
        answers = await asyncio.gather(
            *(house.asks(ALICE, "DELETE", one) for one in (f"{thumb}/@me", message)),
            *(house.asks(OWNER, "DELETE", one) for one in (thumb, path, message)),
        )
        assert {one.status_code for one in answers} <= {204, 404}
