"""Founding: a plan becomes a guild in which every key is an id."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from itertools import count
from typing import Any

import pytest

from community_service.domain.channels import ChannelDraft
from community_service.domain.founding import (
    ChannelPlan,
    Founding,
    Plan,
    RolePlan,
    can_found,
    found,
)
from community_service.domain.templates import PLAIN, TEMPLATES, language_of, plan_of
from contracts.errors import Invalid
from contracts.objects.channel import ChannelOverwrite, ChannelType, OverwriteType
from contracts.permissions import EVERYONE_DEFAULT, Permission

TEXT, CATEGORY = ChannelType.TEXT, ChannelType.CATEGORY
VIEW = int(Permission.VIEW_CHANNEL)


def founded(plan: Plan) -> Founding:
    assert can_found(plan) is None
    ids = count(101)
    return found(plan, guild_id=100, name="Book club", owner_id=7, new_id=lambda: next(ids))


def about(key: int, kind: OverwriteType = OverwriteType.ROLE) -> ChannelOverwrite:
    return ChannelOverwrite(id=key, type=kind, deny=VIEW)


def room(key: int, parent: int | None = None, *rules: ChannelOverwrite, **more: Any) -> ChannelPlan:
    kind = more.pop("kind", TEXT)
    return ChannelPlan(key, ChannelDraft(kind, f"room {key}", parent, rules or None, more))


OWN = Plan(
    channels=(room(5, 4), room(4, kind=CATEGORY), room(6, 4, about(1), about(2))),
    roles=(RolePlan(1, {"permissions": VIEW}), RolePlan(2, {"name": "mods"}), RolePlan(3, {})),
    settings={"system_channel_id": 5, "afk_timeout": None, "verification_level": 2},
)


def test_a_new_guild_has_a_place_to_write_and_a_place_to_talk() -> None:
    new = founded(plan_of(PLAIN, "en"))
    texts, voices, general, lounge = new.channels
    assert [one.name for one in new.channels] == [
        "Text channels",
        "Voice channels",
        "general",
        "General",
    ]
    assert (general.parent_id, lounge.parent_id) == (texts.id, voices.id)
    assert [one.position for one in new.channels] == [0, 1, 0, 0]
    assert lounge.bitrate
    assert (new.guild.system_channel_id, new.guild.preferred_locale) == (general.id, "en-US")
    (everyone,) = new.roles
    assert (everyone.id, everyone.permissions) == (100, EVERYONE_DEFAULT)


def test_a_plan_of_ones_own_is_followed_with_ids_for_its_keys() -> None:
    new = founded(OWN)
    everyone, mods, third = new.roles
    assert (everyone.id, everyone.permissions, everyone.name) == (100, VIEW, "@everyone")
    assert [(one.name, one.position, one.permissions) for one in (mods, third)] == [
        ("mods", 1, VIEW),
        ("new role", 2, VIEW),
    ]
    box, first, second = new.channels
    assert (first.parent_id, second.parent_id, second.position) == (box.id, box.id, 1)
    assert [int(one.id) for one in second.overwrites] == [100, mods.id]
    assert new.guild.system_channel_id == first.id
    assert (new.guild.afk_timeout, new.guild.verification_level) == (300, 2)


@pytest.mark.parametrize(
    "changes",
    [
        {"channels": (room(5), room(5))},
        {"roles": (RolePlan(1, {}), RolePlan(1, {}))},
        {"channels": (room(5, 4),)},
        {"channels": (room(5, 6), room(6))},
        {"channels": (room(4, kind=CATEGORY), room(6, 4, kind=CATEGORY))},
        {"channels": (room(5, None, about(9)),)},
        {"channels": (room(5, None, about(7, OverwriteType.MEMBER)),)},
        {"channels": (room(5, kind=ChannelType.DM),)},
        {"channels": (room(4, kind=CATEGORY), *(room(10 + n, 4) for n in range(51)))},
        {"settings": {"afk_channel_id": 404}},
    ],
)
def test_a_plan_that_means_nothing_is_refused(changes: Mapping[str, Any]) -> None:
    plan = replace(OWN, **{"settings": {}, **changes})
    assert isinstance(can_found(plan), Invalid)


@pytest.mark.parametrize("name", TEMPLATES)
@pytest.mark.parametrize("language", ["ko", "en"])
def test_every_template_can_be_founded_in_both_languages(name: str, language: str) -> None:
    new = founded(plan_of(TEMPLATES[name], language))
    names = [one.name for one in (*new.channels, *new.roles[1:])]
    hangul = [any("가" <= letter <= "힣" for letter in one) for one in names]
    assert all(hangul) if language == "ko" else not any(hangul)
    writable = next(one for one in new.channels if one.id == new.guild.system_channel_id)
    assert not writable.overwrites
    ids = [one.id for one in (*new.channels, *new.roles)]
    assert len(set(ids)) == len(ids)
    kinds = {one.type for one in new.channels}
    assert {CATEGORY, TEXT, ChannelType.VOICE} <= kinds


def test_the_language_is_the_first_that_somebody_reads() -> None:
    assert [language_of(one) for one in ("ko", "ko-KR,ko;q=0.9,en", "KO_kr")] == ["ko"] * 3
    assert [language_of(one) for one in (None, "", "en-US,ko", "fr")] == ["en"] * 4
