"""READY and events ≡ a fresh READY: whatever changes about who may see what, a session knows
exactly the channels that it would be shown if it came anew, and nothing is said of any other.
"""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from typing import Any

import pytest

from contracts.events.channel import ChannelCreate, ChannelDelete, ChannelUpdate
from contracts.events.guild import GuildUpdate
from contracts.events.member import MemberUpdate
from contracts.events.role import RoleCreate, RoleDelete, RoleUpdate
from contracts.events.voice import StageInstanceDelete, StageInstanceUpdate
from contracts.ids import ChannelId, GuildId, MessageId, RoleId, Snowflake, UserId
from contracts.intents import Intent
from contracts.objects.channel import Channel, ChannelOverwrite, OverwriteType
from contracts.objects.role import Role
from contracts.objects.voice import StageInstance
from contracts.permissions import Permission
from contracts.rpc.signaling import GetVoiceStates
from tests.fixtures.clock import START
from tests.unit.gateway.house import (
    GUILD,
    Client,
    Gateway,
    World,
    channel,
    message,
    settled,
)
from tests.unit.gateway.live.anew import (
    MORE,
    PEOPLE,
    VIEW,
    Eyes,
    nobody_needs_to_reload,
    peopled,
    who_resumes_misses_nothing,
)

HIDDEN = (ChannelOverwrite(id=Snowflake(GUILD), type=OverwriteType.ROLE, deny=VIEW),)
GID = GuildId(GUILD)


def overwrite(whom: int, kind: OverwriteType, *, allow: int = 0, deny: int = 0) -> ChannelOverwrite:
    return ChannelOverwrite(id=Snowflake(whom), type=kind, allow=allow, deny=deny)


class Governor:
    """Changes the world as community_service does, and tells of it."""

    def __init__(self, world: World, dice: random.Random) -> None:
        self.world = world
        self.dice = dice
        self.number = 100

    def at_random(self) -> None:
        deeds: list[Callable[[], None]] = [
            *(self.update_channel,) * 4,
            *(self.roles_of_a_member,) * 4,
            *(self.update_role,) * 3,
            *(self.say,) * 3,
            *(self.speak,) * 4,
            self.create_channel,
            self.delete_channel,
            self.create_role,
            self.delete_role,
            self.transfer,
            self.leave_and_return,
            self.time_out,
        ]
        self.dice.choice(deeds)()

    @property
    def channels(self) -> list[Channel]:
        return self.world.channels[GUILD]

    @property
    def roles(self) -> tuple[Role, ...]:
        return self.world.guilds[GUILD].roles

    def bits(self) -> int:
        return self.dice.choice((0, 0, VIEW, int(Permission.SEND_MESSAGES)))

    def law(self) -> tuple[ChannelOverwrite, ...]:
        some = [overwrite(GUILD, OverwriteType.ROLE, deny=VIEW)] if self.dice.random() < 0.6 else []
        for role in self.dice.sample(self.roles[1:], min(2, len(self.roles) - 1)):
            some.append(overwrite(int(role.id), OverwriteType.ROLE, allow=self.bits()))
        if self.dice.random() < 0.4:
            person = self.dice.choice(PEOPLE)
            some.append(overwrite(person, OverwriteType.MEMBER, allow=self.bits()))
        return tuple(some)

    def update_channel(self, which: int | None = None, law: Any = None) -> None:
        if self.channels:
            at = self.dice.randrange(len(self.channels)) if which is None else which
            law = self.law() if law is None else law
            new = {"permission_overwrites": law, "name": f"n{self.number}"}
            self.number += 1
            self.channels[at] = self.channels[at].model_copy(update=new)
            self.world.redis.publish(ChannelUpdate(**self.channels[at].model_dump()))

    def create_channel(self) -> None:
        self.number += 1
        made = channel(self.number, overwrites=self.law())
        self.channels.append(made)
        self.world.redis.publish(ChannelCreate(**made.model_dump()))

    def delete_channel(self) -> None:
        if len(self.channels) > 1:
            gone = self.channels.pop(self.dice.randrange(len(self.channels)))
            self.world.redis.publish(ChannelDelete(**gone.model_dump()))
            for user_id, state in tuple(self.world.voices.get(GUILD, {}).items()):
                if state.channel_id == gone.id:
                    self.world.speak(user_id, None)

    def _take_roles(self, roles: tuple[Role, ...]) -> None:
        guild = self.world.guilds[GUILD].model_copy(update={"roles": roles})
        self.world.guilds[GUILD] = guild

    def update_role(self) -> None:
        old = self.dice.choice(self.roles)
        new = old.model_copy(update={"permissions": self.bits(), "color": self.number})
        self._take_roles(tuple(new if role.id == old.id else role for role in self.roles))
        self.world.redis.publish(RoleUpdate(guild_id=GID, role=new))

    def create_role(self) -> None:
        self.number += 1
        made = Role(id=RoleId(self.number), name="r", permissions=self.bits())
        self._take_roles((*self.roles, made))
        self.world.redis.publish(RoleCreate(guild_id=GID, role=made))

    def delete_role(self) -> None:
        if len(self.roles) > 2:
            gone = self.dice.choice(self.roles[1:])
            self._take_roles(tuple(role for role in self.roles if role.id != gone.id))
            for user_id, held in self.world.members[GUILD].items():
                kept = tuple(role for role in held.roles if role != gone.id)
                self.world.members[GUILD][user_id] = held.model_copy(update={"roles": kept})
            self.world.redis.publish(RoleDelete(guild_id=GID, role_id=gone.id))

    def _update_member(self, user_id: int, **new: Any) -> None:
        changed = self.world.members[GUILD][user_id].model_copy(update=new)
        self.world.members[GUILD][user_id] = changed
        self.world.redis.publish(MemberUpdate(guild_id=GID, **changed.model_dump()))

    def roles_of_a_member(self) -> None:
        count = self.dice.randrange(min(3, len(self.roles)))
        held = tuple(role.id for role in self.dice.sample(self.roles[1:], count))
        self._update_member(self.dice.choice(PEOPLE), roles=held)

    def time_out(self) -> None:
        until = START + timedelta(hours=1)
        self._update_member(self.dice.choice(PEOPLE), communication_disabled_until=until)

    def transfer(self) -> None:
        to = UserId(self.dice.choice((1, *PEOPLE)))
        self.world.guilds[GUILD] = self.world.guilds[GUILD].model_copy(update={"owner_id": to})
        self.world.redis.publish(GuildUpdate(**self.world.guilds[GUILD].model_dump()))

    def leave_and_return(self) -> None:
        user_id = self.dice.choice(PEOPLE)
        if self.world.guilds[GUILD].owner_id != user_id:
            self.world.leave(user_id, GUILD)
            if user_id in self.world.voices.get(GUILD, {}):
                self.world.speak(user_id, None)
            self.world.join(user_id, GUILD)

    def say(self) -> None:
        if self.channels:
            at = self.dice.randrange(len(self.channels))
            self.number += 1
            said = {"last_message_id": MessageId(self.number)}
            self.channels[at] = self.channels[at].model_copy(update=said)
            self.world.redis.publish(message(self.number, channel_id=int(self.channels[at].id)))

    def speak(self) -> None:
        user_id = self.dice.choice((1, *PEOPLE))
        channels = [int(each.id) for each in self.channels]
        if user_id in self.world.voices.get(GUILD, {}) or self.dice.random() < 0.7:
            self.world.speak(user_id, self.dice.choice([*channels, None]))


