"""The plain protocol, by a client of our own on aiortc, in a room with LiveKit's client."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest
import pytest_asyncio

from stack.suite import Suite
from tests.voice.callers import Caller, gathered
from tests.voice.plain_client import Plain

pytestmark = [pytest.mark.xdist_group("voice"), pytest.mark.asyncio(loop_scope="session")]


@pytest_asyncio.fixture(loop_scope="session")
async def stack() -> AsyncIterator[AsyncExitStack]:
    async with AsyncExitStack() as stack:
        yield stack


async def plain_of(stack: AsyncExitStack, caller: Caller, guild: str, channel: str) -> Plain:
    await caller.asks(guild, channel)
    way = await caller.way_in()
    plain = Plain()
    stack.push_async_callback(plain.leave)
    await plain.open(way["endpoint"])
    first = await plain.joins(way["token"])
    assert first["you"]["user_id"] == caller.id
    return plain


async def test_a_plain_client_and_livekit_s_hear_each_other(
    house: Suite, stack: AsyncExitStack
) -> None:
    club = await gathered(house.url, stack, ("plain", "livekit"))
    mina, jun = club.callers
    plain = await plain_of(stack, mina, club.guild_id, club.voice_id)
    await plain.speaks()
    await plain.expect("connected")
    await plain.expect("published")
    await jun.joins(club.guild_id, club.voice_id)
    await plain.expect("ready")
    await jun.speaks()
    await plain.hears_more()
    await plain.hears(50)
    await plain.expect("participant", where=lambda f: f["participant"]["user_id"] == jun.id)
    await plain.expect("speaking", where=lambda f: any(one["on"] for one in f["speakers"]))
    await plain.says({"type": "mute"})
    await mina.device.expect("VOICE_STATE_UPDATE", lambda d: d["self_mute"] is True)
    await plain.says({"type": "leave"})
    assert (await plain.expect("bye"))["why"] == "left"
    gone = await jun.device.expect("VOICE_STATE_UPDATE", lambda d: d["channel_id"] is None)
    assert gone["user_id"] == mina.id


async def test_what_nobody_knows_is_answered_by_an_error_and_changes_nothing(
    house: Suite, stack: AsyncExitStack
) -> None:
    club = await gathered(house.url, stack, ("curious",))
    (mina,) = club.callers
    await mina.asks(club.guild_id, club.voice_id)
    way = await mina.way_in()
    plain = Plain()
    stack.push_async_callback(plain.leave)
    await plain.open(way["endpoint"])
    said = ["no json", "[]", '{"type":1}', {"type": "offer", "sdp": ""}]
    for each in said:
        await plain.says(each)
    assert (await plain.joins(way["token"]))["type"] == "error", "the first answer to all of it"
    await plain.expect("created")
    for each in ({"type": "dance"}, {"type": "offer"}, {"type": "offer", "sdp": "v=0"}):
        await plain.says(each)
    await plain.says({"type": "ping", "at": 7})
    assert (await plain.expect("pong"))["at"] == 7
    codes = [frame["code"] for frame in plain.frames if frame["type"] == "error"]
    assert codes[:4] == ["malformed", "malformed", "malformed", "not_joined"]
    assert codes[4:6] == ["unknown_type", "malformed"]
    assert len(codes) == 7
