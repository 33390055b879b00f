"""People talk in private and read on several devices, seen through the public port."""

from __future__ import annotations

import pytest

from tests.fixtures.houses import Newcomer

pytestmark = [pytest.mark.xdist_group("house"), pytest.mark.asyncio(loop_scope="session")]


async def test_two_people_talk_in_private(meet: Newcomer) -> None:
    """B19: whatever happens in a conversation is seen without a reload. READY says the same."""
    mina, jun, eve = await meet("mina"), await meet("jun"), await meet("eve")
    phone, laptop = await jun.gateway().open(), await jun.gateway().open()
    for device in (phone, laptop):
        await device.identify()
    opened = await mina.does("POST", "/users/@me/channels", json={"recipient_id": jun.id})
    channel = opened["id"]
    sent = await mina.sends(channel, "안녕?")
    seen = await phone.expect("CHANNEL_CREATE")
    assert (seen["id"], seen["recipients"][0]["id"]) == (channel, mina.id)
    assert (await phone.expect("MESSAGE_CREATE"))["id"] == sent["id"]
    path = f"/channels/{channel}/messages/{sent['id']}"
    await mina.does("PATCH", path, json={"content": "안녕!"})
    assert (await phone.expect("MESSAGE_UPDATE"))["content"] == "안녕!"
    await mina.does("PUT", f"{path}/reactions/%F0%9F%91%8B/@me")
    assert (await phone.expect("MESSAGE_REACTION_ADD"))["emoji"]["name"] == "👋"
    await mina.does("POST", f"/channels/{channel}/typing")
    assert (await phone.expect("TYPING_START"))["channel_id"] == channel

    tablet = await jun.gateway().open()
    ready = await tablet.identify()
    (shown,) = ready["private_channels"]
    assert (shown["id"], shown["last_message_id"]) == (channel, sent["id"])
    assert [one["mention_count"] for one in ready["read_state"]["entries"]] == [1]
    await jun.does("POST", f"{path}/ack", json={"token": None})
    acked = await laptop.expect("MESSAGE_ACK")
    assert (acked["message_id"], acked["mention_count"]) == (sent["id"], 0)

    assert (await jun.does("GET", f"/channels/{channel}"))["type"] == 1
    assert await eve.refused("GET", f"/channels/{channel}") == (404, 10003)
    await mina.does("DELETE", path)
    assert (await phone.expect("MESSAGE_DELETE"))["id"] == sent["id"]
    await jun.does("DELETE", f"/channels/{channel}")
    assert (await laptop.expect("CHANNEL_DELETE"))["id"] == channel
    assert await jun.does("GET", "/users/@me/channels") == []
    for device in (phone, laptop, tablet):
        await device.shut(1000)
