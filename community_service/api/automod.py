"""`/guilds/{guild_id}/auto-moderation/rules`."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from fastapi import APIRouter, Response
from pydantic import Field, StringConstraints, model_validator

from chassis.http import answer, nothing
from chassis.identity import Actor
from community_service import actions, views
from community_service.domain.automod import usual
from community_service.tools import Units
from contracts import limits
from contracts.ids import ChannelId, GuildId, RoleId, Snowflake
from contracts.objects.automod import Preset, Trigger, event_of
from contracts.wire import JSON, KEPT, Form, Text

_Keyword = Annotated[str, StringConstraints(min_length=1, max_length=limits.AUTOMOD_KEYWORD), KEPT]
_Pattern = Annotated[str, StringConstraints(min_length=1, max_length=limits.AUTOMOD_PATTERN), KEPT]
_Name = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=limits.AUTOMOD_NAME),
    KEPT,
]


class _Block(Form):
    """What is said to those who are stopped."""

    custom_message: Text | None = Field(None, max_length=limits.AUTOMOD_MESSAGE)


class Block(Form):
    """Stop the message."""

    type: Literal[1]
    metadata: _Block | None = None


class _Where(Form):
    channel_id: ChannelId


class Alert(Form):
    """Say it in a channel."""

    type: Literal[2]
    metadata: _Where


class _HowLong(Form):
    duration_seconds: int = Field(ge=1, le=limits.TIMEOUT_DAYS * 86_400)


class Timeout(Form):
    """Silence who wrote it."""

    type: Literal[3]
    metadata: _HowLong


class Quarantine(Form):
    """Leave who is called so nothing but reading."""

    type: Literal[4]
    metadata: dict[str, Any] | None = None


class Metadata(Form):
    """What triggers a rule, of whatever kind it is."""

    keyword_filter: tuple[_Keyword, ...] | None = Field(None, max_length=limits.AUTOMOD_KEYWORDS)
    regex_patterns: tuple[_Pattern, ...] | None = Field(None, max_length=limits.AUTOMOD_PATTERNS)
    allow_list: tuple[_Keyword, ...] | None = Field(None, max_length=limits.AUTOMOD_KEYWORDS)
    presets: tuple[Preset, ...] | None = Field(None, max_length=3)
    mention_total_limit: int | None = Field(None, ge=0, le=limits.AUTOMOD_MENTIONS)
    mention_raid_protection_enabled: bool | None = None

    def said(self) -> JSON:
        """What was sent, as it is kept."""
        return self.model_dump(mode="json", exclude_none=True)


_Action = Annotated[Block | Alert | Timeout | Quarantine, Field(discriminator="type")]
_Actions = Annotated[tuple[_Action, ...], Field(min_length=1, max_length=5)]
_Roles = Annotated[tuple[RoleId, ...], Field(max_length=limits.AUTOMOD_ROLES)]
_Channels = Annotated[tuple[ChannelId, ...], Field(max_length=limits.AUTOMOD_CHANNELS)]


class RuleChanges(Form):
    """The body that edits a rule. Null leaves a field as it is."""

    name: _Name | None = None
    event_type: Literal[1, 2] | None = None
    actions: _Actions | None = None
    enabled: bool | None = None
    exempt_roles: _Roles | None = None
    exempt_channels: _Channels | None = None
    trigger_metadata: Metadata | None = None

    def said(self) -> dict[str, Any]:
        """What was sent, as the domain names it."""
        said: dict[str, Any] = {}
        for name in ("name", "enabled", "exempt_roles", "exempt_channels"):
            if (value := getattr(self, name)) is not None:
                said[name] = tuple(map(int, value)) if isinstance(value, tuple) else value
        if self.actions is not None:
            said["actions"] = tuple(map(_kept, self.actions))
        if self.trigger_metadata is not None:
            said["metadata"] = self.trigger_metadata.said()
        return said


class NewRule(RuleChanges):
    """The body that makes one."""

    name: _Name
    event_type: Literal[1, 2]
    trigger_type: Trigger

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.event_type != event_of(self.trigger_type):
            raise ValueError("This kind of rule is about another kind of event.")
        return self

    def said(self) -> dict[str, Any]:
        """What was sent; a rule that says not what it does stops what it is about."""
        return {"actions": (usual(self.trigger_type),), **super().said()}


class AutoModDoor:
    """The handlers."""

    def __init__(self, units: Units) -> None:
        self._units = units

    async def of_guild(self, guild_id: GuildId, actor: Actor) -> Response:
        """All of them."""
        async with self._units.reading(actor) as unit:
            found = await actions.automod.of_guild(unit, guild_id)
        return answer([views.automod_rule(one) for one in found])

    async def get(self, guild_id: GuildId, rule_id: Snowflake, actor: Actor) -> Response:
        """One of them."""
        async with self._units.reading(actor) as unit:
            found = await actions.automod.one(unit, guild_id, rule_id)
        return answer(views.automod_rule(found))

    async def create(self, guild_id: GuildId, form: NewRule, actor: Actor) -> Response:
        """A new rule."""
        async with self._units.open(actor) as unit:
            made = await actions.automod.create(unit, guild_id, form.trigger_type, form.said())
        return answer(views.automod_rule(made))

    async def change(
        self, guild_id: GuildId, rule_id: Snowflake, form: RuleChanges, actor: Actor
    ) -> Response:
        """Otherwise."""
        async with self._units.open(actor) as unit:
            changed = await actions.automod.edit(unit, guild_id, rule_id, form.said())
        return answer(views.automod_rule(changed))

    async def delete(self, guild_id: GuildId, rule_id: Snowflake, actor: Actor) -> Response:
        """Gone."""
        async with self._units.open(actor) as unit:
            await actions.automod.remove(unit, guild_id, rule_id)
        return nothing()


def _kept(action: Block | Alert | Timeout | Quarantine) -> JSON:
    metadata = action.metadata
    if metadata is None or isinstance(metadata, dict):
        return {"type": action.type, "metadata": {}}
    said = metadata.model_dump(mode="json", exclude_none=True)
    return {"type": action.type, "metadata": said}


def router(units: Units) -> APIRouter:
    """The routes."""
    door = AutoModDoor(units)
    routes = APIRouter(prefix="/guilds/{guild_id}/auto-moderation/rules")
    routes.get("")(door.of_guild)
    routes.post("")(door.create)
    routes.get("/{rule_id}")(door.get)
    routes.patch("/{rule_id}")(door.change)
    routes.delete("/{rule_id}")(door.delete)
    return routes
