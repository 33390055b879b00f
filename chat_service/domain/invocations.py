"""What somebody gives a command, held against what the command takes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from chat_service.domain.commands import fits
from contracts import limits
from contracts.errors import Invalid
from contracts.ids import Snowflake
from contracts.objects.command import OptionType
from contracts.wire import JSON

_DEPTH = 3
_NAMING = frozenset({6, 7, 8, 9})
"""Options that name people, channels or roles."""


@dataclass(slots=True)
class Given:
    """Options as they are passed on, and what they name."""

    options: list[JSON] = field(default_factory=list)
    users: set[int] = field(default_factory=set)
    roles: set[int] = field(default_factory=set)
    channels: set[int] = field(default_factory=set)
    either: set[int] = field(default_factory=set)
    """A person or a role."""
    files: list[JSON] = field(default_factory=list)
    """Options that are files, each with the number of one in the request as its value."""
    kinds: dict[int, frozenset[int]] = field(default_factory=dict)
    """Of which kinds a channel has to be, where the command says so."""


def given(declared: Sequence[JSON], sent: Any, *, is_typing: bool) -> Given:
    """What was given, or the error that says at which path it does not fit. While somebody types
    (`is_typing`), what is required may be missing, and one option has the focus.
    """
    found = Given()
    found.options = _level(declared, sent, found, _Reading("data.options", is_typing))
    if is_typing and not any(_focused(found.options)):
        text = "One option has the focus."
        raise Invalid({"data.options": ("APPLICATION_COMMAND_AUTOCOMPLETE_FOCUS", text)})
    return found


@dataclass(frozen=True, slots=True)
class _Reading:
    path: str
    is_typing: bool
    depth: int = 0

    def at(self, step: str) -> _Reading:
        return _Reading(f"{self.path}.{step}", self.is_typing, self.depth + 1)

    def wrong(self, text: str, code: str = "BASE_TYPE_INVALID") -> Invalid:
        return Invalid({self.path: (code, text)})


def _focused(options: Sequence[JSON]) -> Iterator[bool]:
    for one in options:
        yield bool(one.get("focused"))
        yield from _focused(one.get("options", ()))


def _level(declared: Sequence[JSON], sent: Any, found: Given, at: _Reading) -> list[JSON]:
    sent = [] if sent is None else sent
    if not isinstance(sent, list) or len(sent) > limits.COMMAND_OPTIONS or at.depth > 2 * _DEPTH:
        raise at.wrong("Not a list of options.")
    known = {one["name"]: one for one in declared}
    taken: list[JSON] = []
    for place, one in enumerate(sent):
        here = at.at(str(place))
        option = known.pop(one.get("name"), None) if _is_option(one) else None
        if option is None:
            text = "The command takes no such option."
            raise here.wrong(text, "APPLICATION_COMMAND_INVALID_OPTION")
        taken.append(_one(option, one, found, here))
    _require_all(known, taken, at)
    return taken


def _is_option(one: Any) -> bool:
    return isinstance(one, dict) and isinstance(one.get("name"), str)


def _require_all(missing: Mapping[str, JSON], taken: Sequence[JSON], at: _Reading) -> None:
    is_parent = any(one["type"] <= OptionType.SUB_COMMAND_GROUP for one in missing.values())
    if is_parent and len(taken) != 1:
        raise at.wrong("Exactly one sub-command is called.")
    for name, option in missing.items():
        if option.get("required") and not at.is_typing:
            text = f"The option {name} is required."
            raise at.wrong(text, "APPLICATION_COMMAND_OPTION_REQUIRED")


def _one(option: JSON, sent: JSON, found: Given, at: _Reading) -> JSON:
    kind = OptionType(option["type"])
    if sent.get("type", kind) != kind:
        raise at.wrong("This option is of another type.")
    shown: JSON = {"type": int(kind), "name": option["name"]}
    if kind in (OptionType.SUB_COMMAND, OptionType.SUB_COMMAND_GROUP):
        below = at.at("options")
        return {**shown, "options": _level(option["options"], sent.get("options"), found, below)}
    value = sent.get("value")
    if at.is_typing and sent.get("focused") is True:
        if not option.get("autocomplete") or len(str(value)) > 6_000:
            raise at.wrong("Nothing is proposed for this option.")
        # What is half typed fits no rule yet.
        return {**shown, "value": "" if value is None else value, "focused": True}
    taken = {**shown, "value": _value(kind, option, value, found, at=at)}
    if kind is OptionType.ATTACHMENT:
        found.files.append(taken)
    return taken


def _value(kind: OptionType, option: JSON, value: Any, found: Given, *, at: _Reading) -> Any:
    if kind in _NAMING:
        return _named(kind, option, value, found, at)
    if kind is OptionType.ATTACHMENT:
        return _number(value, at)
    if not fits(kind, value):
        raise at.wrong("The value does not fit the option.")
    if kind is OptionType.STRING:
        _require_bounds(len(value), option, "length", at)
        if "\0" in value:
            raise at.wrong("Contains characters that are no text.")
    elif kind is not OptionType.BOOLEAN:
        _require_bounds(value, option, "value", at)
    choices = option.get("choices")
    if choices and value not in [one["value"] for one in choices]:
        raise at.wrong("This is none of the choices.", "APPLICATION_COMMAND_INVALID_CHOICE")
    return value


def _require_bounds(size: float, option: JSON, what: str, at: _Reading) -> None:
    least, most = option.get(f"min_{what}"), option.get(f"max_{what}")
    if what == "length":
        most = 6_000 if most is None else most
    if (least is not None and size < least) or (most is not None and size > most):
        raise at.wrong(f"The {what} is out of bounds.", "NUMBER_TYPE_BOUNDS")


def _number(value: Any, at: _Reading) -> int:
    try:
        return int(Snowflake.parse(value))
    except ValueError:
        raise at.wrong("Not an id.") from None


def _named(kind: OptionType, option: JSON, value: Any, found: Given, at: _Reading) -> str:
    number = _number(value, at)
    if kind is OptionType.USER:
        found.users.add(number)
    elif kind is OptionType.ROLE:
        found.roles.add(number)
    elif kind is OptionType.MENTIONABLE:
        found.either.add(number)
    else:
        found.channels.add(number)
        if kinds := option.get("channel_types"):
            found.kinds[number] = frozenset(kinds)
    return str(number)
