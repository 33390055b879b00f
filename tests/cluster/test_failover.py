"""The whole house on a cluster of six servers, of which a primary dies in mid-stream."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from uuid import uuid4

import httpx
import pytest
import pytest_asyncio

from contracts import topics
from stack.suite import Suite
from tests.fixtures.gateway_client import GatewayClient
from tests.fixtures.houses import UNLIMITED
from tests.fixtures.people import Person, newcomer
from tests.fixtures.redis_cluster import RedisCluster

pytestmark = [pytest.mark.xdist_group("cluster"), pytest.mark.asyncio(loop_scope="session")]

SESSIONS = 24
PACE_S = 0.01
"""Between messages: all who hear them are in this one process, and have to keep up."""


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def cluster(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RedisCluster]:
    six = RedisCluster(tmp_path_factory.mktemp("six"))
    try:
        six.start()
        yield six
    finally:
        six.stop()


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def house(
    cluster: RedisCluster, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Suite]:
    folder = tmp_path_factory.mktemp("house-on-cluster")
    async with Suite(folder, gateways=2, redis_url=cluster.url, extra_env=UNLIMITED) as house:
        yield house


class Talk:
    """A community whose owner talks, and hears itself on many devices."""

    def __init__(self, house: Suite, owner: Person, guild: str, channel: str) -> None:
        self.house, self.owner, self.guild, self.channel = house, owner, guild, channel
        self.devices: list[GatewayClient] = []
        self.said: list[str] = []
        self.is_over = False

    async def keep_talking(self) -> None:
        """One after another, each until it is acknowledged."""
        while not self.is_over:
            self.said.append(await self.say(f"message {len(self.said)}"))
            await asyncio.sleep(PACE_S)

    async def say(self, text: str) -> str:
        """The id of what was acknowledged."""
        form = {"content": text, "nonce": uuid4().hex[:25], "enforce_nonce": True}
        path = f"/channels/{self.channel}/messages"
        async with asyncio.timeout(60):
            while True:
                try:
                    answer = await self.owner.ask("POST", path, json=form)
                except httpx.HTTPError:
                    continue
                if answer.status_code == 200:
                    return str(answer.json()["id"])

    async def hear(self, text: str, devices: Sequence[GatewayClient]) -> None:
        """Every device hears this."""
        for device in devices:
            await device.expect("MESSAGE_CREATE", lambda d: d["content"] == text, within=60)


@pytest_asyncio.fixture(loop_scope="session")
async def talk(house: Suite) -> AsyncIterator[Talk]:
    owner = await newcomer(house.url, "mina")
    guild = await owner.founds()
    talk = Talk(house, owner, guild["id"], await owner.channel(guild["id"]))
    for _ in range(SESSIONS):
        device = await owner.gateway().open()
        await device.identify()
        await device.expect("GUILD_CREATE")
        talk.devices.append(device)
    yield talk
    await asyncio.gather(*(device.shut(1000) for device in talk.devices))
    await owner.leave()


def heard(device: GatewayClient) -> list[str]:
    return [message["id"] for message in device.all("MESSAGE_CREATE")]


def is_told(device: GatewayClient) -> bool:
    """Whether the session was ended: then its client begins anew, and knows that it has to."""
    return device.close_code is not None or any(each["op"] in (7, 9) for each in device.other)


async def test_presences_voice_and_calls_live_on_all_of_it(house: Suite) -> None:
    mina, jun = [await newcomer(house.url, name) for name in ("mina", "jun")]
    guild = await mina.founds()
    await jun.joins(await mina.invites(await mina.channel(guild["id"])))
    hers, his = mina.gateway(), jun.gateway()
    for device in (his, hers):
        await device.open()
        await device.identify()
        await device.expect("GUILD_CREATE")
    await his.expect("PRESENCE_UPDATE", lambda d: d["user"]["id"] == mina.id, within=60)
    voice = await mina.channel(guild["id"], 2)
    await hers.say(4, {"guild_id": guild["id"], "channel_id": voice})
    await hers.expect("VOICE_SERVER_UPDATE", within=60)
    entered = await his.expect("VOICE_STATE_UPDATE", within=60)
    assert (entered["user_id"], entered["channel_id"]) == (mina.id, voice)
    form = {"recipient_id": jun.id}
    conversation = (await mina.does("POST", "/users/@me/channels", json=form))["id"]
    await hers.say(4, {"guild_id": None, "channel_id": conversation})
    await his.expect("CALL_CREATE", within=60)
    await mina.does("POST", f"/channels/{conversation}/call/ring", json={"recipients": None})
    await his.expect("CALL_UPDATE", lambda d: d["ringing"] == [jun.id], within=60)
    await hers.shut(1000)
    await his.expect("PRESENCE_UPDATE", lambda d: d["status"] == "offline", within=60)
    await his.shut(1000)
    for person in (mina, jun):
        await person.leave()


async def test_a_primary_that_dies_costs_no_event_and_doubles_none(
    talk: Talk, cluster: RedisCluster
) -> None:
    talking = asyncio.create_task(talk.keep_talking())
    await talk.devices[0].expect("MESSAGE_CREATE", lambda d: d["content"] == "message 50")
    primary = cluster.primary_of(topics.pubsub(topics.guild(int(talk.guild))))
    primary.kill()
    replica = cluster.replicas[cluster.primaries.index(primary)]
    await asyncio.to_thread(replica.until, "role:master", "INFO", "replication")
    told = len(talk.said)
    await talk.devices[0].expect("MESSAGE_CREATE", lambda d: d["content"] == f"message {told + 50}")
    talk.is_over = True
    await talking

    told_so = [device for device in talk.devices if is_told(device)]
    whole = [device for device in talk.devices if device not in told_so]
    await talk.hear(f"message {len(talk.said) - 1}", whole)
    for device in whole:
        assert heard(device) == talk.said
        numbers = [event["s"] for event in device.events]
        assert numbers == sorted(set(numbers)), "rising, over all topics"
    for device in told_so:
        had = heard(device)
        assert had == talk.said[: len(had)]

    # A gateway dies besides: whoever it served goes on elsewhere and misses nothing.
    await talk.house.kill("gateway")
    talk.said.append(await talk.say("meanwhile"))
    for device in whole:
        if is_told(device) or not any(e["d"]["id"] == talk.said[-1] for e in messages(device)):
            await device.resume(within=60)
    await talk.hear("meanwhile", whole)
    for device in whole:
        assert list(dict.fromkeys(heard(device))) == talk.said


def messages(device: GatewayClient) -> list[dict[str, dict[str, str]]]:
    return [event for event in device.events if event["t"] == "MESSAGE_CREATE"]
