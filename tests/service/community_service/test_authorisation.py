"""Every route of community_service and what it takes: strangers do not find the place, who sees it
and lacks one of the bits is refused, and exactly these bits are enough.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from unittest.mock import MagicMock

from community_service.api import routers
from contracts.permissions import EVERYTHING, NONE, Permission
from contracts.wire import timestamp
from tests.service.community_service.house import ALICE, BOB, CAROL, DOT, MALLORY, House

P = Permission
ALL_BUT_ADMINISTRATOR = EVERYTHING & ~P.ADMINISTRATOR
NO_GUILD, NO_CHANNEL = (404, 10004), (404, 10003)


@dataclass(frozen=True)
class Row:
    """One route. With these bits, and no others but to see the place, it is done."""

    method: str
    path: str
    needs: Permission = NONE
    form: Any = None
    or_else: Permission = NONE
    """Bits that are enough as well."""
    stranger: tuple[int, int] = NO_GUILD
    params: dict[str, str] = field(default_factory=dict)


GUILD, CHANNEL, MEMBER = "/guilds/{guild_id}", "/channels/{channel_id}", "/members/{user_id}"
RULES = f"{GUILD}/auto-moderation/rules"
RULE = {
    "name": "Quiet",
    "event_type": 1,
    "trigger_type": 1,
    "trigger_metadata": {"keyword_filter": ["x"]},
    "actions": [{"type": 1}],
}
EVENTS = f"{GUILD}/scheduled-events"
EVENT = {
    "name": "Night",
    "privacy_level": 2,
    "entity_type": 3,
    "entity_metadata": {"location": "Café"},
    "scheduled_start_time": "{soon}",
    "scheduled_end_time": "{later}",
}

ROWS = (
    Row("GET", GUILD),
    Row("PATCH", GUILD, P.MANAGE_GUILD, {"name": "Film club"}),
    Row("GET", f"{GUILD}/channels"),
    Row("POST", f"{GUILD}/channels", P.MANAGE_CHANNELS, {"name": "made"}),
    Row("PATCH", f"{GUILD}/channels", P.MANAGE_CHANNELS, [{"id": "{channel_id}", "position": 1}]),
    Row("GET", f"{GUILD}/roles"),
    Row("GET", f"{GUILD}/roles/member-counts"),
    Row("GET", f"{GUILD}/roles/{{role_id}}"),
    Row("POST", f"{GUILD}/roles", P.MANAGE_ROLES, {"name": "made"}),
    Row("PATCH", f"{GUILD}/roles", P.MANAGE_ROLES, [{"id": "{role_id}", "position": 1}]),
    Row("PATCH", f"{GUILD}/roles/{{role_id}}", P.MANAGE_ROLES, {"name": "other"}),
    Row("GET", f"{GUILD}/members"),
    Row("GET", f"{GUILD}/members/search", params={"query": "u"}),
    Row("GET", f"{GUILD}{MEMBER}"),
    Row("GET", "/users/@me/guilds/{guild_id}/member"),
    Row("PATCH", f"{GUILD}/members/@me", P.CHANGE_NICKNAME, {"nick": "x"}),
    Row("PATCH", f"{GUILD}/members/@me/nick", P.CHANGE_NICKNAME, {"nick": "z"}),
    Row("PATCH", f"{GUILD}{MEMBER}", P.MANAGE_NICKNAMES, {"nick": "y"}),
    Row("PATCH", f"{GUILD}{MEMBER}", P.MANAGE_ROLES, {"roles": ["{role_id}"]}),
    Row("PATCH", f"{GUILD}{MEMBER}", P.MUTE_MEMBERS, {"mute": True}),
    Row("PATCH", f"{GUILD}{MEMBER}", P.DEAFEN_MEMBERS, {"deaf": True}),
    Row("PATCH", f"{GUILD}{MEMBER}", P.MODERATE_MEMBERS, {"flags": 4}),
    Row(
        *("PATCH", f"{GUILD}{MEMBER}", P.MODERATE_MEMBERS),
        {"communication_disabled_until": "{soon}"},
    ),
    Row("PUT", f"{GUILD}{MEMBER}/roles/{{role_id}}", P.MANAGE_ROLES),
    Row("DELETE", f"{GUILD}{MEMBER}/roles/{{role_id}}", P.MANAGE_ROLES),
    Row("GET", f"{GUILD}/audit-logs", P.VIEW_AUDIT_LOG),
    Row("GET", f"{GUILD}/invites", P.MANAGE_GUILD),
    Row("GET", f"{GUILD}/webhooks", P.MANAGE_WEBHOOKS),
    Row("GET", f"{GUILD}/discovery-metadata", P.MANAGE_GUILD),
    Row("PATCH", f"{GUILD}/discovery-metadata", P.MANAGE_GUILD, {"keywords": ["books"]}),
    Row("GET", f"{GUILD}/emojis"),
    Row("GET", f"{GUILD}/emojis/{{emoji_id}}"),
    Row(
        *("POST", f"{GUILD}/emojis", P.CREATE_GUILD_EXPRESSIONS),
        {"name": "made", "image": DOT, "roles": []},
    ),
    Row("PATCH", f"{GUILD}/emojis/{{emoji_id}}", P.MANAGE_GUILD_EXPRESSIONS, {"name": "other"}),
    Row("DELETE", f"{GUILD}/emojis/{{emoji_id}}", P.MANAGE_GUILD_EXPRESSIONS),
    Row("GET", RULES, P.MANAGE_GUILD),
    Row("POST", RULES, P.MANAGE_GUILD, RULE),
    Row("GET", f"{RULES}/{{rule_id}}", P.MANAGE_GUILD),
    Row("PATCH", f"{RULES}/{{rule_id}}", P.MANAGE_GUILD, {"name": "Calm"}),
    Row("DELETE", f"{RULES}/{{rule_id}}", P.MANAGE_GUILD),
    Row("GET", EVENTS),
    Row("POST", EVENTS, P.CREATE_EVENTS, EVENT),
    Row("GET", f"{EVENTS}/{{event_id}}"),
    Row("GET", f"{EVENTS}/{{event_id}}/users"),
    Row("GET", f"{EVENTS}/{{event_id}}/users/counts"),
    Row("PUT", f"{EVENTS}/{{event_id}}/users/@me"),
    Row("DELETE", f"{EVENTS}/{{event_id}}/users/@me"),
    Row("PATCH", f"{EVENTS}/{{event_id}}", P.MANAGE_EVENTS, {"name": "Evening"}),
    Row("DELETE", f"{EVENTS}/{{event_id}}", P.MANAGE_EVENTS),
    Row("GET", f"{GUILD}/prune", P.KICK_MEMBERS | P.MANAGE_GUILD),
    Row("POST", f"{GUILD}/prune", P.KICK_MEMBERS | P.MANAGE_GUILD, {}),
    Row("PUT", f"{GUILD}/bans/{{stranger_id}}", P.BAN_MEMBERS),
    Row("GET", f"{GUILD}/bans", P.BAN_MEMBERS),
    Row("GET", f"{GUILD}/bans/{{stranger_id}}", P.BAN_MEMBERS),
    Row("DELETE", f"{GUILD}/bans/{{stranger_id}}", P.BAN_MEMBERS),
    Row(
        *("POST", f"{GUILD}/bulk-ban", P.BAN_MEMBERS | P.MANAGE_GUILD),
        {"user_ids": ["{stranger_id}"]},
    ),
    Row("DELETE", f"{GUILD}{MEMBER}", P.KICK_MEMBERS),
    Row(
        *("POST", "/oauth2/authorize", P.MANAGE_GUILD, {"guild_id": "{guild_id}"}),
        params={"client_id": "501", "scope": "bot"},
    ),
    Row("GET", CHANNEL, stranger=NO_CHANNEL),
    Row("PATCH", CHANNEL, P.MANAGE_CHANNELS, {"topic": "x"}, stranger=NO_CHANNEL),
    Row("POST", f"{CHANNEL}/clone", P.MANAGE_CHANNELS, {"name": "copy"}, stranger=NO_CHANNEL),
    Row("GET", f"{CHANNEL}/invites", P.MANAGE_CHANNELS, stranger=NO_CHANNEL),
    Row("POST", f"{CHANNEL}/invites", P.CREATE_INSTANT_INVITE, {}, stranger=NO_CHANNEL),
    Row("GET", f"{CHANNEL}/webhooks", P.MANAGE_WEBHOOKS, stranger=NO_CHANNEL),
    Row(
        *("POST", f"{CHANNEL}/webhooks", P.MANAGE_WEBHOOKS, {"name": "News"}),
        stranger=NO_CHANNEL,
    ),
    Row(
        *("PUT", f"{CHANNEL}/permissions/{{overwrite_id}}", P.MANAGE_ROLES, {"type": 0}),
        stranger=NO_CHANNEL,
    ),
    Row(
        *("DELETE", f"{CHANNEL}/permissions/{{overwrite_id}}", P.MANAGE_ROLES),
        stranger=NO_CHANNEL,
    ),
    Row("GET", "/webhooks/{webhook_id}", P.MANAGE_WEBHOOKS, stranger=(404, 10015)),
    Row(
        *("PATCH", "/webhooks/{webhook_id}", P.MANAGE_WEBHOOKS, {"name": "Old"}),
        stranger=(404, 10015),
    ),
    Row("DELETE", "/webhooks/{webhook_id}", P.MANAGE_WEBHOOKS, stranger=(404, 10015)),
    Row(
        *("DELETE", "/invites/{code}", P.MANAGE_GUILD),
        or_else=P.MANAGE_CHANNELS,
        stranger=(404, 10006),
    ),
    Row("DELETE", f"{GUILD}/roles/{{role_id}}", P.MANAGE_ROLES),
    Row("DELETE", CHANNEL, P.MANAGE_CHANNELS, stranger=NO_CHANNEL),
    Row("DELETE", "/users/@me/guilds/{guild_id}"),
)
"""What is made comes before what ends it."""

TAKES_NO_GUILD = {
    ("POST", "/guilds"),
    ("GET", "/users/@me/guilds"),
    ("GET", "/users/@me/scheduled-events"),
    ("PUT", "/guilds/{guild_id}/members/@me"),
    ("GET", "/invites/{code}"),
    ("POST", "/invites/{code}"),
    ("GET", "/oauth2/authorize"),
    ("GET", "/webhooks/{webhook_id}/{token}"),
    ("PATCH", "/webhooks/{webhook_id}/{token}"),
    ("DELETE", "/webhooks/{webhook_id}/{token}"),
    ("GET", "/discovery/categories"),
    ("GET", "/guild-templates"),
    ("GET", "/discoverable-guilds"),
}
"""For everybody, or for whoever holds a token or code."""
FOR_THE_OWNER = {("DELETE", "/guilds/{guild_id}"), ("POST", "/guilds/{guild_id}/mfa")}


_NAMED = re.compile(r"{[a-z_]+}")


async def test_no_route_is_left_out() -> None:
    known = {
        (method, _NAMED.sub("{}", route.path))
        for router in routers(MagicMock())
        for route in router.routes
        for method in route.methods
    }
    ruled = {(row.method, row.path) for row in ROWS} | TAKES_NO_GUILD | FOR_THE_OWNER
    listed = {(method, _NAMED.sub("{}", path)) for method, path in ruled}
    assert known == listed, "each route needs a row of ROWS"


def filled(value: Any, ids: dict[str, str]) -> Any:
    """The same with ids in the places of their names."""
    if isinstance(value, str):
        return value.format_map(ids) if "{" in value else value
    if isinstance(value, list):
        return [filled(one, ids) for one in value]
    if isinstance(value, dict):
        return {name: filled(one, ids) for name, one in value.items()}
    return value


async def prepared(house: House) -> dict[str, str]:
    """A guild with all that routes name. Bob stands above Carol and above the role, by a role that
    permits nothing.
    """
    house.neighbours.make_bot(501, BOB, "helper")
    house.neighbours.in_voice.update((ALICE, BOB, CAROL))
    guild = await house.guild(BOB, CAROL)
    await house.does(ALICE, "PATCH", f"/guilds/{guild}", json={"features": ["DISCOVERABLE"]})
    low, high = [await house.role(guild, name) for name in ("low", "high")]
    order = [{"id": low, "position": 1}, {"id": high, "position": 2}]
    await house.does(ALICE, "PATCH", f"/guilds/{guild}/roles", json=order)
    await house.does(ALICE, "PUT", f"/guilds/{guild}/members/{BOB}/roles/{high}")
    channel = (await house.channel(guild))["id"]
    hidden = {"id": guild, "type": 0, "deny": str(int(P.VIEW_CHANNEL))}
    emoji = {"name": "wave", "image": DOT, "roles": []}
    webhooks = f"/channels/{channel}/webhooks"
    now = house.running.service.clock.now()
    soon, later = (timestamp(now + timedelta(hours=hours)) for hours in (1, 2))
    times = {"soon": soon, "later": later}
    made = {
        "event_id": await house.does(
            ALICE, "POST", f"/guilds/{guild}/scheduled-events", json=filled(EVENT, times)
        ),
        "webhook_id": await house.does(ALICE, "POST", webhooks, json={"name": "News"}),
        "emoji_id": await house.does(ALICE, "POST", f"/guilds/{guild}/emojis", json=emoji),
        "rule_id": await house.does(
            ALICE, "POST", f"/guilds/{guild}/auto-moderation/rules", json=RULE
        ),
        "hidden_id": await house.channel(guild, permission_overwrites=[hidden]),
    }
    return {name: str(one["id"]) for name, one in made.items()} | {
        **times,
        "guild_id": guild,
        "channel_id": channel,
        "role_id": low,
        "overwrite_id": low,
        "user_id": str(CAROL),
        "stranger_id": str(77),
        "code": await house.invite(guild),
    }


async def test_strangers_the_powerless_and_those_with_exactly_the_bits(house: House) -> None:
    ids = await prepared(house)

    async def refused(who: int, row: Row, **other: str) -> tuple[int, int]:
        place = ids | other
        return await house.refused(
            who,
            row.method,
            row.path.format_map(place),
            json=filled(row.form, place),
            params=row.params,
        )

    for row in ROWS:
        where = f"{row.method} {row.path} {row.form}"
        assert await refused(MALLORY, row) == row.stranger, where
        await house.grant(ids["guild_id"], int(ALL_BUT_ADMINISTRATOR))
        if row.path.startswith(CHANNEL):
            assert await refused(BOB, row, channel_id=ids["hidden_id"]) == (403, 50001), where
        for bit in row.needs:
            lacking = ALL_BUT_ADMINISTRATOR & ~bit & ~row.or_else
            await house.grant(ids["guild_id"], int(lacking))
            assert await refused(BOB, row) == (403, 50013), where
        await house.grant(ids["guild_id"], int(row.needs | P.VIEW_CHANNEL))
        path, form = row.path.format_map(ids), filled(row.form, ids)
        await house.does(BOB, row.method, path, json=form, params=row.params)


async def test_nobody_but_the_owner_ends_a_guild(house: House) -> None:
    guild = await house.guild(BOB)
    await house.grant(guild, int(EVERYTHING))
    assert await house.refused(BOB, "DELETE", f"/guilds/{guild}") == (403, 50013)
    assert await house.refused(MALLORY, "DELETE", f"/guilds/{guild}") == NO_GUILD
    await house.does(ALICE, "DELETE", f"/guilds/{guild}")


async def test_a_guild_can_ask_a_second_factor_of_those_who_govern(house: House) -> None:
    guild = await house.guild(BOB, CAROL)
    await house.grant(guild, int(ALL_BUT_ADMINISTRATOR))
    path, strict = f"/guilds/{guild}/mfa", {"level": 1}
    assert await house.refused(ALICE, "POST", path, json=strict) == (403, 60003)
    assert (await house.asks(BOB, "POST", path, json=strict, factor=True)).status_code == 403
    assert (await house.asks(ALICE, "POST", path, json=strict, factor=True)).status_code == 200
    ban, nick = f"/guilds/{guild}/bans/77", f"/guilds/{guild}/members/@me"
    assert await house.refused(BOB, "PUT", ban) == (403, 60003)
    assert await house.refused(ALICE, "PUT", ban) == (403, 60003)
    await house.grant(guild, int(P.VIEW_CHANNEL | P.CHANGE_NICKNAME))
    assert await house.refused(BOB, "PUT", ban) == (403, 50013)
    await house.does(BOB, "PATCH", nick, json={"nick": "x"})
    assert (await house.asks(ALICE, "PUT", ban, factor=True)).status_code == 204