def shown_in(d: dict[str, Any]) -> dict[str, Any]:
    """What GUILD_CREATE says of channels, and of who is in voice there."""
    voices = {f"voice of {each['user_id']}": each["channel_id"] for each in d["voice_states"]}
    return {each["id"]: each for each in d["channels"]} | voices


def known_to(client: Client) -> dict[str, Any]:
    """The guild's channels by what this client was told, and who is in voice there; it must know
    whatever is spoken of.
    """
    known: dict[str, Any] = {}
    for event in client.events:
        t, d = event["t"], event["d"]
        if t == "GUILD_CREATE":
            known = shown_in(d)
        elif t == "VOICE_STATE_UPDATE" and d["channel_id"] is None:
            known.pop(f"voice of {d['user_id']}", None)
        elif t == "VOICE_STATE_UPDATE":
            assert d["channel_id"] in known
            known[f"voice of {d['user_id']}"] = d["channel_id"]
        elif t == "GUILD_DELETE":
            known = {}
        elif t == "CHANNEL_CREATE":
            known[d["id"]] = d
        elif t == "CHANNEL_UPDATE":
            assert d["id"] in known
            known[d["id"]] = d
        elif t == "CHANNEL_DELETE":
            known.pop(d["id"], None)
        elif t == "MESSAGE_CREATE":
            talk = known[d["channel_id"]]
            talk["last_message_id"] = max(d["id"], talk["last_message_id"] or "")
    return known


EYES = Eyes(known_to, shown_in)


@pytest.fixture
async def world() -> AsyncIterator[World]:
    async with peopled(r50=VIEW, r51=0) as world:
        yield world


@pytest.mark.parametrize("seed", [*range(6), *MORE])
async def test_ready_and_events_are_a_fresh_ready(world: World, seed: int) -> None:
    """Seeds B19, A12, A25: nobody needs to reload, and nobody is told of what they may not see."""
    await nobody_needs_to_reload(EYES, Governor(world, random.Random(seed)), most=4)


@pytest.mark.parametrize("seed", [*range(13), 102, 186, 200, *MORE])
async def test_a_session_that_resumes_is_told_what_it_gained_and_lost(
    world: World, seed: int
) -> None:
    """Wherever the stream was cut, and whatever changed since. 102: somebody was in voice in a
    channel that went. 186: the last that came was a channel, but not who is in voice there.
    200: people were parted from a channel that was hidden for a moment.
    """
    await who_resumes_misses_nothing(EYES, Governor(world, random.Random(seed)), most=4)


