"""What applications may offer, and who may use it."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from chat_service.domain.allowances import Asker, Offer, may_use, said
from chat_service.domain.commands import NewCommand, has_room, is_typable, require_whole
from contracts import limits
from contracts.errors import Invalid
from contracts.ids import Snowflake
from contracts.objects.command import CommandPermission, CommandType, Context, PermissionType
from contracts.permissions import Permission


def _option(**how: Any) -> dict[str, Any]:
    return {"type": 3, "name": "text", "description": "What", **how}


def _sub(**how: Any) -> dict[str, Any]:
    return _option(**{"type": 1, "name": "sub", **how})


def _group(*held: dict[str, Any]) -> dict[str, Any]:
    return _option(type=2, name="group", options=list(held))


A, B = {"name": "a", "value": "a"}, {"name": "b", "value": "b"}

WHOLE: dict[str, list[dict[str, Any]]] = {
    "nothing": [],
    "one of each leaf": [_option(type=kind, name=f"o{kind}") for kind in range(3, 12)],
    "choices": [_option(choices=[A, B])],
    "numbers": [_option(type=10, min_value=0.5, max_value=1, choices=[{"name": "x", "value": 1}])],
    "lengths": [_option(min_length=0, max_length=6000, autocomplete=True)],
    "required first": [_option(required=True), _option(name="more")],
    "a channel of some kinds": [_option(type=7, channel_types=[0, 5])],
    "nested": [_group(_sub(options=[_option()])), _sub(name="other")],
    "explicit nulls": [_option(choices=None, options=None, min_length=None, required=None)],
}


@pytest.mark.parametrize("name", WHOLE)
def test_what_holds_together_is_taken(name: str) -> None:
    form = NewCommand.model_validate(
        {"name": "do", "description": "Does", "options": WHOLE[name], "unknown": 1}
    )
    require_whole(form.kind, form.name, form.definition())


BROKEN: dict[str, tuple[list[dict[str, Any]], str]] = {
    "optional before required": (
        [_option(), _option(name="more", required=True)],
        "options.1",
    ),
    "a name twice": ([_option(), _option()], "options.1.name"),
    "a name nobody can type": ([_option(name="No Way")], "options.0.name"),
    "choices and autocomplete": ([_option(choices=[A], autocomplete=True)], "options.0.choices"),
    "a choice of another kind": ([_option(type=4, choices=[A])], "options.0.choices.0.value"),
    "a choice twice": ([_option(choices=[A, A])], "options.0.choices.1.name"),
    "choices of people": ([_option(type=6, choices=[A])], "options.0.choices"),
    "bounds of a text": ([_option(min_value=1)], "options.0.min_value"),
    "lengths of a number": ([_option(type=4, max_length=5)], "options.0.max_length"),
    "bounds turned round": ([_option(type=4, min_value=5, max_value=1)], "options.0.min_value"),
    "kinds of channels for a role": (
        [_option(type=8, channel_types=[0])],
        "options.0.channel_types",
    ),
    "commands beside values": ([_sub(), _option()], "options"),
    "an empty group": ([_group()], "options.0.options"),
    "a group of values": ([_group(_option())], "options.0.options"),
    "a group in a group": ([_group(_group(_sub()))], "options.0.options"),
    "a command in a command": ([_sub(options=[_sub()])], "options.0.options.0.type"),
    "too much in all": (
        [
            _option(name=f"o{n}", choices=[{"name": f"{m}", "value": "x" * 20} for m in range(25)])
            for n in range(25)
        ],
        "options",
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_does_not_is_refused_at_its_path(name: str) -> None:
    options, path = BROKEN[name]
    form = NewCommand.model_validate({"name": "do", "description": "Does", "options": options})
    with pytest.raises(Invalid) as refused:
        require_whole(form.kind, form.name, form.definition())
    assert path in refused.value.fields


FORMS = [
    {"name": "", "description": "x"},
    {"name": "x" * 33, "description": "x"},
    {"name": "x", "description": "x" * 101},
    {"name": "x", "description": "x", "options": [_option()] * 26},
    {"name": "x", "description": "x", "options": [_option(type=12)]},
    {"name": "x", "description": "x", "options": [_option(choices=[A] * 26)]},
    {"name": "x", "description": "x", "options": [_option(type=10, min_value=1e300)]},
    {"name": "x", "description": "x", "name_localizations": {"somewhere": "x"}},
    {"name": "x", "description": "x", "type": 9},
    {"name": "a\0", "description": "x"},
]


@pytest.mark.parametrize("form", FORMS)
def test_fields_have_their_bounds(form: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        NewCommand.model_validate(form)


@pytest.mark.parametrize(
    ("name", "can"),
    [("ping", True), ("한국어", True), ("naïve-2_'", True), ("Ping", False), ("a b", False)],
)
def test_a_command_is_typed(name: str, *, can: bool) -> None:
    assert is_typable(name) is can


def test_a_menu_shows_names_as_they_are_and_nothing_else() -> None:
    form = NewCommand.model_validate({"name": "Report this", "type": 3})
    require_whole(form.kind, form.name, form.definition())
    for wrong in ({"description": "x"}, {"options": [_option()]}):
        form = NewCommand.model_validate({"name": "Report", "type": 2, **wrong})
        with pytest.raises(Invalid):
            require_whole(form.kind, form.name, form.definition())
    assert has_room(CommandType.USER, limits.COMMANDS_ON_MENU - 1)
    assert not has_room(CommandType.USER, limits.COMMANDS_ON_MENU)


GUILD, ROOM, ME, ROLE = 100, 5, 7, 8
USING = Permission.USE_APPLICATION_COMMANDS
PLAIN = Asker(Context.GUILD, USING, ME, GUILD, ROOM, (ROLE,))
ADMIN = Asker(Context.GUILD, USING | Permission.ADMINISTRATOR, ME, GUILD, ROOM)
FORBIDDEN = Asker(Context.GUILD, Permission(0), ME, GUILD, ROOM)
DM = Asker(Context.BOT_DM, USING, ME)
EVERYBODY = ("role", GUILD)
ALL_CHANNELS = ("channel", GUILD - 1)
KINDS = {
    "role": PermissionType.ROLE,
    "user": PermissionType.USER,
    "channel": PermissionType.CHANNEL,
}
Rules = dict[tuple[str, int], bool]

DECISIONS: dict[str, tuple[Offer, Asker, Rules, Rules, bool]] = {
    "by default everybody may": (Offer(), PLAIN, {}, {}, True),
    "not where commands are off": (Offer(), FORBIDDEN, {("user", ME): True}, {}, False),
    "default permissions are asked for": (Offer(default=32), PLAIN, {}, {}, False),
    "nobody by default": (Offer(default=0), PLAIN, {}, {}, False),
    "who governs may": (Offer(default=0), ADMIN, {EVERYBODY: False}, {}, True),
    "a person is allowed in spite of the default": (
        Offer(default=0),
        PLAIN,
        {("user", ME): True},
        {},
        True,
    ),
    "a person counts before their role": (
        Offer(),
        PLAIN,
        {("user", ME): False, ("role", ROLE): True},
        {},
        False,
    ),
    "a role counts before everybody": (
        Offer(),
        PLAIN,
        {("role", ROLE): True, EVERYBODY: False},
        {},
        True,
    ),
    "everybody is kept away": (Offer(), PLAIN, {EVERYBODY: False}, {}, False),
    "the application is kept away": (Offer(), PLAIN, {}, {EVERYBODY: False}, False),
    "the command counts before the application": (
        Offer(),
        PLAIN,
        {("role", ROLE): True},
        {EVERYBODY: False},
        True,
    ),
    "an allowed application does not lift the default": (
        Offer(default=0),
        PLAIN,
        {},
        {("user", ME): True},
        False,
    ),
    "not in this channel": (Offer(), PLAIN, {("channel", ROOM): False}, {}, False),
    "in no channel but this": (
        Offer(),
        PLAIN,
        {ALL_CHANNELS: False, ("channel", ROOM): True},
        {},
        True,
    ),
    "the application in no channel": (Offer(), PLAIN, {}, {ALL_CHANNELS: False}, False),
    "a channel does not lift what people lack": (
        Offer(default=0),
        PLAIN,
        {("channel", ROOM): True},
        {},
        False,
    ),
    "in private": (Offer(), DM, {}, {}, True),
    "not in private": (Offer(in_private=False), DM, {}, {}, False),
    "only in guilds": (Offer(contexts=(Context.GUILD,)), DM, {}, {}, False),
    "only in private": (Offer(contexts=(Context.BOT_DM,)), PLAIN, {}, {}, False),
    "a guild's own": (Offer(is_global=False), DM, {}, {}, False),
    "for adults only where adults are": (Offer(is_adult=True), PLAIN, {}, {}, False),
}


@pytest.mark.parametrize("name", DECISIONS)
def test_one_function_decides_who_may_use_a_command(name: str) -> None:
    offer, asker, own, applications, may = DECISIONS[name]
    tables = [
        said(
            [
                CommandPermission(type=KINDS[kind], id=Snowflake(number), permission=permission)
                for (kind, number), permission in rules.items()
            ]
        )
        for rules in (own, applications)
    ]
    assert may_use(offer, asker, *tables) is may
