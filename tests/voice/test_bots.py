"""Bots that play and listen on discord.py and @discordjs/voice, unmodified, in the voice channels
of a whole house behind TLS; beside them people on LiveKit's client.
"""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from fractions import Fraction
from pathlib import Path
from typing import Any
from urllib.parse import quote

import av
import pytest
import pytest_asyncio

from stack import node
from stack.suite import Suite
from tests.clients.bots import BotProcess, running
from tests.fixtures.people import Person
from tests.voice.browser import browsing
from tests.voice.callers import Caller, Club, gathered, until
from tests.voice.test_browser import LIBRARY, opened
from tests.voice.tls import Curtain, curtain

HERE = Path(__file__).parent
PROGRAMS = {
    "discord.py": [sys.executable, str(HERE / "bot_discordpy.py")],
    "discord.js": ["node", str(node.CORNER / "voice.mjs")],
}
SILENCE = "f8fffe"
RESUMED = [5, 4]
"""States of @discordjs/voice: resuming, ready."""

pytestmark = [
    pytest.mark.xdist_group("voice-bots"),
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.skipif(not node.is_furnished(), reason=node.ABSENT),
]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def tls(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Curtain]:
    async with curtain(tmp_path_factory.mktemp("tls")) as made:
        yield made


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def home(tls: Curtain, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Suite]:
    """A house that is known under an address with TLS."""
    env = {"SIGNALING_PUBLIC_URL": tls.url, "GATEWAY_LIMITS": "false"}
    async with Suite(tmp_path_factory.mktemp("house"), extra_env=env) as made:
        tls.target = int(made.url.rpartition(":")[2])
        yield made


@pytest_asyncio.fixture(loop_scope="session")
async def stack() -> AsyncIterator[AsyncExitStack]:
    async with AsyncExitStack() as stack:
        yield stack


class Hall:
    """A community, its people and its bots."""

    def __init__(self, home: Suite, tls: Curtain, stack: AsyncExitStack, log: Path) -> None:
        self.home, self.tls, self.stack, self.log = home, tls, stack, log
        self.club: Club

    async def gather(self, *names: str) -> list[Caller]:
        """People, the first of them the owner."""
        self.club = await gathered(self.home.url, self.stack, names)
        return self.club.callers

    async def bot(self, library: str) -> tuple[Person, BotProcess]:
        """A bot that is ready."""
        owner = self.club.callers[0].person
        account = await owner.makes_bot(library)
        self.stack.push_async_callback(account.leave)
        await owner.lets_in(account, self.club.guild_id)
        program = running(
            library,
            self.home.url,
            account.token,
            self.log / f"{library}.log",
            programs=PROGRAMS,
            trusts=self.tls.trusted,
        )
        bot = await self.stack.enter_async_context(program)
        await bot.sees("ready")
        return account, bot

    async def joins(self, bot: BotProcess) -> None:
        """Into the voice channel."""
        await bot.does("joins", guild=self.club.guild_id, channel=self.club.voice_id)

    async def way_in(self, caller: Caller) -> dict[str, Any]:
        """A person's, past the TLS that LiveKit's clients were not told to trust."""
        await caller.asks(self.club.guild_id, self.club.voice_id)
        way = await caller.way_in()
        plain = self.home.url.replace("http", "ws", 1)
        endpoint = way["endpoint"].replace(self.tls.url.replace("http", "ws", 1), plain)
        return {**way, "endpoint": endpoint}

    async def comes(self, caller: Caller) -> None:
        """A person on LiveKit's client."""
        await caller.connects(await self.way_in(caller))


@pytest.fixture
def hall(home: Suite, tls: Curtain, stack: AsyncExitStack, tmp_path: Path) -> Hall:
    return Hall(home, tls, stack, tmp_path)


def tone(pitch: int, seconds: float = 1.0) -> list[str]:
    """Opus of 20 ms each, in two channels."""
    codec = av.CodecContext.create("libopus", "w")
    codec.sample_rate, codec.layout, codec.format = 48_000, "stereo", "s16"
    codec.time_base = Fraction(1, 48_000)
    codec.open()
    frames = []
    for at in range(int(seconds * 50)):
        frame = av.AudioFrame("s16", "stereo", 960)
        frame.sample_rate, frame.pts = 48_000, at * 960
        phase = [(at * 960 + n) * pitch % 48_000 for n in range(960)]
        values = (9_000 if one < 24_000 else -9_000 for one in phase)
        frame.planes[0].update(b"".join(v.to_bytes(2, "little", signed=True) * 2 for v in values))
        frames += [bytes(packet).hex() for packet in codec.encode(frame)]
    return frames


def loudness(packets: list[str]) -> int:
    """The loudest sample."""
    codec: Any = av.CodecContext.create("opus", "r")
    loudest = 0
    for packet in packets:
        for frame in codec.decode(av.Packet(bytes.fromhex(packet))):
            plane = frame.to_ndarray()
            loudest = max(
                loudest, int(abs(plane).max() * (32_767 if plane.dtype.kind == "f" else 1))
            )
    return loudest


async def heard(bot: BotProcess, user: str) -> list[str]:
    """What a bot has heard of somebody, pauses aside."""
    return [one for one in await bot.does("hears", user=user) if one != SILENCE]


async def test_bots_and_people_hear_each_other(hall: Hall) -> None:
    """One library is heard frame for frame by the other, both by a person, who is heard by the one
    that listens.
    """
    mina, _ = await hall.gather("mina", "jun")
    music, player = await hall.bot("discord.py")
    ears, listener = await hall.bot("discord.js")
    await hall.joins(player)
    await hall.joins(listener)
    await heard(listener, music.id)
    await heard(listener, mina.id)
    await hall.comes(mina)
    his, hers = tone(440), tone(660)
    await player.does("plays", frames=his, count=500)
    await listener.does("plays", frames=hers, count=500)
    for account in (music, ears):
        await until(lambda account=account: mina.heard.get(account.id, 0) > 1_000)
    await mina.speaks()

    async def hears_all() -> bool:
        came = await heard(listener, music.id)
        return len(came) > 100 and set(came) <= set(his)

    await until(hears_all)

    async def hears_her() -> bool:
        return loudness(await heard(listener, mina.id)) > 1_000

    await until(hears_her)


