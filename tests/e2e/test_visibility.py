"""Channels come into sight and go out of it on open sessions, through the public port and real
services: nobody reloads, and nobody is told of what they may not see.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.fixtures.gateway_client import GatewayClient
from tests.fixtures.houses import Newcomer
from tests.fixtures.people import Person

pytestmark = [pytest.mark.xdist_group("house"), pytest.mark.asyncio(loop_scope="session")]

VIEW = 1 << 10


async def a_private_room(owner: Person, guild_id: str) -> tuple[str, str]:
    """A role, and a channel that only those who hold it see."""
    role = await owner.does("POST", f"/guilds/{guild_id}/roles", json={"name": "crew"})
    hidden = {"id": guild_id, "type": 0, "deny": str(VIEW)}
    shown = {"id": role["id"], "type": 0, "allow": str(VIEW)}
    form = {"name": "crew", "type": 0, "permission_overwrites": [hidden, shown]}
    room = await owner.does("POST", f"/guilds/{guild_id}/channels", json=form)
    return role["id"], room["id"]


async def shown_anew(person: Person, guild_id: str) -> set[str]:
    """The channels that a fresh session is shown."""
    other = await person.gateway().open()
    await other.identify()
    guild = await other.expect("GUILD_CREATE", lambda d: d["id"] == guild_id)
    await other.shut(1000)
    return {channel["id"] for channel in guild["channels"]}


def known_to(client: GatewayClient, guild_id: str) -> set[str]:
    """The channels of which a client was told."""
    known: set[str] = set()
    for event in client.events:
        d: Any = event["d"]
        if event["t"] == "GUILD_CREATE" and d["id"] == guild_id:
            known = {channel["id"] for channel in d["channels"]}
        elif event["t"] == "CHANNEL_CREATE":
            known.add(d["id"])
        elif event["t"] == "CHANNEL_DELETE":
            known.discard(d["id"])
    return known


async def test_a_role_given_and_taken_shows_and_hides_its_channel(meet: Newcomer) -> None:
    """Seeds B19, A12, A25: without a reload, also over a broken connection."""
    mina, jun = await meet("mina"), await meet("jun")
    guild_id = (await mina.founds())["id"]
    await jun.joins(await mina.invites(await mina.channel(guild_id)))
    role, room = await a_private_room(mina, guild_id)
    phone = await jun.gateway().open()
    await phone.identify()
    await phone.expect("GUILD_CREATE", lambda d: d["id"] == guild_id)
    assert room not in known_to(phone, guild_id)
    held = f"/guilds/{guild_id}/members/{jun.id}/roles/{role}"
    await mina.does("PUT", held)
    await phone.expect("CHANNEL_CREATE", lambda d: d["id"] == room)
    await mina.sends(room, "welcome")
    await phone.expect("MESSAGE_CREATE", lambda d: d["content"] == "welcome")
    await phone.cut()
    await mina.does("DELETE", held)
    await mina.sends(room, "he is gone")
    await phone.resume()
    await phone.expect("CHANNEL_DELETE", lambda d: d["id"] == room)
    assert "he is gone" not in phone.contents()
    assert known_to(phone, guild_id) == await shown_anew(jun, guild_id)
    await phone.shut(1000)


async def test_a_kick_ends_it_at_once(meet: Newcomer) -> None:
    """Seed A25: nothing is heard of a community that one was removed from."""
    mina, jun = await meet("mina"), await meet("jun")
    guild_id = (await mina.founds())["id"]
    channel = await mina.channel(guild_id)
    await jun.joins(await mina.invites(channel))
    phone = await jun.gateway().open()
    await phone.identify()
    await phone.expect("GUILD_CREATE", lambda d: d["id"] == guild_id)
    await mina.does("DELETE", f"/guilds/{guild_id}/members/{jun.id}")
    await mina.sends(channel, "among ourselves")
    left = await phone.expect("GUILD_DELETE", lambda d: d["id"] == guild_id)
    assert "unavailable" not in left
    other = (await jun.founds())["id"]
    await phone.expect("GUILD_CREATE", lambda d: d["id"] == other)
    assert phone.contents() == []
    await phone.shut(1000)
