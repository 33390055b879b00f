"""The STOMP door: people live in a community by frames of another kind, under the same rules."""

from __future__ import annotations

import pytest

from tests.fixtures.houses import Newcomer
from tests.fixtures.people import Person
from tests.fixtures.stomp_client import StompClient

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.xdist_group("house")]

EVENTS, SAID = "/user/queue/events", "MESSAGE_CREATE"


async def at_door(person: Person) -> StompClient:
    client = await StompClient(person.url, person.token).open()
    assert client.told[-1].command == "CONNECTED", client.told[-1]
    return client


async def test_people_talk_type_read_and_leave_by_it(meet: Newcomer) -> None:
    mina, jun = await meet("mina"), await meet("jun")
    guild = await mina.founds()
    room = await mina.channel(guild["id"])
    await jun.joins(await mina.invites(room))
    phone, tablet = await at_door(mina), await at_door(jun)
    await phone.hears(EVENTS)
    ready = (await phone.event("READY")).event["d"]
    assert ready["user"]["id"] == mina.id
    assert (await phone.event("GUILD_CREATE")).event["d"]["id"] == guild["id"]
    for client in (phone, tablet):
        await client.hears(f"/topic/channels.{room}")
    done = await tablet.does(f"/app/channels.{room}.messages", {"content": "안녕", "nonce": "1"})
    assert done.command == "RECEIPT"
    heard = await phone.event("MESSAGE_CREATE")
    assert heard.headers["destination"] == f"/topic/channels.{room}"
    assert heard.headers["subscription"] == f"/topic/channels.{room}".replace(":", "\\c")
    said = heard.event["d"]
    assert (said["content"], said["author"]["id"], said["nonce"]) == ("안녕", jun.id, "1")
    await tablet.does(f"/app/channels.{room}.typing")
    assert (await phone.event("TYPING_START")).event["d"]["user_id"] == jun.id
    await phone.does(f"/app/channels.{room}.ack", {"message_id": said["id"]})
    acked = await phone.event("MESSAGE_ACK")
    assert acked.event["d"]["message_id"] == said["id"]
    await tablet.say("DISCONNECT", receipt="bye")
    await tablet.sees(lambda told: told.headers.get("receipt-id") == "bye")
    assert (await tablet.closed()).command == "RECEIPT"
    await phone.shut()


async def test_who_writes_by_it_edits_deletes_and_enters_voice(meet: Newcomer) -> None:
    """What clients of the original kind do by frames alone (seeds 2.2)."""
    mina = await meet("mina")
    guild = await mina.founds()
    room = await mina.channel(guild["id"])
    voice = await mina.channel(guild["id"], 2)
    phone = await at_door(mina)
    for destination in (EVENTS, f"/topic/guilds.{guild['id']}"):
        await phone.hears(destination)
    message_id = (await mina.sends(room, "helo"))["id"]
    named = {"message_id": message_id}
    await phone.does(f"/app/channels.{room}.edit", {**named, "content": "hello"})
    assert (await phone.event("MESSAGE_UPDATE")).event["d"]["content"] == "hello"
    await phone.does(f"/app/channels.{room}.delete", named)
    assert (await phone.event("MESSAGE_DELETE")).event["d"]["id"] == message_id
    await phone.does("/app/presence", {"status": "idle", "focus": room})
    shown = await phone.event("PRESENCE_UPDATE", lambda d: d["status"] == "idle")
    assert shown.event["d"]["user"]["id"] == mina.id
    await phone.does("/app/voice", {"guild_id": guild["id"], "channel_id": voice})
    entered = await phone.event("VOICE_STATE_UPDATE")
    assert entered.event["d"]["channel_id"] == voice
    assert (await phone.event("VOICE_SERVER_UPDATE")).event["d"]["guild_id"] == guild["id"]
    await phone.shut()


async def test_the_most_particular_subscription_hears_an_event_once(meet: Newcomer) -> None:
    mina = await meet("mina")
    guild = await mina.founds()
    room = await mina.channel(guild["id"])
    phone = await at_door(mina)
    for destination in (EVENTS, f"/topic/guilds.{guild['id']}", f"/topic/channels.{room}"):
        await phone.hears(destination)
    await mina.sends(room, "once")
    other = await mina.does("POST", f"/guilds/{guild['id']}/channels", json={"name": "other"})
    await mina.sends(other["id"], "elsewhere")
    await phone.event("MESSAGE_CREATE", lambda d: d["content"] == "elsewhere")
    heard = [
        (told.headers["destination"].rpartition(".")[0], told.event["d"]["content"])
        for told in phone.told
        if told.headers.get("event") == "MESSAGE_CREATE"
    ]
    assert heard == [("/topic/channels", "once"), ("/topic/guilds", "elsewhere")]
    await phone.shut()


async def test_what_is_not_to_be_seen_is_not_subscribed_to_and_goes_live(meet: Newcomer) -> None:
    mina, jun = await meet("mina"), await meet("jun")
    guild = await mina.founds()
    room = await mina.channel(guild["id"])
    for destination in (f"/topic/channels.{room}", f"/topic/guilds.{guild['id']}", "/topic/x"):
        stranger = await at_door(jun)
        await stranger.say("SUBSCRIBE", id="0", destination=destination, receipt="r")
        last = await stranger.closed()
        assert (last.command, last.headers["receipt-id"]) == ("ERROR", "r")
    await jun.joins(await mina.invites(room))
    guest = await at_door(jun)
    await guest.hears(EVENTS)
    await guest.hears(f"/topic/channels.{room}")
    await mina.sends(room, "welcome")
    await guest.event("MESSAGE_CREATE")
    await mina.does("DELETE", f"/guilds/{guild['id']}/members/{jun.id}")
    await guest.event("GUILD_DELETE")
    await mina.sends(room, "only for members")
    assert (await guest.does(f"/app/channels.{room}.messages", {"content": "x"})).command == "ERROR"
    texts = [t.event["d"]["content"] for t in guest.told if t.headers.get("event") == SAID]
    assert "only for members" not in texts


async def test_a_refused_send_is_told_where_one_wants_to_live_on(meet: Newcomer) -> None:
    mina = await meet("mina")
    room = await mina.channel((await mina.founds())["id"])
    phone = await at_door(mina)
    await phone.hears("/user/queue/errors")
    refused = await phone.does(f"/app/channels.{room}.messages", {"content": ""})
    assert (refused.headers["status"], refused.event["code"]) == ("400", 50006)
    done = await phone.does(f"/app/channels.{room}.messages", {"content": "better"})
    assert done.command == "RECEIPT"
    await phone.shut()


async def test_a_token_lets_in_while_it_lives(meet: Newcomer) -> None:
    mina = await meet("mina")
    nobody = await StompClient(mina.url, mina.token[:-4] + "AAAA").open()
    assert (await nobody.closed()).command == "ERROR"
    phone = await at_door(mina)
    await phone.hears(EVENTS)
    await mina.does("POST", "/auth/logout")
    assert (await phone.closed()).headers["code"] == "4004"