@pytest.mark.skipif(not LIBRARY.exists(), reason=node.ABSENT)
async def test_a_browser_hears_a_bot_and_a_bot_a_browser(hall: Hall) -> None:
    """livekit-client in Chromium, whose fake microphone beeps."""
    (mina,) = await hall.gather("mina")
    music, player = await hall.bot("discord.py")
    _, listener = await hall.bot("discord.js")
    for bot in (player, listener):
        await hall.joins(bot)
    await heard(listener, mina.id)
    way = await hall.way_in(mina)
    desk = await hall.stack.enter_async_context(opened())
    query = f"url={quote(way['endpoint'])}&token={way['token']}&name={mina.id}&voice=1"
    await hall.stack.enter_async_context(browsing(f"{desk.url}/?{query}"))
    await player.does("plays", frames=tone(440), count=10_000)
    await desk.until(lambda: mina.id in desk.tabs)
    tab = desk.tabs[mina.id]
    await desk.until(lambda: tab.most(music.id, "audio", "loudness") > 0.1)

    async def hears_her() -> bool:
        return loudness(await heard(listener, mina.id)) > 1_000

    await until(hears_her)


async def is_in(bot: BotProcess, channel: str | None) -> None:
    """Wait until a bot says that it is connected there, or nowhere."""

    async def says_so() -> bool:
        how = await bot.does("stands")
        return bool(how["connected"] is (channel is not None) and channel in (None, how["channel"]))

    await until(says_so)


async def gone(witness: Caller, user: str) -> None:
    """Wait until somebody is told to be out of voice."""

    def fits(event: dict[str, Any]) -> bool:
        return (event["user_id"], event["channel_id"]) == (user, None)

    await witness.device.expect("VOICE_STATE_UPDATE", fits)


@pytest.mark.parametrize("library", PROGRAMS)
async def test_what_is_done_to_a_bot_takes_effect(hall: Hall, library: str) -> None:
    """Muted, moved, disconnected: by the owner, while it plays."""
    (mina,) = await hall.gather("mina")
    account, bot = await hall.bot(library)
    guild = hall.club.guild_id
    other = await mina.person.does(
        "POST", f"/guilds/{guild}/channels", json={"name": "Stage door", "type": 2}
    )
    await hall.joins(bot)
    await hall.comes(mina)
    await bot.does("plays", frames=tone(440), count=10_000)
    await until(lambda: mina.heard.get(account.id, 0) > 1_000)
    member = f"/guilds/{guild}/members/{account.id}"
    await mina.person.does("PATCH", member, json={"mute": True})
    await until(lambda: mina.heard[account.id] < 100)
    await mina.person.does("PATCH", member, json={"mute": False})
    await until(lambda: mina.heard[account.id] > 1_000)
    await mina.person.does("PATCH", member, json={"channel_id": other["id"]})
    await is_in(bot, other["id"])
    await mina.person.does("PATCH", member, json={"channel_id": hall.club.voice_id})
    await is_in(bot, hall.club.voice_id)
    await until(lambda: mina.heard[account.id] > 1_000)
    await mina.person.does("PATCH", member, json={"channel_id": None})
    await gone(mina, account.id)
    await is_in(bot, None)


async def test_a_bot_whose_socket_breaks_goes_on_where_it_was(hall: Hall) -> None:
    """Its cord carries on meanwhile, and nobody is told of anything."""
    (mina,) = await hall.gather("mina")
    account, bot = await hall.bot("discord.js")
    await hall.joins(bot)
    await hall.comes(mina)
    await bot.does("plays", frames=tone(440), count=10_000)
    await until(lambda: mina.heard.get(account.id, 0) > 1_000)
    before = (await bot.does("stands"))["codes"]
    assert hall.tls.cut()

    async def has_resumed() -> bool:
        return list((await bot.does("stands"))["codes"][len(before) :]) == RESUMED

    await until(has_resumed)
    assert set((await bot.does("stands"))["states"]) == {"connecting", "ready"}
    mina.heard[account.id] = 0
    await until(lambda: mina.heard[account.id] > 1_000)


async def test_a_killed_bot_is_no_ghost(hall: Hall) -> None:
    (mina,) = await hall.gather("mina")
    account, bot = await hall.bot("discord.py")
    await hall.joins(bot)
    await bot.end()
    await gone(mina, account.id)


async def test_bots_come_back_when_their_worker_is_killed(hall: Hall) -> None:
    await hall.gather("mina")
    music, player = await hall.bot("discord.py")
    _, listener = await hall.bot("discord.js")
    for bot in (player, listener):
        await hall.joins(bot)
        await bot.does("plays", frames=tone(440), count=10_000)

    async def hears_more(than: int) -> None:
        async def does() -> bool:
            return len(await heard(listener, music.id)) > than

        await until(does)

    async def had_to_leave() -> bool:
        states = (await listener.does("stands"))["states"]
        return "signalling" in states[2:] and states[-1] == "ready"

    await hears_more(50)
    await hall.home.kill("media")
    await until(had_to_leave)
    await is_in(player, hall.club.voice_id)
    # Whether this library plays on is up to it: it gives up when its first try fails.
    await player.does("plays", frames=tone(440), count=10_000)
    await hears_more(len(await heard(listener, music.id)) + 50)
