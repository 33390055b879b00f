"""Overwrites over HTTP: put and taken away one by one, and followed within a category."""

from __future__ import annotations

from contracts import topics
from contracts.permissions import EVERYONE_DEFAULT, Permission
from tests.service.community_service.house import ALICE, BOB, CAROL, MALLORY, House

VIEW, SEND = int(Permission.VIEW_CHANNEL), int(Permission.SEND_MESSAGES)
ARRANGER = int(EVERYONE_DEFAULT | Permission.MANAGE_ROLES)


async def test_b14_one_more_member_is_let_into_a_private_channel(house: House) -> None:
    """B14: adding members to a private channel was never saved."""
    guild = await house.guild(BOB)
    hidden = [{"id": guild, "type": 0, "deny": str(VIEW)}]
    made = await house.channel(guild, name="plans", permission_overwrites=hidden)
    path = f"/channels/{made['id']}/permissions"
    assert "plans" not in await house.channels(guild, BOB)
    await house.does(ALICE, "PUT", f"{path}/{BOB}", json={"type": 1, "allow": VIEW, "deny": None})
    seen = (await house.channels(guild, BOB))["plans"]
    assert {"id": str(BOB), "type": 1, "allow": str(VIEW), "deny": "0"} in (
        seen["permission_overwrites"]
    )
    told = await house.told(topics.guild(int(guild)))
    assert told[-1] == ("ChannelUpdate", seen)
    await house.does(ALICE, "DELETE", f"{path}/{BOB}")
    assert "plans" not in await house.channels(guild, BOB)
    assert await house.refused(ALICE, "DELETE", f"{path}/{BOB}") == (404, 10009)


async def test_each_change_is_written_down_as_itself(house: House) -> None:
    guild = await house.guild()
    general = (await house.channels(guild))["general"]["id"]
    path = f"/channels/{general}/permissions/{guild}"
    for form in ({"type": 0, "deny": SEND}, {"type": 0, "deny": SEND}, {"allow": SEND}):
        await house.does(ALICE, "PUT", path, json=form)
    await house.does(ALICE, "DELETE", path)
    log = await house.does(ALICE, "GET", f"/guilds/{guild}/audit-logs")
    kinds = [entry["action_type"] for entry in log["audit_log_entries"]]
    assert kinds == [15, 14, 13], "the same word twice is no change"


async def test_nobody_grants_or_denies_what_they_do_not_hold_there(house: House) -> None:
    guild = await house.guild(BOB)
    general = (await house.channels(guild))["general"]["id"]
    path = f"/channels/{general}/permissions/{guild}"
    assert await house.refused(BOB, "PUT", path, json={"deny": SEND}) == (403, 50013)
    await house.grant(guild, ARRANGER)
    beyond = int(Permission.KICK_MEMBERS)
    for form in ({"allow": beyond}, {"deny": beyond}, {"allow": SEND | beyond}):
        assert await house.refused(BOB, "PUT", path, json=form) == (403, 50013)
    await house.does(BOB, "PUT", path, json={"deny": SEND})
    assert await house.refused(BOB, "DELETE", path) == (403, 50013), "not held there any more"


async def test_overwrites_are_about_roles_and_members_of_the_guild(house: House) -> None:
    guild = await house.guild(BOB)
    general = (await house.channels(guild))["general"]["id"]
    path = f"/channels/{general}/permissions"
    for target, kind in ((MALLORY, 1), (404, 0), (BOB, 0), (guild, 1)):
        form = {"type": kind, "allow": SEND}
        refusal = await house.refused(ALICE, "PUT", f"{path}/{target}", json=form)
        assert refusal == (400, 50035), (target, kind)
    for who, refusal in ((CAROL, (404, 10003)), (MALLORY, (404, 10003))):
        assert await house.refused(who, "PUT", f"{path}/{guild}", json={}) == refusal
        assert await house.refused(who, "DELETE", f"{path}/{guild}") == refusal


async def test_channels_in_step_with_their_category_follow_it(house: House) -> None:
    guild = await house.guild(BOB)
    box = await house.channel(guild, name="box", type=4)
    for name in ("a", "b", "own"):
        await house.channel(guild, name=name, parent_id=box["id"])
    own = (await house.channels(guild))["own"]["id"]
    await house.does(ALICE, "PUT", f"/channels/{own}/permissions/{guild}", json={"deny": SEND})
    bare = await house.channel(guild, name="bare", type=4)
    counts = []
    for category in (bare, box):
        path = f"/channels/{category['id']}/permissions/{guild}"
        with house.statements() as ran:
            await house.does(ALICE, "PUT", path, json={"deny": VIEW})
        counts.append(len(ran))
    assert counts[0] == counts[1], "however many follow"
    assert {"a", "b", "box"}.isdisjoint(seen := await house.channels(guild, BOB))
    assert "own" in seen
    told = await house.told(topics.guild(int(guild)))
    assert [body["name"] for _, body in told[-3:]] == ["box", "a", "b"]
    await house.does(ALICE, "PATCH", f"/channels/{box['id']}", json={"permission_overwrites": []})
    assert {"a", "b", "box", "own"} <= (await house.channels(guild, BOB)).keys()


async def test_b15_who_leaves_leaves_no_overwrite_behind(house: House) -> None:
    """B15: leaving did not reach the private channels one was let into."""
    guild = await house.guild(BOB)
    general = (await house.channels(guild))["general"]["id"]
    path = f"/channels/{general}/permissions/{BOB}"
    await house.does(ALICE, "PUT", path, json={"type": 1, "allow": SEND})
    await house.does(BOB, "DELETE", f"/users/@me/guilds/{guild}")
    assert (await house.channels(guild))["general"]["permission_overwrites"] == []
