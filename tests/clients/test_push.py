"""Pushes to their end: a real browser's service worker shows them, and neither a killed process nor
a provider that is away loses one.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from chassis.bus import Bus
from chassis.clock import SystemClock
from chassis.metrics import Metrics
from chassis.tasks import Tasks
from contracts import topics
from contracts.events.message import MessageCreate
from contracts.ids import ChannelId, MessageId
from notification_service.domain.devices import hash_of
from notification_service.domain.webpush import b64, private_key, public_bytes
from tests.fixtures import chromium
from tests.fixtures.identity import keyring
from tests.fixtures.patience import PATIENCE, until
from tests.fixtures.ports import free_ports
from tests.fixtures.postgres import Database
from tests.fixtures.push import BROKEN, Browser, FcmServer, PushService, served
from tests.service.notification_service.conftest import QUICK, VAPID, opened
from tests.service.notification_service.house import SINCE, House, Neighbours, fresh, user

PEOPLE = 500
BATCH = 100
LOOPS = 2
"""That send what was never tried."""

needs_a_browser = pytest.mark.skipif(chromium.PROGRAM is None, reason="no Chromium here")

PAGE = """<!doctype html><title>client</title><script>
  window.heard = [];
  navigator.serviceWorker.addEventListener("message", (event) => heard.push(event.data));
</script>"""
REGISTER = """
  navigator.serviceWorker.register("/api/v10/push/worker.js", { scope: "/" })
    .then(() => navigator.serviceWorker.ready).then(() => navigator.serviceWorker.startMessages())
"""
SHOWN = """
  navigator.serviceWorker.ready.then((worker) => worker.getNotifications()).then((all) => all.map(
    (each) => ({ title: each.title, body: each.body, tag: each.tag, data: each.data })))
