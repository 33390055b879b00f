"""Commands as applications may offer them: names, the tree of options, everything that the form of
a single field can not say.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Annotated, Any

from pydantic import Field, StringConstraints

from contracts import limits
from contracts.errors import Invalid
from contracts.ids import CommandId
from contracts.objects.channel import ChannelType
from contracts.objects.command import CommandType, Context, OptionType
from contracts.wire import JSON, KEPT, Bits, Form

_LOCALE = r"^[a-z]{2}(-[A-Z0-9]{2,3})?$"
_SIGNS = frozenset("-_'")
_SAFE = (1 << 53) - 1
"""Above this, JavaScript does not count any more."""
_PARENTS = frozenset({OptionType.SUB_COMMAND, OptionType.SUB_COMMAND_GROUP})
_SUB = OptionType.SUB_COMMAND
_CHOOSING = frozenset({OptionType.STRING, OptionType.INTEGER, OptionType.NUMBER})
_BOUNDED = frozenset({OptionType.INTEGER, OptionType.NUMBER})

Name = Annotated[
    str, StringConstraints(min_length=1, max_length=limits.COMMAND_NAME_MAX, strict=True), KEPT
]
_Description = Annotated[
    str, StringConstraints(max_length=limits.COMMAND_DESCRIPTION_MAX, strict=True), KEPT
]
_Locale = Annotated[str, StringConstraints(pattern=_LOCALE)]
_Names = dict[_Locale, Name] | None
_Descriptions = dict[_Locale, Annotated[_Description, Field(min_length=1)]] | None
_Label = Annotated[str, StringConstraints(min_length=1, max_length=100, strict=True), KEPT]
_Said = Annotated[str, StringConstraints(max_length=6_000, strict=True), KEPT]
_Whole = Annotated[int, Field(ge=-_SAFE, le=_SAFE, strict=True)]
_Number = Annotated[float, Field(ge=-_SAFE, le=_SAFE, allow_inf_nan=False)]
Value = _Said | _Whole | _Number


class Choice(Form):
    """One of the values that an option may have, or that is proposed while somebody types."""

    name: _Label
    name_localizations: dict[_Locale, _Label] | None = None
    value: Value

    def kept(self) -> JSON:
        """As it is stored."""
        return self.model_dump(mode="json", exclude_none=True)


class Option(Form):
    """An option, or what holds options."""

    type: OptionType
    name: Name
    name_localizations: _Names = None
    description: Annotated[_Description, Field(min_length=1)]
    description_localizations: _Descriptions = None
    required: bool | None = None
    autocomplete: bool | None = None
    choices: Annotated[tuple[Choice, ...], Field(max_length=limits.COMMAND_CHOICES)] | None = None
    options: Annotated[tuple[Option, ...], Field(max_length=limits.COMMAND_OPTIONS)] | None = None
    channel_types: tuple[ChannelType, ...] | None = None
    min_value: _Whole | _Number | None = None
    max_value: _Whole | _Number | None = None
    min_length: Annotated[int, Field(ge=0, le=6_000)] | None = None
    max_length: Annotated[int, Field(ge=1, le=6_000)] | None = None

    def kept(self) -> JSON:
        """As it is stored: nothing that says nothing."""
        kept = {
            name: value
            for name, value in self.model_dump(mode="json", exclude_none=True).items()
            if value not in (False, []) and name not in ("choices", "options")
        }
        if self.type in _PARENTS:
            kept["options"] = [one.kept() for one in self.options or ()]
        if self.choices:
            kept["choices"] = [one.kept() for one in self.choices]
        return kept


class CommandChanges(Form):
    """What an application says of a command it has."""

    name: Name | None = None
    name_localizations: _Names = None
    description: _Description | None = None
    description_localizations: _Descriptions = None
    options: Annotated[tuple[Option, ...], Field(max_length=limits.COMMAND_OPTIONS)] | None = None
    default_member_permissions: Bits | None = None
    dm_permission: bool | None = None
    contexts: tuple[Context, ...] | None = None
    integration_types: tuple[Annotated[int, Field(ge=0, le=1)], ...] | None = None
    nsfw: bool | None = None

    def kept(self) -> JSON:
        """What it sets, as it is stored."""
        said = self.model_dump(mode="json", include=self.model_fields_set & _BLANK.keys())
        said.pop("options", None)
        if "options" in self.model_fields_set:
            said["options"] = [one.kept() for one in self.options or ()]
        for name, otherwise in _DEFAULTS.items():
            if name in said and said[name] is None:
                said[name] = otherwise
        return said


class NewCommand(CommandChanges):
    """The same of a new one; of a list, with the id of one that goes by another name now."""

    name: Name
    type: CommandType | None = None
    id: CommandId | None = None

    @property
    def kind(self) -> CommandType:
        """How it is called."""
        return self.type or CommandType.CHAT_INPUT

    def definition(self) -> JSON:
        """Everything but its name, as it is stored."""
        return {**_BLANK, **self.kept()}


_DEFAULTS: JSON = {
    "description": "",
    "dm_permission": True,
    "integration_types": [0],
    "nsfw": False,
}
_BLANK: JSON = {
    **_DEFAULTS,
    "name_localizations": None,
    "description_localizations": None,
    "default_member_permissions": None,
    "contexts": None,
    "options": [],
}


def require_whole(kind: CommandType, name: str, definition: JSON) -> None:
    """Raise unless all of a command holds together."""
    faults = dict(_faults(kind, name, definition))
    if faults:
        raise Invalid(faults)


Fault = tuple[str, tuple[str, str]]
"""A path, and the code and text of what is wrong there."""


def _faults(kind: CommandType, name: str, definition: JSON) -> Iterator[Fault]:
    described, options = definition["description"], definition["options"]
    if kind is CommandType.CHAT_INPUT:
        names = {"name": name}
        for locale, called in (definition["name_localizations"] or {}).items():
            names[f"name_localizations.{locale}"] = called
        yield from (fault for path, each in names.items() for fault in _of_name(path, each))
        if not described:
            yield "description", ("BASE_TYPE_REQUIRED", "This field is required")
        yield from _of_options("options", options, None)
    elif described:
        yield "description", ("APPLICATION_COMMAND_CONTEXT_MENU_DESCRIPTION", "Has to be empty.")
    elif options:
        yield "options", ("APPLICATION_COMMAND_CONTEXT_MENU_OPTIONS", "Takes no options.")
    elif not name.strip():
        yield "name", ("BASE_TYPE_REQUIRED", "This field is required")
    if characters(name, definition) > limits.COMMAND_CHARACTERS:
        text = f"Command exceeds maximum size ({limits.COMMAND_CHARACTERS})."
        yield "options", ("APPLICATION_COMMAND_TOO_LARGE", text)


def characters(name: str, definition: JSON) -> int:
    """What counts against the size of a command."""
    own = len(name) + len(definition["description"])
    return own + sum(map(_characters, definition["options"]))


def _characters(option: JSON) -> int:
    own = len(option["name"]) + len(option["description"])
    choices = sum(len(one["name"]) + len(str(one["value"])) for one in option.get("choices", ()))
    return own + choices + sum(map(_characters, option.get("options", ())))


def is_typable(name: str) -> bool:
    """Whether somebody can type it: letters, digits, -, _ and ' in any script, all of them small
    where there are small ones.
    """
    letters = all(sign.isalnum() or sign in _SIGNS or _is_mark(sign) for sign in name)
    return letters and name == name.lower()


def _is_mark(sign: str) -> bool:
    """Devanagari and Thai write vowels as marks upon letters."""
    return "\u0900" <= sign <= "\u097f" or "\u0e00" <= sign <= "\u0e7f"


def _of_name(path: str, name: str) -> Iterator[Fault]:
    if not is_typable(name):
        code = "APPLICATION_COMMAND_INVALID_NAME"
        yield path, (code, "Command name is invalid")


def _of_options(path: str, options: Sequence[JSON], within: OptionType | None) -> Iterator[Fault]:
    names: set[str] = set()
    is_optional = False
    kinds = {OptionType(one["type"]) in _PARENTS for one in options}
    if len(kinds) == 2:
        text = "Sub-command options can not stand beside others."
        yield path, ("APPLICATION_COMMAND_OPTIONS_TYPE_INVALID", text)
    for place, option in enumerate(options):
        here = f"{path}.{place}"
        if option["name"] in names:
            code = "APPLICATION_COMMAND_OPTIONS_NAME_ALREADY_EXISTS"
            yield f"{here}.name", (code, "Option name already exists in these options.")
        names.add(option["name"])
        if option.get("required") and is_optional:
            code = "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID"
            text = "Required options must be placed before non-required options"
            yield here, (code, text)
        is_optional = is_optional or not option.get("required")
        yield from _of_option(here, option, within)


def _of_option(path: str, option: JSON, within: OptionType | None) -> Iterator[Fault]:
    kind = OptionType(option["type"])
    yield from _of_name(f"{path}.name", option["name"])
    for field, rule in _ONLY.items():
        if field in option and not rule(kind):
            code = "APPLICATION_COMMAND_OPTION_TYPE_INVALID"
            yield f"{path}.{field}", (code, "This option takes no such thing.")
    if kind in _PARENTS:
        if within is OptionType.SUB_COMMAND or (within is not None and kind is not _SUB):
            code = "APPLICATION_COMMAND_OPTIONS_TYPE_INVALID"
            yield f"{path}.type", (code, "Sub-commands are nested too deep.")
        elif kind is OptionType.SUB_COMMAND_GROUP and not _holds_only_commands(option):
            code = "APPLICATION_COMMAND_OPTIONS_TYPE_INVALID"
            yield f"{path}.options", (code, "A group holds sub-commands.")
        else:
            yield from _of_options(f"{path}.options", option["options"], kind)
    yield from _of_bounds(path, option)
    yield from _of_choices(path, kind, option)


def _holds_only_commands(option: JSON) -> bool:
    held = option["options"]
    return bool(held) and all(one["type"] == OptionType.SUB_COMMAND for one in held)


def _of_bounds(path: str, option: JSON) -> Iterator[Fault]:
    for what in ("value", "length"):
        least, most = option.get(f"min_{what}"), option.get(f"max_{what}")
        if least is not None and most is not None and least > most:
            code = "APPLICATION_COMMAND_OPTIONS_MINIMUM_ABOVE_MAXIMUM"
            yield f"{path}.min_{what}", (code, "The minimum is above the maximum.")


def _of_choices(path: str, kind: OptionType, option: JSON) -> Iterator[Fault]:
    choices = option.get("choices", ())
    if choices and option.get("autocomplete"):
        code = "APPLICATION_COMMAND_OPTIONS_CHOICES_AND_AUTOCOMPLETE"
        yield f"{path}.choices", (code, "Choices and autocomplete exclude each other.")
    names = [one["name"] for one in choices]
    for place, choice in enumerate(choices):
        if not fits(kind, choice["value"]):
            text = "The value does not fit the option."
            yield f"{path}.choices.{place}.value", ("BASE_TYPE_INVALID", text)
        if choice["name"] in names[:place]:
            code = "APPLICATION_COMMAND_OPTIONS_CHOICE_NAME_ALREADY_EXISTS"
            yield f"{path}.choices.{place}.name", (code, "Choice name already exists.")


def fits(kind: OptionType, value: Any) -> bool:
    """Whether a value is of the kind that an option takes."""
    if kind is OptionType.STRING:
        return isinstance(value, str)
    if isinstance(value, bool):
        return kind is OptionType.BOOLEAN
    if kind is OptionType.INTEGER:
        return isinstance(value, int) and -_SAFE <= value <= _SAFE
    return isinstance(value, int | float) and -_SAFE <= value <= _SAFE


_ONLY: dict[str, Callable[[OptionType], bool]] = {
    "choices": lambda kind: kind in _CHOOSING,
    "autocomplete": lambda kind: kind in _CHOOSING,
    "min_value": lambda kind: kind in _BOUNDED,
    "max_value": lambda kind: kind in _BOUNDED,
    "min_length": lambda kind: kind is OptionType.STRING,
    "max_length": lambda kind: kind is OptionType.STRING,
    "channel_types": lambda kind: kind is OptionType.CHANNEL,
    "required": lambda kind: kind not in _PARENTS,
}
"""Which options may say what."""


def has_room(kind: CommandType, others: int) -> bool:
    """Whether beside so many of its kind there is room for one more."""
    most = limits.COMMANDS if kind is CommandType.CHAT_INPUT else limits.COMMANDS_ON_MENU
    return others < most
