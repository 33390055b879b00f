"""Every operation of the reference by every kind of caller, through the public port.

The operations come from the house's own OpenAPI, so a new one is in this matrix before anybody
thinks of it. Whoever lacks power comes first: nothing of what they try may change the community.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import pytest

from contracts.permissions import Permission
from stack.suite import Suite
from tests.fixtures.houses import Newcomer
from tests.fixtures.people import Person

pytestmark = [pytest.mark.xdist_group("house"), pytest.mark.asyncio(loop_scope="session")]

ALL = sum(Permission) & ~Permission.ADMINISTRATOR
SEEING = Permission.VIEW_CHANNEL | Permission.READ_MESSAGE_HISTORY
AT_ONCE = 8

PLACED = ("{guild_id}", "{channel_id}", "{webhook_id}")
"""Slots that put an operation into a community."""
OWN = (
    *("get_users_me_guilds", "patch_users_me_guilds"),
    *("put_users_me_saved_messages", "delete_users_me_saved_messages"),
)
"""What one keeps for oneself about a community, in it or not."""
MEMBERS_MAY = {
    "delete_my_message_reaction",
    "leave_guild",
    "put_guilds_members_me",
}
"""Changes that need no permission: of oneself only."""
MEMBERS_MAY_PREFIXES = (
    *("post_channels_messages_ack", "delete_channels_messages_ack"),
    *("post_channels_pins_ack", "post_guilds_ack"),
)
ENDS_ITSELF = {"post_auth_logout", "post_auth_sessions_logout"}
"""Not tried with the token that the rest of the row needs."""
JOINS = {"post_invites_of"}
"""Makes a stranger a member, and is meant to."""
LAST = {"leave_guild", "delete_guilds_of"}
OF_OTHERS = {
    "delete_guilds_of": "the owner alone",
    "post_guilds_mfa": "an owner who has a second factor",
    "update_message": "the author alone",
    "add_group_dm_user": "people, in conversations of several",
    "delete_group_dm_user": "people, in conversations of several",
    "update_voice_channel_status": "who may, in a channel of voice",
    **dict.fromkeys(
        ("get_stage_instance", "update_stage_instance", "delete_stage_instance"),
        "who may, in a channel that is a stage",
    ),
    **dict.fromkeys(
        (
            *("list_guild_application_commands", "create_guild_application_command"),
            *("bulk_set_guild_application_commands", "get_guild_application_command"),
            *("update_guild_application_command", "delete_guild_application_command"),
            "list_guild_application_command_permissions",
            "get_guild_application_command_permissions",
            "set_guild_application_command_permissions",
        ),
        "the application that offers them, and people who say for whom",
    ),
    **dict.fromkeys(
        (
            *("get_stage_instance", "update_stage_instance", "delete_stage_instance"),
            *("update_voice_channel_status", "get_channels_voice_attendance"),
            *("post_channels_recordings", "post_channels_recordings_stop"),
        ),
        "channels where people talk, and the one of this table is of text",
    ),
}
"""Refused even to the mighty, and whose it is."""
ABOVE = ("{role_id}", "{user_id}")
"""Slots that are filled with what stands above the lower moderator."""


@dataclass(frozen=True)
class Operation:
    """One of the reference."""

    name: str
    method: str
    path: str
    is_anonymous: bool
    is_ours: bool
    """Beyond the published API: mostly for people."""
    body: Any

    @property
    def is_placed(self) -> bool:
        """Whether it concerns a community."""
        return any(slot in self.path for slot in PLACED) and not self.name.startswith(OWN)

    @property
    def is_reading(self) -> bool:
        """Whether it changes nothing."""
        return self.method == "get"

    @property
    def is_free(self) -> bool:
        """Whether a member needs no permission for it."""
        return self.name in MEMBERS_MAY or self.name.startswith(MEMBERS_MAY_PREFIXES)


@dataclass
class World:
    """A community with something of everything, and what fills the slots of paths."""

    owner: Person
    guild: str = ""
    slots: dict[str, str] = field(default_factory=dict)

    async def settle(self, target: Person) -> None:
        """Found it."""
        owner = self.owner
        self.guild = (await owner.founds("Archive"))["id"]
        channel = await owner.channel(self.guild)
        welcome = await owner.invites(channel, max_age=0)
        await target.joins(welcome)
        role = await self.role("Elders", 0, target)
        message = await owner.sends(channel, "stays")
        webhook = await owner.does("POST", f"/channels/{channel}/webhooks", json={"name": "News"})
        self.slots = {
            "guild_id": self.guild,
            "channel_id": channel,
            "role_id": role,
            "overwrite_id": role,
            "user_id": target.id,
            "message_id": message["id"],
            "webhook_id": webhook["id"],
            "webhook_token": webhook["token"],
            "token": webhook["token"],
            "code": welcome,
            "emoji_name": quote("👍"),
            "emoji": quote("👍"),
            "answer_id": "1",
        }

    async def role(self, name: str, permissions: int, *holders: Person) -> str:
        """A role on top of all others so far, and who holds it."""
        owner, roles = self.owner, f"/guilds/{self.guild}/roles"
        form = {"name": name, "permissions": str(int(permissions))}
        made: str = (await owner.does("POST", roles, json=form))["id"]
        top = len(await owner.does("GET", roles)) - 1
        await owner.does("PATCH", roles, json=[{"id": made, "position": top}])
        for holder in holders:
            await owner.does("PUT", f"/guilds/{self.guild}/members/{holder.id}/roles/{made}")
        return made

    async def admits(self, *people: Person) -> None:
        """They are members now."""
        for person in people:
            await person.joins(self.slots["code"])

    async def looks(self) -> Any:
        """Everything that could have been changed, as its owner sees it."""
        guild, slots = f"/guilds/{self.guild}", self.slots
        paths = [guild, f"{guild}/roles", f"{guild}/channels", f"{guild}/webhooks", f"{guild}/bans"]
        paths += [f"{guild}/invites", f"{guild}/emojis", f"{guild}/members/{slots['user_id']}"]
        paths += [f"/channels/{slots['channel_id']}/messages"]
        return await asyncio.gather(*(self.owner.does("GET", path) for path in paths))

    def path(self, operation: Operation) -> str:
        """With its slots filled; what this world has none of is number 1."""
        return "/".join(
            self.slots.get(segment[1:-1], "1") if segment.startswith("{") else segment
            for segment in operation.path.split("/")
        )


PLAIN = {"integer": 1, "number": 1, "boolean": True, "array": []}
FORMS: Mapping[str, Any] = {
    "update_guild": {"name": "Taken over"},
    "update_guild_member": {"nick": "taken over"},
    "update_my_guild_member": {"nick": "taken over"},
    "update_guild_role": {"name": "Taken over"},
    "update_channel": {"name": "taken-over"},
    "update_webhook": {"name": "Taken over"},
    "update_message": {"content": "taken over"},
}
"""Where the least that a form takes would ask for nothing."""


def sample(schema: Mapping[str, Any], whole: Mapping[str, Any]) -> Any:
    """The least that a form takes."""
    if "$ref" in schema:
        schema = whole[schema["$ref"].rpartition("/")[2]]
    for word in ("anyOf", "oneOf", "allOf"):
        if word in schema:
            return sample(schema[word][0], whole)
    if "enum" in schema:
        return schema["enum"][0]
    kind = schema.get("type", "string")
    if kind == "object":
        needed, fields = schema.get("required", ()), schema.get("properties", {})
        return {name: sample(fields[name], whole) for name in needed if name in fields}
    if kind == "array" and schema.get("minItems"):
        return [sample(schema["items"], whole)]
    if kind in PLAIN:
        return schema.get("minimum", PLAIN[kind])
    return "sample".ljust(schema.get("minLength", 1), "x")[: schema.get("maxLength", 100)]


def operations_of(document: Mapping[str, Any]) -> Iterator[Operation]:
    """What can be asked, changes that end something last."""
    shapes = document["components"]["schemas"]
    found = []
    for path, item in document["paths"].items():
        for method, told in item.items():
            if "servers" in told:
                continue
            content = told.get("requestBody", {}).get("content", {}).get("application/json", {})
            body = sample(content["schema"], shapes) if content.get("schema") else None
            name, is_anonymous = told["operationId"], told["security"] == [{}]
            is_ours, body = told["x-extension"], FORMS.get(name, body)
            found.append(Operation(name, method, path, is_anonymous, is_ours, body))
    order = ("get", "post", "put", "patch", "delete")
    yield from sorted(
        found, key=lambda each: (each.name in LAST, order.index(each.method), -len(each.path))
    )


Cell = tuple[Operation, int]


async def asked(kind: str, person: Person, world: World, known: list[Operation]) -> list[Cell]:
    """The status of every operation, asked by one caller. Accounts are no matter of communities:
    what concerns none is asked by those who are in none.
    """
    gate = asyncio.Semaphore(AT_ONCE)

    async def ask(operation: Operation) -> Cell:
        async with gate:
            more = {"json": operation.body} if operation.body is not None else {}
            answer = await person.ask(operation.method.upper(), world.path(operation), **more)
        return operation, answer.status_code

    everything = kind in EVERYTHING
    chosen = [each for each in known if everything or each.is_placed]
    chosen = [each for each in chosen if each.name not in (ENDS_ITSELF | JOINS)]
    tried = [await asyncio.gather(*(ask(each) for each in chosen if each.name not in LAST))]
    for each in chosen:
        if each.name in LAST:
            tried.append([await ask(each)])
    return [cell for cells in tried for cell in cells]


EVERYTHING = ("nobody", "dead token", "stranger")
Rule = Callable[[Operation, int], bool]


def _unknown(operation: Operation, status: int) -> bool:
    if not operation.is_anonymous:
        return status == 401
    # A secret in the path may be wrong too.
    return status >= 300 if operation.is_placed else status != 401


def _outside(operation: Operation, status: int) -> bool:
    return not (operation.is_placed and status < 300)


def _powerless(operation: Operation, status: int) -> bool:
    is_harmless = operation.is_reading or operation.is_free or not operation.is_placed
    return is_harmless or status >= 300


def _below(operation: Operation, status: int) -> bool:
    is_above = operation.is_placed and any(slot in operation.path for slot in ABOVE)
    is_of_own = operation.is_reading or "reactions" in operation.path
    return not is_above or is_of_own or status >= 300


def _mighty(operation: Operation, status: int) -> bool:
    return status != 403 or operation.name in OF_OTHERS or not operation.is_placed


def _mighty_bot(operation: Operation, status: int) -> bool:
    return _mighty(operation, status) or operation.is_ours


RULES: Mapping[str, Rule] = {
    "nobody": _unknown,
    "dead token": _unknown,
    "stranger": _outside,
    "strange bot": _outside,
    "banned": _outside,
    "member without a bit": _powerless,
    "bot without a bit": _powerless,
    "timed out": _powerless,
    "lower moderator": _below,
    "administrator": _mighty,
    "mighty bot": _mighty_bot,
    "owner": _mighty,
}
"""Whether a status is what this kind of caller may be told."""


def is_right(kind: str, operation: Operation, status: int) -> bool:
    """Nothing may break, a known caller is known, and the caller's own rule."""
    is_known = kind in ("nobody", "dead token") or operation.is_anonymous or status != 401
    return status < 500 and is_known and RULES[kind](operation, status)


