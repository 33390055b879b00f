"""Components of a message: what may stand where, what each needs, and what clients may leave out.
Kept as they came, otherwise.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import orjson

from contracts import limits
from contracts.errors import Invalid
from contracts.wire import JSON

_BYTES = 32 << 10
_ROWS = 5
_PICKS: JSON = {"min_values": 1, "max_values": 1}
_HIDDEN: JSON = {"spoiler": False}


@dataclass(frozen=True, slots=True)
class _Kind:
    needs: Mapping[str, type] = field(default_factory=dict)
    otherwise: JSON = field(default_factory=dict)
    """What libraries read even where it was not sent."""
    holds: Mapping[str, frozenset[int]] = field(default_factory=dict)
    """Which kinds may stand in which field."""


_TOP_OF_OLD = frozenset({1})
_IN_CONTAINER = frozenset({1, 9, 10, 12, 13, 14})
_TOP_OF_NEW = _IN_CONTAINER | {17}
_PICKER = _Kind({"custom_id": str}, _PICKS)

_KINDS: Mapping[int, _Kind] = {
    1: _Kind({"components": list}, holds={"components": frozenset({2, 3, 5, 6, 7, 8})}),
    2: _Kind({"style": int}),
    3: _Kind({"custom_id": str, "options": list}, _PICKS),
    5: _PICKER,
    6: _PICKER,
    7: _PICKER,
    8: _PICKER,
    9: _Kind(
        {"components": list, "accessory": dict},
        holds={"components": frozenset({10}), "accessory": frozenset({2, 11})},
    ),
    10: _Kind({"content": str}),
    11: _Kind({"media": dict}, {"description": None, **_HIDDEN}),
    12: _Kind({"items": list}),
    13: _Kind({"file": dict}, {"name": None, "size": None, **_HIDDEN}),
    14: _Kind({}, {"spacing": 1, "divider": True}),
    17: _Kind(
        {"components": list},
        {"accent_color": None, **_HIDDEN},
        holds={"components": _IN_CONTAINER},
    ),
}


def numbered(components: list[JSON], *, is_new: bool) -> list[JSON]:
    """The components with everything that libraries read. `is_new`: the message has nothing else
    (the flag IS_COMPONENTS_V2).
    """
    if not components:
        return []
    if not is_new and len(components) > _ROWS:
        raise _invalid("BASE_TYPE_BAD_LENGTH", f"Must be between 1 and {_ROWS} in length.")
    require_keepable(components)
    numbers = count(1)
    top = _TOP_OF_NEW if is_new else _TOP_OF_OLD
    return [_whole(one, top, numbers) for one in components]


def is_interactive(components: Sequence[JSON]) -> bool:
    """Whether an application would have to answer: a button that is no link, or a menu."""
    return any(_is_asking(one) for one in each(components))


def each(components: Sequence[JSON]) -> Iterator[JSON]:
    """Every component, with those inside of others."""
    for one in components:
        yield one
        held = one.get("components")
        yield from each(held if isinstance(held, list) else ())
        if isinstance(one.get("accessory"), dict):
            yield one["accessory"]


def _is_asking(one: JSON) -> bool:
    return one["type"] in _MENUS or (one["type"] == 2 and one.get("style") not in _SILENT)


_MENUS = frozenset({3, 5, 6, 7, 8})
_SILENT = frozenset({5, 6})
"""Styles of buttons that lead elsewhere, and ask no application."""


def _whole(one: Any, allowed: frozenset[int], numbers: Iterator[int]) -> JSON:
    kind = _KINDS.get(one["type"]) if _is_kind(one, allowed) else None
    if kind is None:
        raise _invalid("UNION_TYPE_CHOICES", "This is no component that can stand here.")
    number = next(numbers)
    if number > limits.COMPONENTS:
        raise _invalid("BASE_TYPE_MAX_LENGTH", f"At most {limits.COMPONENTS} components.")
    given = {name: value for name, value in one.items() if value is not None}
    for name, needed in kind.needs.items():
        if not isinstance(given.get(name), needed):
            raise _invalid("BASE_TYPE_REQUIRED", f"A component of this type needs {name}.")
    whole = {**kind.otherwise, **given}
    own = given.get("id")
    whole["id"] = own if isinstance(own, int) and own > 0 else number
    for name, inner in kind.holds.items():
        held = whole[name]
        whole[name] = (
            [_whole(each, inner, numbers) for each in held]
            if isinstance(held, list)
            else _whole(held, inner, numbers)
        )
    return _with_media(whole)


def _is_kind(one: Any, allowed: frozenset[int]) -> bool:
    return isinstance(one, dict) and isinstance(one.get("type"), int) and one["type"] in allowed


def _with_media(whole: JSON) -> JSON:
    """Pictures are where their address says: nothing is fetched for them."""
    for name in ("media", "file"):
        if name in whole:
            whole[name] = _media(whole[name], whole["id"])
    if whole["type"] == 12:
        items = [one for one in whole["items"] if isinstance(one, dict)]
        whole["items"] = [
            {"description": None, **_HIDDEN, **one, "media": _media(one.get("media"), whole["id"])}
            for one in items
        ]
    return whole


def _media(given: Any, number: int) -> JSON:
    address = given.get("url") if isinstance(given, dict) else None
    if not isinstance(address, str) or not address.startswith(
        ("http://", "https://", "attachment://")
    ):
        raise _invalid("URL_TYPE_INVALID_URL", "Not a well formed URL.")
    return {**given, "id": str(number), "proxy_url": address}


def require_keepable(components: Sequence[JSON]) -> None:
    """Refuse what is too large, or no text."""
    try:
        text = orjson.dumps(components)
    except orjson.JSONEncodeError:
        raise _invalid("BASE_TYPE_INVALID", "Contains characters that are no text.") from None
    if b"\\u0000" in text:
        raise _invalid("BASE_TYPE_INVALID", "Contains characters that are no text.")
    if len(text) > _BYTES:
        raise _invalid("BASE_TYPE_MAX_LENGTH", "The components are too large.")


def _invalid(code: str, text: str) -> Invalid:
    return Invalid({"components": (code, text)})
