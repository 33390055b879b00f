"""Calls in conversations, seen through the public port: they ring, are missed or taken, and the
message that tells of them says so. Media has no part in it.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.fixtures.gateway_client import GatewayClient
from tests.fixtures.houses import Newcomer

pytestmark = [pytest.mark.xdist_group("house"), pytest.mark.asyncio(loop_scope="session")]


async def goes(device: GatewayClient, channel_id: str | None) -> None:
    """Opcode 4: into a call, or out of it."""
    wish = {"guild_id": None, "channel_id": channel_id, "self_mute": False, "self_deaf": False}
    await device.say(4, wish)


async def rings_for(device: GatewayClient, *people: str) -> dict[str, Any]:
    return dict(await device.expect("CALL_UPDATE", lambda d: d["ringing"] == list(people)))


async def test_a_call_that_nobody_takes_is_told_as_missed(meet: Newcomer) -> None:
    mina, jun = await meet("mina"), await meet("jun")
    hers, his = await mina.gateway().open(), await jun.gateway().open()
    for device in (hers, his):
        await device.identify()
    channel = (await mina.does("POST", "/users/@me/channels", json={"recipient_id": jun.id}))["id"]
    await goes(hers, channel)
    began = await his.expect("CALL_CREATE")
    told = await his.expect("MESSAGE_CREATE")
    assert (told["id"], told["type"], told["author"]["id"]) == (began["message_id"], 3, mina.id)
    assert told["call"] == {"participants": [mina.id], "ended_timestamp": None}
    assert await mina.does("GET", f"/channels/{channel}/call") == {"ringable": True}
    await mina.does("POST", f"/channels/{channel}/call/ring", json={"recipients": None})
    await rings_for(his, jun.id)
    late = await jun.gateway().open()
    await late.identify()
    await jun.does("POST", f"/channels/{channel}/call/stop-ringing")
    for device in (hers, his, late):
        await rings_for(device)
    await goes(hers, None)
    assert (await his.expect("CALL_DELETE"))["channel_id"] == channel
    ended = await his.expect("MESSAGE_UPDATE", lambda d: d["id"] == told["id"])
    assert ended["call"]["participants"] == [mina.id], "nobody else took part: it was missed"
    assert ended["call"]["ended_timestamp"] is not None
    (kept,) = await jun.does("GET", f"/channels/{channel}/messages")
    assert kept["call"] == ended["call"]
    for device in (hers, his, late):
        await device.shut(1000)


async def test_a_group_calls_until_the_last_one_hangs_up(meet: Newcomer) -> None:
    people = [await meet(name) for name in ("ada", "bo", "cy")]
    devices = []
    for person in people:
        devices.append(await person.gateway().open())
        await devices[-1].identify()
    ada, bo, cy = people
    for other in (bo, cy):
        await ada.does("PUT", f"/users/@me/relationships/{other.id}", json={})
        await other.does("PUT", f"/users/@me/relationships/{ada.id}", json={})
    group = await ada.does("POST", "/users/@me/channels", json={"recipients": [bo.id, cy.id]})
    channel = group["id"]
    await goes(devices[0], channel)
    began = await devices[2].expect("CALL_CREATE")
    await ada.does("POST", f"/channels/{channel}/call/ring", json={"recipients": [bo.id]})
    await rings_for(devices[1], bo.id)
    await goes(devices[1], channel)
    await rings_for(devices[2])
    await devices[2].expect("VOICE_STATE_UPDATE", lambda d: d["user_id"] == bo.id)
    await goes(devices[0], None)
    gone = await devices[2].expect("VOICE_STATE_UPDATE", lambda d: d["channel_id"] is None)
    assert gone["user_id"] == ada.id
    await goes(devices[1], None)
    await devices[2].expect("CALL_DELETE")
    ended = await devices[2].expect("MESSAGE_UPDATE", lambda d: d["id"] == began["message_id"])
    assert set(ended["call"]["participants"]) == {ada.id, bo.id}, "cy did not come"
    for device in devices:
        await device.shut(1000)
