"""The audit log over HTTP: what was governed is written down with it, and read by those who may."""

from __future__ import annotations

import asyncio
from typing import Any
from urllib.parse import quote

from community_service.jobs import BATCH
from contracts import topics
from contracts.events.audit import Governed
from contracts.ids import GuildId, Snowflake, UserId, floor_of
from contracts.limits import AUDIT_LOG_DAYS
from contracts.objects.audit import AuditAction
from contracts.permissions import EVERYONE_DEFAULT, Permission
from tests.fixtures.patience import PATIENCE
from tests.service.community_service.house import ALICE, BOB, MALLORY, House

DAY_MS = 86_400_000
OLD = """
INSERT INTO audit_entries (id, guild_id, action, changes, options)
SELECT $1::bigint + n, $2, 1, '[]', '{}' FROM generate_series(1, $3) n
"""


async def entries(house: House, guild: str, query: str = "", who: int = ALICE) -> list[Any]:
    """What the log says, newest first."""
    log = await house.does(who, "GET", f"/guilds/{guild}/audit-logs{query}")
    found: list[Any] = log["audit_log_entries"]
    return found


def actions_of(found: list[Any]) -> list[int]:
    return [one["action_type"] for one in found]


class TestWriting:
    async def test_an_entry_has_changes_and_the_reason_and_is_told(self, house: House) -> None:
        guild = await house.guild()
        why = {"X-Audit-Log-Reason": quote("새 이름\n")}
        await house.does(
            ALICE, "PATCH", f"/guilds/{guild}", json={"name": "Film club"}, headers=why
        )
        log = await house.does(ALICE, "GET", f"/guilds/{guild}/audit-logs")
        [entry] = log["audit_log_entries"]
        assert entry == {
            "id": entry["id"],
            "action_type": AuditAction.GUILD_UPDATE,
            "user_id": str(ALICE),
            "target_id": guild,
            "changes": [{"key": "name", "old_value": "Book club", "new_value": "Film club"}],
            "reason": "새 이름",
        }
        assert [one["id"] for one in log["users"]] == [str(ALICE)]
        assert not any(log[name] for name in log if name not in {"audit_log_entries", "users"})
        told = await house.heard(topics.guild(int(guild)))
        assert told[-1] == ("GuildAuditLogEntryCreate", {**entry, "guild_id": guild})

    async def test_nothing_is_written_when_nothing_changed(self, house: House) -> None:
        guild = await house.guild()
        await house.does(ALICE, "PATCH", f"/guilds/{guild}", json={"name": "Book club"})
        assert await entries(house, guild) == []

    async def test_a_reason_that_is_too_long_changes_nothing(self, house: House) -> None:
        guild = await house.guild()
        why = {"X-Audit-Log-Reason": "x" * 513}
        for form in ({"name": "Film club"}, {}):
            path = f"/guilds/{guild}"
            refused = await house.refused(ALICE, "PATCH", path, json=form, headers=why)
            assert refused == (400, 50035)
        assert (await house.does(ALICE, "GET", f"/guilds/{guild}"))["name"] == "Book club"

    async def test_channels_and_each_of_their_overwrites_are_told_apart(self, house: House) -> None:
        guild = await house.guild(BOB)
        path = f"/channels/{(await house.channel(guild))['id']}"
        rule = {"id": str(BOB), "type": 1, "allow": "0", "deny": "2048"}
        for form in (
            {"topic": "books", "permission_overwrites": [rule]},
            {"permission_overwrites": [{**rule, "deny": "0"}]},
            {"permission_overwrites": []},
        ):
            await house.does(ALICE, "PATCH", path, json=form)
        await house.does(ALICE, "DELETE", path)
        found = await entries(house, guild, f"?target_id={path.removeprefix('/channels/')}")
        assert actions_of(found) == [12, 15, 14, 13, 11, 10]
        update = found[4]
        assert update["changes"] == [{"key": "topic", "new_value": "books"}]
        assert found[2]["options"] == {"id": str(BOB), "type": "1"}
        assert found[2]["changes"] == [{"key": "deny", "old_value": "2048", "new_value": "0"}]

    async def test_an_overwrite_of_a_role_says_what_the_role_is_called(self, house: House) -> None:
        guild = await house.guild()
        channel, role = (await house.channel(guild))["id"], await house.role(guild, "readers")
        path = f"/channels/{channel}/permissions/{role}"
        await house.does(ALICE, "PUT", path, json={"type": 0, "deny": "2048"})
        [entry] = await entries(house, guild, "?action_type=13")
        assert entry["options"] == {"id": role, "type": "0", "role_name": "readers"}

    async def test_invites_and_bots_are_written_down(self, house: House) -> None:
        guild = await house.guild()
        code = await house.invite(guild)
        await house.does(ALICE, "DELETE", f"/invites/{code}")
        house.neighbours.make_bot(501, ALICE, "helper")
        query = {"client_id": "501", "scope": "bot"}
        await house.does(ALICE, "POST", "/oauth2/authorize", params=query, json={"guild_id": guild})
        found = await entries(house, guild)
        assert actions_of(found) == [28, 42, 40]
        assert found[0]["target_id"] == "501"
        assert {"key": "code", "old_value": code} in found[1]["changes"]