def told(rows: Mapping[str, list[Cell]]) -> list[str]:
    """Each wrong cell in a line."""
    return [
        f"{kind}: {operation.method.upper()} {operation.path} ({operation.name}) → {status}"
        for kind, cells in rows.items()
        for operation, status in cells
        if not is_right(kind, operation, status)
    ]


async def operations(person: Person) -> list[Operation]:
    """Those of the house."""
    return list(operations_of(await person.does("GET", "/openapi.json")))


async def test_who_lacks_power_changes_nothing(house: Suite, meet: Newcomer) -> None:
    names = ("owner", "target", "stranger", "banned", "member", "silenced", "lower", "other")
    owner, target, stranger, banned, member, silenced, lower, other = await asyncio.gather(
        *(meet(name) for name in names)
    )
    world = World(owner)
    await world.settle(target)
    await world.admits(banned, member, silenced, lower)
    guild = f"/guilds/{world.guild}"
    weak_bot, strange_bot = await other.makes_bot("weak"), await other.makes_bot("strange")
    await owner.lets_in(weak_bot, world.guild)
    await world.role("Moderators", ALL, lower, silenced)
    elders = world.slots["role_id"]
    await owner.does("PATCH", f"{guild}/roles", json=[{"id": elders, "position": 3}])
    plain = {"permissions": str(int(SEEING))}
    await owner.does("PATCH", f"{guild}/roles/{world.guild}", json=plain)
    await owner.does("PUT", f"{guild}/bans/{banned.id}", json={})
    until = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    form = {"communication_disabled_until": until}
    await owner.does("PATCH", f"{guild}/members/{silenced.id}", json=form)
    world.slots |= {"token": "guessed", "webhook_token": "guessed"}
    known = await operations(owner)
    before = await world.looks()
    nobody = Person(house.url, "nobody", {"user_id": "0", "token": ""})
    dead = Person(house.url, "dead", {"user_id": "0", "token": f"{member.token[:-6]}abcdef"})
    callers = {
        "nobody": nobody,
        "dead token": dead,
        "stranger": stranger,
        "strange bot": strange_bot,
        "banned": banned,
        "member without a bit": member,
        "bot without a bit": weak_bot,
        "timed out": silenced,
    }
    rows = {kind: await asked(kind, caller, world, known) for kind, caller in callers.items()}
    after = await world.looks()
    rows["lower moderator"] = await asked("lower moderator", lower, world, known)
    assert not told(rows), "\n".join(told(rows))
    assert before == after
    assert await owner.does("GET", f"{guild}/members/{target.id}")
    assert await owner.does("GET", f"{guild}/roles/{elders}")
    for person in (nobody, dead, weak_bot, strange_bot):
        await person.leave()


@pytest.mark.parametrize("kind", ["administrator", "mighty bot", "owner"])
async def test_who_has_power_is_never_refused_for_lack_of_it(meet: Newcomer, kind: str) -> None:
    owner, target, member = await asyncio.gather(*(meet(n) for n in ("owner", "target", "member")))
    world = World(owner)
    await world.settle(target)
    caller = owner
    if kind == "administrator":
        await world.admits(member)
        caller = member
    elif kind == "mighty bot":
        caller = await member.makes_bot("mighty")
        await owner.lets_in(caller, world.guild)
    if caller is not owner:
        await world.role("Admins", Permission.ADMINISTRATOR, caller)
    found = told({kind: await asked(kind, caller, world, await operations(owner))})
    assert not found, "\n".join(found)
    await caller.leave()
