"""READY and events ≡ a fresh READY: what a session knows by what it was told is what it would be
shown if it came anew, whatever changed meanwhile and wherever its stream was cut.
"""

from __future__ import annotations

import os
import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Protocol

from contracts.permissions import Permission
from tests.unit.gateway.house import Client, Gateway, World, settled

VIEW = int(Permission.VIEW_CHANNEL)
PEOPLE = (2, 3, 4, 5)
MORE = range(1_000, 1_000 + int(os.environ.get("MOIM_RESUMES", "0")))
"""Further dice, for who asks for more."""
Known = dict[str, Any]


class Restless(Protocol):
    """Changes the world, and tells of it."""

    world: World
    dice: random.Random

    def at_random(self) -> None:
        """Do anything that can be done."""


@dataclass(frozen=True)
class Eyes:
    """What is looked at."""

    known_to: Callable[[Client], Known]
    """By all that this client was told."""
    shown_in: Callable[[dict[str, Any]], Known]
    """By a GUILD_CREATE alone."""

    async def anew(self, gateway: Gateway, user_id: int) -> Known:
        """What somebody who comes now is shown."""
        client = gateway.connect()
        await client.identify(user_id)
        client.drop()
        return self.shown_in(client.all("GUILD_CREATE")[0])


@asynccontextmanager
async def peopled(**roles: int) -> AsyncIterator[World]:
    """A world with a guild and people in it."""
    world = World()
    world.guild(**roles)
    for user_id in PEOPLE:
        world.enrol(user_id)
    yield world
    for gateway in world.gateways.values():
        await gateway.tasks.cancel()


async def nobody_needs_to_reload(eyes: Eyes, who: Restless, most: int) -> None:
    """Everybody listens, while up to so many changes at a time come close upon each other."""
    world, dice = who.world, who.dice
    gateway = await Gateway(world).start()
    clients = {user_id: gateway.connect() for user_id in PEOPLE}
    for user_id, client in clients.items():
        await client.identify(user_id)
    for _ in range(12):
        for _ in range(dice.randrange(1, most + 1)):
            who.at_random()
            if dice.random() < 0.7:
                await settled(4)
        await settled(60)
        cold = await Gateway(world, port=dice.randrange(10, 1 << 30)).start()
        for user_id, client in clients.items():
            client.read()
            anew = await eyes.anew(cold, user_id)
            assert eyes.known_to(client) == await eyes.anew(gateway, user_id) == anew
        await cold.die()


async def who_resumes_misses_nothing(eyes: Eyes, who: Restless, most: int) -> None:
    """One listens, is cut off behind anything, and goes on after up to so many changes."""
    gateway, dice = await Gateway(who.world).start(), who.dice
    client = gateway.connect()
    await client.identify(2)
    for _ in range(8):
        for _ in range(dice.randrange(most)):
            who.at_random()
        await settled(60)
        client.drop()
        lost = dice.randrange(4)
        client.events = client.events[: max(len(client.events) - lost, 2)]
        for _ in range(dice.randrange(most)):
            who.at_random()
        await settled(20)
        assert await client.resume()
        await settled(60)
        client.read()
        assert eyes.known_to(client) == await eyes.anew(gateway, 2)
        numbers = [event["s"] for event in client.events]
        assert numbers == sorted(numbers)
