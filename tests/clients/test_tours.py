"""Every library does everything: it creates, finds it in its cache and over REST, edits, deletes,
and is refused once it may not.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from contracts.intents import Intent
from contracts.permissions import Permission
from stack.suite import Suite
from tests.clients.bots import LIBRARIES, BotProcess, Refused, running
from tests.clients.tours import (
    ELSEWHERE,
    EVERYONE,
    FORBIDDEN,
    GOODBYE,
    REFUSALS,
    TOUR,
    WAVES,
    Row,
)
from tests.fixtures.people import Person, newcomer

pytestmark = [pytest.mark.xdist_group("fragile"), pytest.mark.asyncio(loop_scope="session")]

ENOUGH = 4
EVERY_INTENT = sum(Intent)
POWERS = sum(Permission) & ~Permission.ADMINISTRATOR


class Tour:
    """A bot, its community and the people in it, while it goes through a table."""

    def __init__(
        self, bot: BotProcess, people: Mapping[str, Person], operations: frozenset[str]
    ) -> None:
        self._bot = bot
        self._people = people
        self._operations = operations
        self.kept: dict[str, str] = {}

    async def goes(self, rows: Sequence[Row]) -> None:
        """One row after the other, if the house has what it shows."""
        await self._all(rows, self._goes)

    async def is_refused(self, rows: Sequence[Row]) -> None:
        """None of these may be done."""
        await self._all(rows, self._is_refused)

    async def _all(self, rows: Sequence[Row], do: Callable[[Row], Awaitable[None]]) -> None:
        """A wrong row is named together with the next ones, so that one run tells enough."""
        wrong: list[str] = []
        for row in rows:
            if (row.op and row.op not in self._operations) or self.kept["library"] in row.without:
                continue
            try:
                await do(row)
            except (AssertionError, Refused, TimeoutError, KeyError) as error:
                wrong.append(f"{row.op} ({row.does}): {type(error).__name__} {error}")
            if len(wrong) == ENOUGH:
                break
        assert not wrong, "\n".join(wrong)

    async def _goes(self, row: Row) -> None:
        given = await self._done(row)
        if row.keeps:
            self.kept[row.keeps] = given.get("id") or given["code"]
            if "token" in given:
                self.kept[f"{row.keeps}_token"] = given["token"]
        expected = self._filled(row.gives)
        assert expected is None or fits(given, expected), f"gave {given}, not {expected}"
        if row.sees is not None:
            kind, fields = row.sees[0], self._filled(row.sees[1])
            await self._bot.sees(kind, lambda line: fits(line, fields))
        await self._is_read(row)

    async def _is_refused(self, row: Row) -> None:
        with pytest.raises(Refused) as refused:
            await self._done(row)
        assert (refused.value.status, refused.value.code) == FORBIDDEN, row.does

    async def _done(self, row: Row) -> Any:
        if row.by == "bot":
            return await self._bot.does(row.does, **self._filled(row.how))
        method, _, path = self._filled(row.does).partition(" ")
        return await self._people[row.by].does(method, path, json=self._filled(row.how))

    async def _is_read(self, row: Row) -> None:
        owner = self._people["owner"]
        if row.reads is not None:
            path, fields = self._filled(row.reads[0]), self._filled(row.reads[1])
            found = await owner.does("GET", path)
            assert fits(found, fields), f"after {row.does} {path} reads {found}"
        if row.gone:
            status, _ = await owner.refused("GET", self._filled(row.gone))
            assert status == 404, f"{row.does} left something behind"

    def _filled(self, value: Any) -> Any:
        if isinstance(value, str):
            return value.format_map(self.kept)
        if isinstance(value, Mapping):
            return {self._filled(name): self._filled(each) for name, each in value.items()}
        if isinstance(value, list | tuple):
            return [self._filled(each) for each in value]
        return value


def fits(found: Any, expected: Any) -> bool:
    """Whether everything that is expected is there; an empty list expects emptiness at the leaf of
    a mapping. None as a field also fits an absent one.
    """
    if isinstance(expected, Mapping):
        if not expected:
            return not found
        found = found or {}
        return all(fits(found.get(name), each) for name, each in expected.items())
    if isinstance(expected, list):
        if not expected:
            return not found
        return all(any(fits(one, each) for one in found or ()) for each in expected)
    return bool(found == expected)


@asynccontextmanager
async def on_tour(house: Suite, library: str, log: Path) -> AsyncIterator[Tour]:
    """A community with an owner, a guest, and a bot that may do everything but administrate."""
    owner, guest = await asyncio.gather(newcomer(house.url, "owner"), newcomer(house.url, "guest"))
    guild = (await owner.founds("Library"))["id"]
    account = await owner.makes_bot(library)
    await owner.lets_in(account, guild)
    general = await owner.channel(guild)
    welcome = await owner.invites(general, max_age=0)
    await guest.joins(welcome)
    staff = await owner.does(
        "POST", f"/guilds/{guild}/roles", json={"name": "Staff", "permissions": str(POWERS)}
    )
    await owner.does("PUT", f"/guilds/{guild}/members/{account.id}/roles/{staff['id']}")
    document = await owner.does("GET", "/openapi.json")
    operations = [item for path in document["paths"].values() for item in path.values()]
    device = owner.gateway()
    try:
        # What is told meanwhile is held against the published schema, too.
        await device.open()
        await device.identify(intents=EVERY_INTENT)
        async with running(library, house.url, account.token, log) as bot:
            await bot.sees("ready")
            tour = Tour(
                bot,
                {"owner": owner, "guest": guest},
                frozenset(operation["operationId"] for operation in operations),
            )
            tour.kept |= {"guild": guild, "bot": account.id, "guest": guest.id, "library": library}
            tour.kept |= {"staff": staff["id"], "welcome": welcome, "channel": general}
            yield tour
    finally:
        await device.shut(1000)
        for person in (owner, guest, account):
            await person.leave()


@pytest.mark.parametrize("library", LIBRARIES)
async def test_a_library_goes_through_everything(
    fragile_house: Suite, library: str, tmp_path: Path
) -> None:
    async with on_tour(fragile_house, library, tmp_path / "bot.log") as tour:
        general = tour.kept["channel"]
        await tour.goes(TOUR)

        owner, kept = tour._people["owner"], tour.kept
        roles = f"/guilds/{kept['guild']}/roles"
        kept["channel"], kept["message"] = general, (await owner.sends(general, "stays"))["id"]
        kept["role"] = (await owner.does("POST", roles, json={"name": "Out of reach"}))["id"]
        await tour._bot.has_seen("role_create", lambda line: line["id"] == kept["role"])
        everyone = {"permissions": str(int(EVERYONE))}
        await owner.does("PATCH", f"{roles}/{kept['guild']}", json=everyone)
        members = f"/guilds/{kept['guild']}/members"
        await owner.does("DELETE", f"{members}/{kept['bot']}/roles/{kept['staff']}")
        await tour._bot.sees(
            "member_update", lambda line: line["id"] == kept["bot"] and not line["roles"]
        )
        await tour.is_refused(REFUSALS)
        assert await owner.does("GET", f"/channels/{general}/messages/{kept['message']}")
        await tour.goes(GOODBYE)


async def test_nothing_of_the_first_waves_is_missing(fragile_house: Suite) -> None:
    somebody = await newcomer(fragile_house.url)
    document = await somebody.does("GET", "/openapi.json")
    await somebody.leave()
    known = {op["operationId"] for item in document["paths"].values() for op in item.values()}
    shown = {row.op for row in (*TOUR, *GOODBYE)} | ELSEWHERE.keys()
    assert not WAVES - shown
    assert not WAVES - known
