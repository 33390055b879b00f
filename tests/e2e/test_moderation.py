"""Somebody misbehaves: silenced at once, banned with all that was written, and out for good."""

from __future__ import annotations

from datetime import timedelta

import pytest

from chassis.clock import SystemClock
from contracts.intents import Intent
from contracts.wire import timestamp
from tests.fixtures.gateway_client import EVERYTHING
from tests.fixtures.houses import Newcomer
from tests.fixtures.patience import until

pytestmark = [pytest.mark.xdist_group("house"), pytest.mark.asyncio(loop_scope="session")]

INTENTS = EVERYTHING | int(Intent.GUILD_MODERATION)
WHY = {"X-Audit-Log-Reason": "%EB%8F%84%EB%B0%B0"}


async def test_a_ban_takes_everything_along_and_the_log_is_for_those_who_may_read_it(
    meet: Newcomer,
) -> None:
    mina, jun, rai = [await meet(name) for name in ("mina", "jun", "rai")]
    guild = (await mina.founds())["id"]
    channel = await mina.channel(guild)
    code = await mina.invites(channel)
    for friend in (jun, rai):
        await friend.joins(code)
    devices = [await one.gateway().open() for one in (mina, jun, rai)]
    for device in devices:
        await device.identify(INTENTS)
        await device.expect("GUILD_CREATE")
    hers, his, third = devices
    spam = await jun.sends(channel, "buy this")

    form = {"delete_message_seconds": 3_600}
    await mina.does("PUT", f"/guilds/{guild}/bans/{jun.id}", json=form, headers=WHY)
    entry = await hers.expect("GUILD_AUDIT_LOG_ENTRY_CREATE", lambda d: d["action_type"] == 22)
    assert (entry["target_id"], entry["user_id"], entry["reason"]) == (jun.id, mina.id, "도배")
    assert (await his.expect("GUILD_DELETE"))["id"] == guild
    for device in (hers, third):
        assert (await device.expect("GUILD_BAN_ADD"))["user"]["id"] == jun.id
        await device.expect("GUILD_MEMBER_REMOVE", lambda d: d["user"]["id"] == jun.id)
        gone = await device.expect("MESSAGE_DELETE_BULK")
        assert spam["id"] in gone["ids"]
    assert "buy this" not in await rai.reads(channel)
    assert await jun.refused("POST", f"/invites/{code}", json={}) == (403, 40007)
    assert not third.all("GUILD_AUDIT_LOG_ENTRY_CREATE")
    for device in devices:
        await device.shut(1000)


async def test_who_is_timed_out_falls_silent_at_once(meet: Newcomer) -> None:
    mina, jun = await meet("mina"), await meet("jun")
    guild = (await mina.founds())["id"]
    channel = await mina.channel(guild)
    await jun.joins(await mina.invites(channel))
    await jun.sends(channel, "hello")
    later = timestamp(SystemClock().now() + timedelta(hours=1))
    form = {"communication_disabled_until": later}
    await mina.does("PATCH", f"/guilds/{guild}/members/{jun.id}", json=form)
    path, words = f"/channels/{channel}/messages", {"content": "x"}
    # chat_service hears of it by an event, which is on its way when the answer comes.
    answer = await until(
        lambda: jun.ask("POST", path, json=words), lambda said: said.status_code == 403
    )
    assert answer.json()["code"] == 50013
    assert "hello" in await jun.reads(channel)
