"""How pushes get to devices: queued, joined, retried, pruned, taken back."""

from __future__ import annotations

import pytest
from starlette.responses import Response

from contracts.ids import UserId
from contracts.rpc.notification import GreetDevices, Pushed
from tests.fixtures.push import always, first
from tests.service.notification_service.conftest import OpenHouse
from tests.service.notification_service.house import House, fresh

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_e1_every_device_of_a_person_is_pushed(house: House) -> None:
    """seeds.md E1: only one token per platform."""
    mina, channel = house.person(), fresh()
    browsers = [await house.browser(mina) for _ in range(3)]
    house.says(fresh(), channel, "to all of them", to=(mina,))
    for browser in browsers:
        await house.arrives(browser)


async def test_e4_dead_subscriptions_are_pruned_by_the_answer(house: House) -> None:
    """seeds.md E4: invalid tokens never pruned."""
    mina, channel = house.person(), fresh()
    dead = await house.browser(mina, house.service.browser(always(Response(status_code=410))))
    alive = await house.browser(mina)
    house.says(fresh(), channel, "one", to=(mina,))
    await house.arrives(alive)
    await house.keeps(mina, 1)
    house.says(fresh(), channel, "two", to=(mina,))
    await house.arrives(alive, 2)
    assert (dead.tries, dead.received) == (1, [])


async def test_e6_a_refusal_keeps_nobody_elses_push(house: House) -> None:
    """seeds.md E3, E6: one failure aborted the push for all; errors were swallowed."""
    mina, channel = house.person(), fresh()
    refusing = await house.browser(mina, house.service.browser(always(Response(status_code=413))))
    other = await house.browser(mina)
    house.says(fresh(), channel, "hello", to=(mina,))
    await house.arrives(other)
    await house.service.until(lambda: refusing.tries > 0)
    await house.counts('moim_push_sent_total{fate="refused",provider="webpush"}')


async def test_an_unwell_service_is_tried_again_as_late_as_it_asks(house: House) -> None:
    mina, channel = house.person(), fresh()
    busy = Response(status_code=429, headers={"Retry-After": "3600"})
    browser = await house.browser(mina, house.service.browser(first(1, busy)))
    house.says(fresh(), channel, "later then", to=(mina,))
    await house.service.until(lambda: browser.tries == 1)
    other = await house.browser(mina)
    house.says(fresh(), fresh(), "in between", to=(mina,))
    await house.arrives(other)
    asked = (
        "SELECT due - now() AS wait FROM deliveries WHERE user_id = $1 ORDER BY due DESC LIMIT 1"
    )
    wait = (await house.rows.fetchval(asked, mina)).total_seconds()
    assert 3_500 < wait < 3_600 * 1.2
    await house.rows.execute("UPDATE deliveries SET due = now() WHERE user_id = $1", mina)
    await house.service.until(lambda: len(browser.received) == 2)


async def test_nothing_is_queued_for_a_provider_that_is_not_configured(house: House) -> None:
    """And an operator who greets such a device is told so."""
    mina, channel = house.person(), fresh()
    browser = await house.browser(mina)
    form = {"provider": "fcm", "token": f"phone-{mina}", "platform": "ios"}
    await house.running.as_(mina).post("/users/@me/devices", json=form)
    house.says(fresh(), channel, "to the browser", to=(mina,))
    await house.arrives(browser)
    asked = "SELECT count(*) FROM deliveries WHERE user_id = $1 AND provider = 'fcm'"
    assert await house.rows.fetchval(asked, mina) == 0
    calls = await house.running.calls_from("user")
    told = await calls.ask(GreetDevices(user_id=UserId(mina)))
    assert told == Pushed(devices=1, unserved={"fcm": 1})


@pytest.mark.asyncio(loop_scope="function")
async def test_a_flood_in_a_channel_is_one_push(open_house: OpenHouse) -> None:
    async with open_house(wait=0.3, window=3_600) as house:
        mina = house.person(locale="ko")
        guild = house.guild(mina)
        browser = await house.browser(mina)
        channel = house.general(guild)
        for number in range(12):
            house.says(fresh(), channel, f"message {number}", guild=guild)
        (push,) = await house.arrives(browser)
        assert (push["title"], push["body"]) == ("#general, Book club", "새 메시지 12개")
        last = house.says(fresh(), channel, "after the push", guild=guild)
        row = await house.noted(mina, channel, last)
        # A channel is told once per window, and the next push counts anew.
        assert (row["due"] - row["told"]).total_seconds() == 3_600
        assert (row["fresh"], row["unread"]) == (1, 13)
        await house.nothing_but(mina, browser, "새 메시지 12개")
