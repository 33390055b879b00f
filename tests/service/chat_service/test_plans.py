"""What is asked most looks at so many index entries, however much was ever said."""

from __future__ import annotations

from typing import Any

import orjson

from chat_service.store import messages, reading, thread_members, threads
from tests.service.chat_service.house import ALICE, House

MANY = 20_000
ALL = (1 << 63) - 1
OFTEN = 7


async def looks_at(house: House, statement: str, *given: Any) -> int:
    """How many rows a statement reads, all steps of its plan together: of the worst of its plans,
    for PostgreSQL may plan for nobody in particular once it was asked often.
    """
    await house.admin.execute(f"PREPARE asked AS {statement}")
    explain = f"EXPLAIN (ANALYZE, FORMAT JSON) EXECUTE asked ({', '.join(map(_literal, given))})"
    read = 0
    for _ in range(OFTEN):
        plan = orjson.loads(await house.admin.fetchval(explain))[0]["Plan"]
        read = max(read, sum(map(_rows, _steps(plan))))
    await house.admin.execute("DEALLOCATE asked")
    return read


def _literal(value: Any) -> str:
    if value is None:
        return "NULL"
    return f"ARRAY{[int(one) for one in value]}" if isinstance(value, list) else str(int(value))


def _steps(plan: dict[str, Any]) -> list[dict[str, Any]]:
    return [plan, *(step for inner in plan.get("Plans", ()) for step in _steps(inner))]


def _rows(step: dict[str, Any]) -> int:
    each = step["Actual Rows"] + step.get("Rows Removed by Filter", 0)
    return int(each * step["Actual Loops"])


async def test_no_page_and_no_badge_costs_what_a_channel_holds(house: House) -> None:
    """B11, E7, E9: whatever a channel holds, a page reads a page, and a badge a hundred rows."""
    rooms, reader = [house.room() for _ in range(6)], house.newcomer()
    room = rooms[3]
    for at in (2, 5, 0, 4, 1, 3):  # whoever goes through the table meets all of the others' first
        await house.admin.execute(
            "INSERT INTO chat.messages SELECT $1, n, $2 + 1_000_000 * (n % 7), 'x', 0, 0, false, "
            "now(), NULL, CASE WHEN n % 100 = 0 THEN now() + n * interval '1 ms' END "
            "FROM generate_series(1, $3) AS n",
            *(rooms[at], ALICE, MANY if rooms[at] == room else MANY // 5),
        )
    # Many small channels: an average one is no measure for this one.
    await house.admin.execute(
        "INSERT INTO chat.messages SELECT $1::bigint + n, 1, $2, 'x', 0, 0, false, now() "
        "FROM generate_series(1, 2_000) AS n",
        *(ALL - MANY, ALICE),
    )
    await house.admin.execute(
        "INSERT INTO chat.mentions SELECT $1, $2, n, $3 + 1_000_000 * (n % 7) "
        f"FROM generate_series(1, {MANY}) AS n",
        *(reader, room, ALICE),
    )
    await house.admin.execute("INSERT INTO chat.mentioned VALUES ($1, $2, $3)", reader, room, MANY)
    await house.admin.execute("ANALYZE chat.messages, chat.mentions, chat.mentioned")
    await house.admin.execute("SET search_path = chat")
    asked = {
        "older": (messages._OLDER, room, MANY // 2, 50),
        "newer": (messages._NEWER, room, MANY // 2, 50),
        "pins": (messages._PINNED, room, None, 50),
        "badge": (reading._UNREAD_MENTIONS, reader, [reader], [0], [room], [0], 100),
        "unread": (reading._UNREAD_MESSAGES, reader, [room], [0], 100),
        "READY": (reading._STATES, [reader], [reader], [reader], [0], 100, 5_000),
    }
    read = {name: await looks_at(house, *one) for name, one in asked.items()}
    most = max(read, key=read.__getitem__)
    assert read[most] < MANY // 2, (most, read[most])


async def test_no_list_of_threads_costs_what_sleeps(house: House) -> None:
    """Seed B13: threads end by themselves, and those that have are in nobody's way."""
    guild = house.guild()
    room = house.channel(guild).id
    await house.admin.execute(
        "INSERT INTO chat.threads SELECT n, $1, $2, 11, $3, 'x', now(), n > 20, "
        "now() - n * interval '1 s', now() + n * interval '1 s', 60, false, true, 0, 0, "
        f"'{{}}', NULL, 0, 0, 1 FROM generate_series(1, {MANY}) AS n",
        *(guild, int(room), ALICE),
    )
    await house.admin.execute(
        f"INSERT INTO chat.thread_members SELECT n, $1, now(), 0, false "
        f"FROM generate_series(1, {MANY}) AS n",
        ALICE,
    )
    await house.admin.execute("ANALYZE chat.threads, chat.thread_members")
    await house.admin.execute("SET search_path = chat")
    asked = {
        "active": (threads._ACTIVE, [guild]),
        "archived": (threads._ARCHIVED_OPEN, int(room), None, 50),
        "entered": (threads._SEAT, MANY // 2, ALICE),
        "members": (thread_members._LISTED, MANY // 2, 0, 100),
    }
    read = {name: await looks_at(house, *one) for name, one in asked.items()}
    await house.admin.execute("DELETE FROM threads WHERE guild_id = $1", guild)
    await house.admin.execute(f"DELETE FROM thread_members WHERE thread_id <= {MANY}")
    most = max(read, key=read.__getitem__)
    assert read[most] < MANY // 2, (most, read[most])
