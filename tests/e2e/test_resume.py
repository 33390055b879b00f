"""A session outlives its socket: nothing lost, nothing doubled, or plainly refused."""

from __future__ import annotations

import pytest

from tests.fixtures.gateway_client import GatewayClient
from tests.fixtures.houses import Newcomer
from tests.fixtures.people import Person

pytestmark = [pytest.mark.xdist_group("house"), pytest.mark.asyncio(loop_scope="session")]


async def _talking(meet: Newcomer) -> tuple[Person, str, GatewayClient]:
    mina, jun = await meet("mina"), await meet("jun")
    guild = await mina.founds()
    channel = await mina.channel(guild["id"])
    await jun.joins(await mina.invites(channel))
    device = await jun.gateway().open()
    await device.identify()
    await device.expect("GUILD_CREATE")
    return mina, channel, device


async def test_what_was_said_meanwhile_is_replayed_in_order_on_either_gateway(
    meet: Newcomer,
) -> None:
    mina, channel, device = await _talking(meet)
    said = []
    for turn in range(6):  # the kernel chooses a gateway for each socket: some turns change it
        said.append(f"{turn} heard")
        await mina.sends(channel, said[-1])
        await device.expect("MESSAGE_CREATE", lambda d, text=said[-1]: d["content"] == text)
        await device.cut()
        said += [f"{turn} missed {number}" for number in range(3)]
        for text in said[-3:]:
            await mina.sends(channel, text)
        await device.resume()
    await mina.sends(channel, "the end")
    await device.expect("MESSAGE_CREATE", lambda d: d["content"] == "the end")
    assert device.contents() == [*said, "the end"]
    assert len(device.all("READY")) == 1
    await device.shut(1000)


async def test_a_community_joined_meanwhile_comes_with_what_was_said_there(
    meet: Newcomer,
) -> None:
    mina, _, device = await _talking(meet)
    second = await mina.founds("Second")
    there = await mina.channel(second["id"])
    jun = Person(mina.url, "jun", {"user_id": "0", "token": device.token})
    code = await mina.invites(there)
    await device.cut()
    await jun.joins(code)
    await mina.sends(there, "hello there")
    await device.resume()
    await device.expect("GUILD_CREATE", lambda d: d["id"] == second["id"])
    await device.expect("MESSAGE_CREATE", lambda d: d["content"] == "hello there")
    order = [e["t"] for e in device.events if e["t"] in ("GUILD_CREATE", "MESSAGE_CREATE")]
    assert order[-2:] == ["GUILD_CREATE", "MESSAGE_CREATE"]
    await device.shut(1000)
    await jun.leave()


async def test_an_unknown_session_is_refused_and_may_identify_on_the_same_socket(
    meet: Newcomer,
) -> None:
    mina = await meet("mina")
    device = await mina.gateway().open()
    await device.say(6, {"token": mina.token, "session_id": "nonsense", "seq": 5})
    assert (await device.told(9))["d"] is False
    await device.identify()
    await device.shut(1000)


async def test_a_session_that_was_given_up_can_not_be_resumed(meet: Newcomer) -> None:
    _, _, device = await _talking(meet)
    await device.shut(1000)
    await device.open()
    d = {"token": device.token, "session_id": device.session_id, "seq": device.seq}
    await device.say(6, d)
    assert (await device.told(9))["d"] is False
    await device.shut(1000)


async def test_a_number_from_the_future_is_refused(meet: Newcomer) -> None:
    _, _, device = await _talking(meet)
    await device.cut()
    await device.open()
    seq = (device.seq or 0) + 10**13
    await device.say(6, {"token": device.token, "session_id": device.session_id, "seq": seq})
    assert (await device.told(9))["d"] is False
    await device.shut(1000)


async def test_somebody_elses_session_can_not_be_taken(meet: Newcomer) -> None:
    _, _, device = await _talking(meet)
    thief = await meet("thief")
    other = await thief.gateway().open()
    d = {"token": thief.token, "session_id": device.session_id, "seq": device.seq}
    await other.say(6, d)
    assert (await other.told(9))["d"] is False
    await device.say(1, device.seq)
    assert (await device.told(11))["op"] == 11
    await other.shut(1000)
    await device.shut(1000)