"""


@needs_a_browser
async def test_the_service_worker_of_a_real_browser_shows_what_was_pushed(
    database: Database, redis: str, tmp_path: Path
) -> None:
    url = (await database("notification")).url
    async with opened(url, redis) as house, _site(house) as site:
        mina = house.person("mina", locale="ko")
        guild = house.guild(mina)
        browser = await house.browser(mina)
        channel = house.general(guild)
        message = house.says(fresh(), channel, "안녕하세요", guild=guild)
        (push,) = await house.arrives(browser)
        async with chromium.browsing(tmp_path / "profile", f"{site}/") as tab:
            await tab.ask("ServiceWorker.enable")
            await tab.run(REGISTER)
            found = await tab.event(
                "ServiceWorker.workerRegistrationUpdated", having="registrations"
            )
            number = found["registrations"][0]["registrationId"]
            async with asyncio.timeout(PATIENCE):
                while len(await tab.run("heard")) < 2 or not await tab.run(SHOWN):
                    # A browser that is still waking its worker lets a push fall.
                    await tab.ask(
                        "ServiceWorker.deliverPushMessage",
                        origin=site,
                        registrationId=number,
                        data=json.dumps(push),
                    )
                    await SystemClock().sleep(1)  # it has so long for each
            # The same tag: the second one has replaced the first.
            (shown,) = await tab.run(SHOWN)
            assert shown["title"] == push["title"]
            assert (shown["body"], shown["tag"]) == ("안녕하세요", f"c{channel}")
            assert shown["data"]["path"] == f"/channels/{guild.id}/{channel}/{message}"
            heard = (await tab.run("heard"))[0]
            assert heard == {"type": "moim.push", "push": push}


@asynccontextmanager
async def _site(house: House) -> AsyncIterator[str]:
    """A client of the same origin as the house, as a browser sees both."""

    async def page(request: Request) -> Response:
        return HTMLResponse(PAGE)

    async def worker(request: Request) -> Response:
        answer = await house.running.nobody.get("/push/worker.js")
        assert answer.status_code == 200
        return Response(answer.content, headers=dict(answer.headers))

    routes = [Route("/", page), Route("/api/v10/push/worker.js", worker)]
    async with served(Starlette(routes=routes)) as url:
        yield url


class Crowd:
    """Five hundred people with a browser each, in one community, and a process that tells them."""

    def __init__(self, url: str, redis: str, service: PushService, neighbours: str) -> None:
        self.url, self.redis, self.service = url, redis, service
        self._neighbours = neighbours
        self._processes: list[asyncio.subprocess.Process] = []

    async def start(self) -> asyncio.subprocess.Process:
        """The service as it runs in production: a process of its own."""
        http, rpc, self.admin = free_ports(3)
        given = {
            **QUICK,
            "port": http,
            "rpc_port": rpc,
            "admin_port": self.admin,
            "database_url": self.url,
            "redis_url": self.redis,
            "neighbours": self._neighbours,
            "keyring": keyring(),
            "batch": BATCH,
        }
        environment = {f"NOTIFICATION_{name.upper()}": str(value) for name, value in given.items()}
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "notification_service",
            env={**os.environ, **environment},
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
        self._processes.append(process)
        return process

    async def listens(self, count: int) -> None:
        """Wait until it hears so many people."""
        async with httpx.AsyncClient() as client:

            async def does_it() -> bool:
                try:
                    said = await client.get(f"http://127.0.0.1:{self.admin}/metrics")
                except httpx.TransportError:
                    return False
                return f"moim_push_people {count}.0" in said.text

            await until(does_it, every=0.05)

    async def end(self) -> None:
        """Whatever still runs."""
        for process in self._processes:
            if process.returncode is None:
                process.kill()
            await process.wait()


async def _enrolled(url: str, browsers: Iterable[tuple[int, Browser]]) -> asyncpg.Connection:  # type: ignore[type-arg]
    rows = await asyncpg.connect(url)
    for who, browser in browsers:
        await rows.execute(
            "INSERT INTO people VALUES ($1, 'en-US', false, false, false, now())", who
        )
        await rows.execute(
            """
            INSERT INTO devices (id, user_id, login_id, provider, token, token_hash, platform,
              p256dh, auth, seen) VALUES ($1, $1, 1, 'webpush', $2, $3, 'web', $4, $5, now())
            """,
            who,
            browser.endpoint,
            hash_of(browser.endpoint),
            b64(public_bytes(browser.key)),
            b64(browser.auth),
        )
    return rows


@asynccontextmanager
async def _bus(redis: str) -> AsyncIterator[Bus]:
    tasks = Tasks()
    bus = Bus(redis, instance="chat", clock=SystemClock(), tasks=tasks, metrics=Metrics())
    await bus.start()
    await bus.up(within=10)
    yield bus
    await bus.stop()
    await tasks.cancel()


async def test_a_process_killed_in_the_middle_of_a_fan_out_loses_nobody(
    database: Database, redis: str
) -> None:
    """Everyone is pushed to, and nobody twice beyond the batches that were on their way."""
    url = (await database("notification")).url
    service = PushService(public_bytes(private_key(bytes.fromhex(VAPID))), latency=0.05)
    neighbours = Neighbours()
    people = [fresh() for _ in range(PEOPLE)]
    async with neighbours.answering() as addresses, service.running(), _bus(redis) as bus:
        house = House(None, neighbours, service, None)  # type: ignore[arg-type]
        guild = house.guild(*people)
        browsers = {who: service.browser() for who in people}
        rows = await _enrolled(url, browsers.items())
        crowd = Crowd(url, redis, service, addresses)
        try:
            process = await crowd.start()
            await crowd.listens(PEOPLE)
            number = fresh()
            event = MessageCreate(
                id=MessageId(number),
                channel_id=ChannelId(house.general(guild)),
                guild_id=guild.id,
                author=user(fresh()),
                content="to all five hundred",
                timestamp=SINCE,
            )
            bus.publish(topics.guild(int(guild.id)), event.record(number), number)
            await service.until(lambda: _arrived(browsers.values()) > BATCH, within=60)
            process.send_signal(signal.SIGKILL)
            await process.wait()
            assert _arrived(browsers.values()) < PEOPLE
            # What the dead process had claimed is another's after a minute; here at once.
            await rows.execute("UPDATE deliveries SET due = now()")
            await crowd.start()
            await service.until(lambda: _arrived(browsers.values()) == PEOPLE, within=60)
            left = "SELECT count(*) FROM deliveries"
            await until(lambda: rows.fetchval(left), lambda count: not count)
        finally:
            await crowd.end()
            await rows.close()
        often = [len(browser.received) for browser in browsers.values()]
        assert min(often) == 1
        assert sum(often) - PEOPLE <= LOOPS * BATCH
        assert not service.refused


def _arrived(browsers: Iterable[Browser]) -> int:
    return sum(bool(browser.received) for browser in browsers)


async def test_a_provider_that_is_away_delays_its_pushes_and_no_others(
    database: Database, redis: str, tmp_path: Path
) -> None:
    url = (await database("notification")).url
    async with FcmServer().running() as fcm:
        file = str(fcm.credentials(tmp_path))
        async with opened(url, redis, fcm_credentials=file, fcm_url=fcm.url) as house:
            people = [house.person() for _ in range(40)]
            guild = house.guild(*people)
            for who in people:
                token = f"phone-{who}"
                form = {"provider": "fcm", "token": token, "platform": "ios"}
                await house.running.as_(who).post("/users/@me/devices", json=form)
                fcm.answers[token] = lambda _: None if fcm_is_up else BROKEN
            fcm_is_up = False
            browser = await house.browser(people[0])
            house.says(fresh(), house.general(guild), "both ways", guild=guild)
            await house.arrives(browser)
            await fcm.until(lambda: len(set(fcm.tries)) >= 20)
            tried = len(fcm.tries)
            house.says(fresh(), house.general(guild), "still there", guild=guild)
            await house.arrives(browser, 2)
            # Half of twenty failed: it is left alone for a while.
            assert len(fcm.tries) <= tried + 2 * len(people)
            fcm_is_up = True

            async def reached() -> set[str]:
                await house.rows.execute("UPDATE deliveries SET due = least(due, now())")
                return {each["token"] for each in fcm.taken}

            await until(reached, lambda tokens: len(tokens) == len(people), every=0.2)
