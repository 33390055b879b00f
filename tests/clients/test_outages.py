"""A provider that is down for a minute, through the real SDK and by a clock that stands still."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import asyncpg

from chassis.db import Database as Stored
from chassis.db import Units
from chassis.metrics import Metrics
from chassis.tasks import Tasks
from notification_service.carriers.fcm import Fcm
from notification_service.domain.devices import Provider, hash_of
from notification_service.domain.notices import Pace
from notification_service.jobs import Pushes
from notification_service.tools import Policy, Tools
from tests.fixtures.clock import ManualClock
from tests.fixtures.postgres import Database
from tests.fixtures.push import FcmServer
from tests.service.notification_service.house import fresh

PHONES = 12
MINUTE = 60


class _Nobody:
    """Neither neighbours nor events are asked for here."""

    def publish(self, pending: object) -> None:
        assert not pending


@asynccontextmanager
async def sending(
    url: str, file: Path, fcm: FcmServer, clock: ManualClock
) -> AsyncIterator[Pushes]:
    """What sends, with a clock that stands still."""
    tasks = Tasks()
    stored = Stored(url, size=4, clock=clock, tasks=tasks)
    await stored.start()
    pace = Pace(*[timedelta()] * 3)
    policy = Policy(pace, "https://moim.example", timedelta(days=1), 20)
    tools = Tools(_Nobody(), clock, policy, b"")  # type: ignore[arg-type]
    units: Units[Tools] = Units(stored, _Nobody(), clock, tools)  # type: ignore[arg-type]
    carrier = Fcm(str(file), fcm.url, timeout=10.0, clock=clock)
    yield Pushes(units, [carrier], every=1.0, batch=5, clock=clock, tasks=tasks, metrics=Metrics())
    await carrier.close()
    await stored.stop()
    await tasks.cancel()


async def sent(pushes: Pushes) -> None:
    """Everything that is due now was tried."""
    (carrier,) = pushes._carriers
    while await pushes._address():
        pass
    for again in (False, True):
        while await pushes._deliver(carrier, again):
            pass


async def queued(url: str, clock: ManualClock) -> asyncpg.Connection[asyncpg.Record]:
    """A notice each for people with a phone each."""
    rows = await asyncpg.connect(url)
    for number in range(PHONES):
        who, token = fresh(), f"phone-{number}"
        await rows.execute("INSERT INTO people VALUES ($1, 'ko', false, false, false, now())", who)
        await rows.execute(
            "INSERT INTO devices (id, user_id, login_id, provider, token, token_hash, platform,"
            " seen) VALUES ($1, $1, 1, $2, $3, $4, 'android', now())",
            *(who, Provider.FCM.value, token, hash_of(token)),
        )
        await rows.execute(
            "INSERT INTO notices (user_id, subject, reason, channel_id, about_id, fresh, unread,"
            " is_web_only, body, due, expires, changed) VALUES ($1, 'c1', 'dm', 1, 2, 1, 1, false,"
            ' \'{"author": "jun", "text": "hello"}\', $2, $3, $2)',
            *(who, clock.now(), clock.now() + timedelta(days=1)),
        )
    return rows


async def test_a_provider_that_is_down_for_a_minute_delivers_everything_after_it(
    database: Database, tmp_path: Path
) -> None:
    url, clock = (await database("notification")).url, ManualClock()
    async with FcmServer(is_down=True).running() as fcm:
        file = fcm.credentials(tmp_path)
        rows = await queued(url, clock)
        async with sending(url, file, fcm, clock) as pushes:
            for _ in range(MINUTE):
                await sent(pushes)
                clock.advance(1)
            assert fcm.taken == []
            # It was left alone for most of the time, and tried again by one push.
            assert PHONES <= len(fcm.tries) <= PHONES * 6
            fcm.is_down = False
            for _ in range(5 * MINUTE):
                if len(fcm.taken) == PHONES:
                    break
                await sent(pushes)
                clock.advance(1)
        everybody = sorted(f"phone-{number}" for number in range(PHONES))
        assert sorted(each["token"] for each in fcm.taken) == everybody
        assert fcm.taken[0]["notification"] == {"title": "jun", "body": "hello"}
        assert await rows.fetchval("SELECT count(*) FROM deliveries") == 0
        await rows.close()
