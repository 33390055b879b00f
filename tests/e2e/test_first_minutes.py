"""The first minutes of a community: found it, invite a friend, talk, see each other."""

from __future__ import annotations

import httpx
import pytest

from stack.suite import Suite
from tests.fixtures.gateway_client import GUILDS, MESSAGES, GatewayClient
from tests.fixtures.houses import Newcomer
from tests.fixtures.people import PASSWORD, Person

pytestmark = [pytest.mark.xdist_group("house"), pytest.mark.asyncio(loop_scope="session")]


async def _friends(meet: Newcomer) -> tuple[Person, Person, str, str]:
    mina, jun = await meet("mina"), await meet("jun")
    guild = await mina.founds()
    channel = await mina.channel(guild["id"])
    await jun.joins(await mina.invites(channel))
    return mina, jun, guild["id"], channel


async def test_an_account_is_made_used_and_ended(meet: Newcomer) -> None:
    mina = await meet("mina")
    me = await mina.does("GET", "/users/@me")
    assert (me["id"], me["username"]) == (mina.id, mina.name)
    form = {"login": mina.name, "password": PASSWORD}
    second = await mina.does("POST", "/auth/login", json=form)
    assert second["token"] != mina.token
    await mina.does("POST", "/auth/logout", json={})
    await mina.is_out()
    assert await mina.refused("GET", "/users/@me") == (401, 0)


async def test_a_friend_joins_by_invite_and_they_talk(meet: Newcomer) -> None:
    mina, jun, guild, channel = await _friends(meet)
    phone = await jun.gateway().open()
    ready = await phone.identify()
    assert [entry["id"] for entry in ready["guilds"]] == [guild]
    seen = await phone.expect("GUILD_CREATE")
    assert channel in [entry["id"] for entry in seen["channels"]]

    sent = await mina.sends(channel, "안녕, Jun!", nonce="1")
    heard = await phone.expect("MESSAGE_CREATE")
    assert heard["content"] == "안녕, Jun!"
    assert heard["author"]["id"] == mina.id
    assert heard["guild_id"] == guild
    assert heard["nonce"] == "1"
    assert heard["id"] == sent["id"]
    assert await jun.reads(channel) == ["안녕, Jun!"]
    await phone.shut(1000)


async def test_sending_twice_with_one_nonce_says_it_once(meet: Newcomer) -> None:
    mina, jun, _, channel = await _friends(meet)
    first = await mina.sends(channel, "only once", nonce="n-1")
    again = await mina.sends(channel, "only once", nonce="n-1")
    assert again["id"] == first["id"]
    assert await jun.reads(channel) == ["only once"]


async def test_history_is_paged_from_both_sides(meet: Newcomer) -> None:
    mina, _, _, channel = await _friends(meet)
    ids = [(await mina.sends(channel, str(number)))["id"] for number in range(7)]
    assert ids == sorted(ids, key=int)
    assert await mina.reads(channel, limit=3) == ["6", "5", "4"]
    assert await mina.reads(channel, limit=2, before=ids[3]) == ["2", "1"]
    assert await mina.reads(channel, limit=2, after=ids[3]) == ["5", "4"]
    assert await mina.reads(channel, limit=3, around=ids[3]) == ["4", "3", "2"]


async def test_a_stranger_sees_and_does_nothing(meet: Newcomer) -> None:
    _, _, guild, channel = await _friends(meet)
    stranger = await meet("stranger")
    assert (await stranger.refused("GET", f"/guilds/{guild}"))[0] in (403, 404)
    assert (await stranger.refused("GET", f"/channels/{channel}/messages"))[0] in (403, 404)
    status, _ = await stranger.refused(
        "POST", f"/channels/{channel}/messages", json={"content": "hi"}
    )
    assert status in (403, 404)


async def test_joining_appears_on_open_sockets_without_a_reload(meet: Newcomer) -> None:
    mina, jun = await meet("mina"), await meet("jun")
    guild = await mina.founds()
    channel = await mina.channel(guild["id"])
    theirs, own = await mina.gateway().open(), await jun.gateway().open()
    await theirs.identify()
    await own.identify()
    await jun.joins(await mina.invites(channel))
    joined = await own.expect("GUILD_CREATE", lambda d: d["id"] == guild["id"])
    assert "unavailable" not in joined
    arrived = await theirs.expect("GUILD_MEMBER_ADD")
    assert arrived["user"]["id"] == jun.id
    await mina.sends(channel, "welcome")
    assert (await own.expect("MESSAGE_CREATE"))["content"] == "welcome"
    await theirs.shut(1000)
    await own.shut(1000)


async def test_coming_and_going_is_seen_by_the_others(meet: Newcomer) -> None:
    mina, jun, _, _ = await _friends(meet)
    watch = await mina.gateway().open()
    await watch.identify()
    phone = await jun.gateway().open()
    await phone.identify()
    came = await watch.expect("PRESENCE_UPDATE", lambda d: d["user"]["id"] == jun.id)
    assert came["status"] == "online"
    await phone.shut(1000)
    await watch.expect(
        "PRESENCE_UPDATE",
        lambda d: d["user"]["id"] == jun.id and d["status"] == "offline",
        within=25,
    )
    await watch.shut(1000)


@pytest.mark.parametrize("compress", ["", "zlib-stream"])
async def test_every_transport_tells_the_same(meet: Newcomer, compress: str) -> None:
    mina, jun, _, channel = await _friends(meet)
    phone: GatewayClient = await jun.gateway(compress=compress).open()
    await phone.identify(GUILDS | MESSAGES | (1 << 15))
    await phone.expect("GUILD_CREATE")
    for number in range(5):
        await mina.sends(channel, f"{number} 모임")
    await phone.expect("MESSAGE_CREATE", lambda d: d["content"] == "4 모임")
    assert phone.contents() == [f"{number} 모임" for number in range(5)]
    await phone.shut(1000)


async def test_a_dead_token_opens_nothing(meet: Newcomer) -> None:
    mina = await meet("mina")
    device = await mina.gateway().open()
    await device.identify()
    await mina.does("POST", "/auth/logout", json={})
    assert await device.closed() == 4004
    again = await mina.gateway().open()
    await again.say(2, {"token": mina.token, "intents": 1, "properties": {}})
    assert await again.closed() == 4004


async def test_nothing_of_the_inside_is_on_the_public_port(house: Suite) -> None:
    """A13: what neighbours and operators use has ports of its own."""
    async with httpx.AsyncClient(base_url=house.url) as anybody:
        for path in ("/metrics", "/livez", "/readyz", "/internal", "/api/v10/internal"):
            assert (await anybody.get(path)).status_code in (401, 404), path