async def test_who_gains_a_channel_is_told_behind_what_gave_it(world: World) -> None:
    world.channels[GUILD][0] = channel(
        11, overwrites=(*HIDDEN, overwrite(50, OverwriteType.ROLE, allow=VIEW))
    )
    gateway, governor = await Gateway(world).start(), Governor(world, random.Random(1))
    person, bot = gateway.connect(), gateway.connect()
    world.enrol(100)
    await person.identify(2)
    await bot.identify(100, int(Intent.GUILD_MESSAGES))
    governor._update_member(2, roles=(RoleId(50),))
    governor._update_member(2, roles=())
    governor._update_member(100, roles=(RoleId(50),))
    await settled()
    person.read()
    bot.read()
    told = [(event["t"], event["d"].get("id")) for event in person.events[2:]]
    assert told == [
        ("GUILD_MEMBER_UPDATE", None),
        ("CHANNEL_CREATE", "11"),
        ("GUILD_MEMBER_UPDATE", None),
        ("CHANNEL_DELETE", "11"),
        ("GUILD_MEMBER_UPDATE", None),
    ]
    assert [event["t"] for event in bot.events[1:]] == ["GUILD_MEMBER_UPDATE"], "it has no GUILDS"


async def test_a_change_is_worked_out_once_for_all_who_hold_the_same(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Seed C5 in its spirit: what a change costs does not depend on how many are here."""
    from gateway.live import layout

    for user_id in range(1_000, 1_200):
        world.enrol(user_id, GUILD, 51)
    gateway, governor = await Gateway(world).start(), Governor(world, random.Random(1))
    for user_id in range(1_000, 1_200):
        await gateway.connect().identify(user_id)
    decided: list[Any] = []
    compute = layout.compute
    monkeypatch.setattr(layout, "compute", lambda facts: decided.append(facts) or compute(facts))
    governor.update_channel(0, HIDDEN)
    governor.update_channel(0, ())
    await settled()
    assert len(decided) <= 8


async def test_who_hears_a_channel_is_worked_out_anew_only_when_somebody_stands_otherwise(
    world: World,
) -> None:
    gateway, governor = await Gateway(world).start(), Governor(world, random.Random(1))
    world.enrol(9)
    await gateway.connect().identify(2)
    place = gateway.lobby.hub.atlas.guild_at(GUILD)
    assert place is not None

    async def is_kept(user_id: int, **change: Any) -> bool:
        governor.say()
        await settled()
        known = set(place._audiences)
        governor._update_member(user_id, **change)
        await settled()
        return bool(known) and known <= set(place._audiences)

    assert await is_kept(2, nick="Nick")
    assert await is_kept(9, roles=(RoleId(50),)), "is not here"
    assert not await is_kept(2, communication_disabled_until=START + timedelta(hours=1))
    assert not await is_kept(2, roles=(RoleId(50),))


async def test_who_is_in_voice_is_told_later_when_nobody_can_say_at_first(world: World) -> None:
    """Nobody waits for voice to see their communities."""
    world.speak(3, 11)
    world.away.add(GetVoiceStates)
    gateway = await Gateway(world).start()
    client = gateway.connect()
    await client.identify(2)
    assert client.all("GUILD_CREATE")[0]["voice_states"] == []
    world.away.clear()
    await gateway.clock.until_asleep()
    gateway.clock.advance(2)
    await client.until(lambda: client.has("VOICE_STATE_UPDATE"))
    assert known_to(client)["voice of 3"] == "11"


async def test_an_open_stage_is_told_to_those_who_see_its_channel(world: World) -> None:
    place = {"guild_id": GID, "channel_id": ChannelId(11)}
    stage = StageInstance(id=Snowflake(5), topic="Tea", **place)
    world.stages.append(stage)
    gateway, governor = await Gateway(world).start(), Governor(world, random.Random(1))
    early = gateway.connect()
    await early.identify(2)
    assert early.all("GUILD_CREATE")[0]["stage_instances"] == [stage.dump()]
    after = stage.model_copy(update={"topic": "Coffee"})
    world.redis.publish(StageInstanceUpdate(**dict(after)))
    await early.until(lambda: early.has("STAGE_INSTANCE_UPDATE"))
    late = gateway.connect()
    await late.identify(3)
    assert late.all("GUILD_CREATE")[0]["stage_instances"] == [after.dump()]
    at = next(n for n, each in enumerate(world.channels[GUILD]) if each.id == 11)
    governor.update_channel(at, HIDDEN)
    blind = gateway.connect()
    await blind.identify(3)
    assert blind.all("GUILD_CREATE")[0]["stage_instances"] == []
    governor.update_channel(at, ())
    world.redis.publish(StageInstanceDelete(**dict(after)))
    await early.until(lambda: early.has("STAGE_INSTANCE_DELETE"))
    last = gateway.connect()
    await last.identify(3)
    assert last.all("GUILD_CREATE")[0]["stage_instances"] == []
