"""A process that commits events and dies before it publishes them: run by test_outbox.py.

python outbox_process.py REDIS_URL DSN STORED PUBLISHED: says its number, publishes the first ones,
then kills itself with the rest committed only.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys

import asyncpg

from chassis.bus import Bus
from chassis.clock import SystemClock
from chassis.metrics import Metrics
from chassis.outbox import Outbox, Pending
from chassis.tasks import Tasks
from contracts import topics

INSERT = """
INSERT INTO outbox (owner, event_id, topic, record)
SELECT $1, event_id, topic, record
FROM unnest($2::bigint[], $3::text[], $4::bytea[]) AS t(event_id, topic, record)
RETURNING id
"""


async def main(redis_url: str, dsn: str, stored: int, published: int) -> None:
    clock, tasks, metrics = SystemClock(), Tasks(), Metrics()
    bus = Bus(redis_url, instance="doomed", clock=clock, tasks=tasks, metrics=metrics)
    await bus.start()
    outbox = Outbox(dsn, bus, clock=clock, tasks=tasks, metrics=metrics)
    await outbox.start()
    connection = await asyncpg.connect(dsn)
    topic = topics.guild(1)
    events = [Pending(topic, b"%d" % n, outbox.next_id()) for n in range(stored)]
    rows = await connection.fetch(
        INSERT,
        outbox.number,
        [event.event_id for event in events],
        [event.topic for event in events],
        [event.record for event in events],
    )
    for event, row in zip(events, rows, strict=True):
        event.id = row["id"]
    done = asyncio.Event()
    for event in events[:published]:
        bus.publish(
            event.topic,
            event.record,
            event.event_id,
            done=lambda _: done.set(),
        )
    if published:
        for server in bus._servers:
            await server.publisher.drained()
    sys.stdout.write(f"{outbox.number}\n")
    sys.stdout.flush()
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])))
