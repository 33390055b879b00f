"""Threads through the public port and real services: who sees them, and what READY says of them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.fixtures.gateway_client import GatewayClient
from tests.fixtures.houses import Newcomer
from tests.fixtures.people import Person

pytestmark = [pytest.mark.xdist_group("house"), pytest.mark.asyncio(loop_scope="session")]


async def shown_anew(person: Person, guild_id: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """The active threads that a fresh session is shown, and its READY."""
    other = await person.gateway().open()
    ready = await other.identify()
    guild = await other.expect("GUILD_CREATE", lambda d: d["id"] == guild_id)
    await other.shut(1000)
    return {thread["id"]: thread for thread in guild["threads"]}, ready


def of_thread(number: str) -> Any:
    return lambda d: d["id"] == number


async def heard(client: GatewayClient, content: str) -> dict[str, Any]:
    return await client.expect("MESSAGE_CREATE", lambda d: d["content"] == content)


async def test_people_talk_in_a_thread(meet: Newcomer) -> None:
    """Seed B13: threads can be begun, whatever id a message has; READY shows them as they are."""
    mina, jun = await meet("mina"), await meet("jun")
    guild_id = (await mina.founds())["id"]
    channel = await mina.channel(guild_id)
    await jun.joins(await mina.invites(channel))
    phone = await jun.gateway().open()
    await phone.identify()
    await phone.expect("GUILD_CREATE", lambda d: d["id"] == guild_id)
    message = await mina.sends(channel, "shall we?")
    path = f"/channels/{channel}/messages/{message['id']}/threads"
    thread = (await mina.does("POST", path, json={"name": "about that"}))["id"]
    assert (await phone.expect("THREAD_CREATE"))["parent_id"] == channel
    await mina.sends(thread, f"<@{jun.id}> what do you say?")
    await heard(phone, f"<@{jun.id}> what do you say?")
    joined = await phone.expect("THREAD_MEMBERS_UPDATE", lambda d: d["member_count"] == 2)
    assert joined["added_members"][0]["user_id"] == jun.id
    shown, ready = await shown_anew(jun, guild_id)
    assert (shown[thread]["message_count"], shown[thread]["member"]["user_id"]) == (1, jun.id)
    badges = {one["id"]: one["mention_count"] for one in ready["read_state"]["entries"]}
    assert badges[thread] == 1
    said = await jun.sends(thread, "yes")
    await jun.does("POST", f"/channels/{thread}/messages/{said['id']}/ack", json={"token": None})
    assert (await phone.expect("MESSAGE_ACK"))["channel_id"] == thread
    await jun.does("PUT", f"/channels/{thread}/messages/{said['id']}/reactions/%F0%9F%91%8B/@me")
    assert (await phone.expect("MESSAGE_REACTION_ADD"))["channel_id"] == thread
    await mina.does("POST", f"/channels/{thread}/typing")
    assert (await phone.expect("TYPING_START"))["channel_id"] == thread
    await mina.does("PUT", f"/channels/{thread}/messages/pins/{said['id']}")
    assert (await phone.expect("CHANNEL_PINS_UPDATE"))["channel_id"] == thread

    await phone.cut()
    await mina.does("PATCH", f"/channels/{thread}", json={"archived": True})
    await mina.sends(channel, "asleep")
    await phone.resume()
    archived = await phone.expect("THREAD_UPDATE", of_thread(thread))
    assert archived["thread_metadata"]["archived"] is True
    assert (await shown_anew(jun, guild_id))[0] == {}
    await mina.does("DELETE", f"/channels/{thread}")
    await phone.expect("THREAD_DELETE", of_thread(thread))
    assert await jun.refused("GET", f"/channels/{thread}") == (404, 10003)
    log = await mina.does("GET", f"/guilds/{guild_id}/audit-logs?action_type=112")
    assert [entry["target_id"] for entry in log["audit_log_entries"]] == [thread]
    await phone.shut(1000)


async def test_a_private_thread_shows_itself_to_who_is_let_in(meet: Newcomer) -> None:
    """Seed A25: nobody else hears of it, and who leaves hears no more."""
    mina, jun, eve = await meet("mina"), await meet("jun"), await meet("eve")
    guild_id = (await mina.founds())["id"]
    channel = await mina.channel(guild_id)
    code = await mina.invites(channel)
    await jun.joins(code)
    await eve.joins(code)
    phone, other = await jun.gateway().open(), await eve.gateway().open()
    for device in (phone, other):
        await device.identify()
        await device.expect("GUILD_CREATE", lambda d: d["id"] == guild_id)
    form = {"name": "between us", "type": 12}
    thread = (await mina.does("POST", f"/channels/{channel}/threads", json=form))["id"]
    assert await jun.refused("GET", f"/channels/{thread}") == (403, 50001)
    await mina.does("PUT", f"/channels/{thread}/thread-members/{jun.id}")
    await phone.expect("THREAD_CREATE", of_thread(thread))
    await mina.sends(thread, "hush")
    await heard(phone, "hush")
    assert thread in (await shown_anew(jun, guild_id))[0]
    assert (await shown_anew(eve, guild_id))[0] == {}
    await mina.does("DELETE", f"/channels/{thread}/thread-members/{jun.id}")
    await phone.expect("THREAD_DELETE", of_thread(thread))
    await mina.sends(thread, "he is gone")
    await mina.sends(channel, "to all")
    for device in (phone, other):
        await heard(device, "to all")
    assert "he is gone" not in phone.contents()
    assert other.contents() == ["to all"]
    assert not [event for event in other.events if event["t"].startswith("THREAD")]
    for device in (phone, other):
        await device.shut(1000)


async def test_who_gains_a_channel_gets_its_threads(meet: Newcomer) -> None:
    """Seeds B19, A12: THREAD_LIST_SYNC follows CHANNEL_CREATE; a kick takes one out of threads."""
    mina, jun = await meet("mina"), await meet("jun")
    guild_id = (await mina.founds())["id"]
    await jun.joins(await mina.invites(await mina.channel(guild_id)))
    role = await mina.does("POST", f"/guilds/{guild_id}/roles", json={"name": "crew"})
    rules = [
        {"id": guild_id, "type": 0, "deny": "1024"},
        {"id": role["id"], "type": 0, "allow": "1024"},
    ]
    room = await mina.does(
        "POST",
        f"/guilds/{guild_id}/channels",
        json={"name": "crew", "type": 15, "permission_overwrites": rules},
    )
    form = {"name": "soup", "message": {"content": "how?"}}
    post = (await mina.does("POST", f"/channels/{room['id']}/threads", json=form))["id"]
    phone = await jun.gateway().open()
    await phone.identify()
    await phone.expect("GUILD_CREATE", lambda d: d["id"] == guild_id and d["threads"] == [])
    await mina.does("PUT", f"/guilds/{guild_id}/members/{jun.id}/roles/{role['id']}")
    synced = await phone.expect("THREAD_LIST_SYNC")
    assert [thread["id"] for thread in synced["threads"]] == [post]
    answer = await jun.sends(post, "with salt")
    await heard(phone, "with salt")
    await mina.does("PUT", f"/channels/{post}/answer/{answer['id']}")
    told = await phone.expect("THREAD_UPDATE", of_thread(post))
    assert told["accepted_answer_id"] == answer["id"]
    await phone.shut(1000)
    watch = await mina.gateway().open()
    await watch.identify()
    await mina.does("DELETE", f"/guilds/{guild_id}/members/{jun.id}")
    left = await watch.expect("THREAD_MEMBERS_UPDATE", of_thread(post))
    assert (left["removed_member_ids"], left["member_count"]) == ([jun.id], 1)
    await watch.shut(1000)