class TestOtherServices:
    async def test_what_they_govern_is_written_down_once_however_often_it_is_told(
        self, house: House
    ) -> None:
        guild = await house.guild(BOB)
        deed = Governed(
            guild_id=GuildId(int(guild)),
            actor_id=UserId(ALICE),
            action=AuditAction.MESSAGE_DELETE,
            target_id=Snowflake(BOB),
            options={"channel_id": "5", "count": "1"},
            reason="spam",
        )
        elsewhere = deed.model_copy(update={"guild_id": GuildId(404)})
        now = house.running.service.clock.now_ms()
        for one, number in ((elsewhere, 1), (deed, 2), (deed, 2), (deed, 3)):
            await house.tell(one, floor_of(now) + number)
        found: list[Any] = []
        async with asyncio.timeout(PATIENCE):
            while len(found) < 2:
                found = await entries(house, guild, "?action_type=72")
        assert found[1] == {
            "id": str(floor_of(now) + 2),
            "action_type": 72,
            "user_id": str(ALICE),
            "target_id": str(BOB),
            "options": deed.options,
            "reason": "spam",
        }
        heard = await house.heard(topics.guild(int(guild)))
        told = [body for name, body in heard if name == "GuildAuditLogEntryCreate"]
        assert [body["id"] for body in told][-2:] == [found[1]["id"], found[0]["id"]]


class TestReading:
    async def test_it_is_for_those_who_may(self, house: House) -> None:
        guild = await house.guild(BOB)
        path = f"/guilds/{guild}/audit-logs"
        assert await house.refused(MALLORY, "GET", path) == (404, 10004)
        assert await house.refused(BOB, "GET", path) == (403, 50013)
        await house.grant(guild, int(EVERYONE_DEFAULT | Permission.VIEW_AUDIT_LOG))
        assert await house.does(BOB, "GET", path)

    async def test_webhooks_are_named_without_what_opens_them(self, house: House) -> None:
        guild = await house.guild()
        channel = (await house.channel(guild))["id"]
        form = {"name": "News"}
        made = await house.does(ALICE, "POST", f"/channels/{channel}/webhooks", json=form)
        answer = await house.asks(ALICE, "GET", f"/guilds/{guild}/audit-logs?action_type=50")
        assert [one["name"] for one in answer.json()["webhooks"]] == ["News"]
        assert made["token"] not in answer.text

    async def test_pages_and_filters(self, house: House) -> None:
        guild = await house.guild()
        for name in ("One", "Two", "Three"):
            await house.does(ALICE, "PATCH", f"/guilds/{guild}", json={"name": name})
        await house.invite(guild)
        newest = await entries(house, guild)
        ids = [one["id"] for one in newest]
        assert actions_of(newest) == [40, 1, 1, 1]

        async def asked(query: str) -> list[str]:
            return [one["id"] for one in await entries(house, guild, query)]

        assert await asked("?limit=2") == ids[:2]
        assert await asked(f"?before={ids[1]}&limit=1") == [ids[2]]
        assert await asked(f"?after={ids[3]}&limit=2") == [ids[2], ids[1]]
        assert await asked("?action_type=1") == ids[1:]
        assert await asked(f"?user_id={ALICE}&target_id={guild}") == ids[1:]
        assert await asked(f"?user_id={BOB}") == []
        for bad in ("limit=0", "limit=101", "action_type=9999", "before=x"):
            path = f"/guilds/{guild}/audit-logs?{bad}"
            assert await house.refused(ALICE, "GET", path) == (400, 50035), bad

    async def test_a_page_costs_three_statements(self, house: House) -> None:
        guild = await house.guild()
        for _ in range(3):
            await house.invite(guild)
        with house.statements() as ran:
            await entries(house, guild)
        assert len(ran) == 3


async def test_entries_past_their_time_are_forgotten_and_others_stay(house: House) -> None:
    guild = await house.guild()
    await house.does(ALICE, "PATCH", f"/guilds/{guild}", json={"name": "Film club"})
    kept = await entries(house, guild)
    now = house.running.service.clock.now_ms()
    old = floor_of(now - (AUDIT_LOG_DAYS + 1) * DAY_MS)
    await house.rows(OLD, old, int(guild), BATCH + 1)
    assert len(await entries(house, guild, "?limit=100")) == 100
    await house.running.job("audit")
    assert await entries(house, guild) == kept
