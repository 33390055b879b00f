"""What happens by the clock: what a crash or a crowd left to do."""

from __future__ import annotations

from community_service.jobs import BATCH
from contracts import topics
from tests.service.community_service.house import BOB, House

OLD = """
INSERT INTO invites (code, guild_id, channel_id, inviter_id, max_age, max_uses, is_temporary, uses,
  created_at, expires_at)
SELECT 'old' || n, $1, $2, 11, 60, 0, false, 0, now(), now() - interval '1 s'
FROM generate_series(1, $3) n
"""


async def test_who_was_not_told_of_a_deletion_before_a_crash_is_told_later(house: House) -> None:
    await house.rows("INSERT INTO departures VALUES (77, $1)", BOB)
    await house.until_none_departs()
    assert await house.told(topics.user(BOB)) == [("GuildLeft", {"id": "77", "user_id": str(BOB)})]


async def test_invites_that_let_nobody_in_any_more_are_cleared_and_others_stay(
    house: House,
) -> None:
    guild = await house.guild()
    open_, used_up = await house.invite(guild), await house.invite(guild, max_uses=1)
    endless = await house.invite(guild, max_age=0)
    await house.does(BOB, "POST", f"/invites/{used_up}")
    general = (await house.channels(guild))["general"]["id"]
    await house.rows(OLD, int(guild), int(general), BATCH + 1)
    await house.running.job("invites")
    left = {row["code"] for row in await house.rows("SELECT code FROM invites")}
    assert left == {open_, endless}
