"""Components of a message: kept as they came, within bounds, each with its number."""

from __future__ import annotations

from typing import Any

import orjson

from contracts import limits
from contracts.errors import Invalid
from contracts.wire import JSON

_ROW = 1
_ONLY_WITH_NEW = frozenset({9, 10, 11, 12, 13, 14, 17})
_KNOWN = frozenset(range(1, 18))
_DEPTH = 4
_BYTES = 32 << 10
_NESTED = ("components", "accessory", "component")


def numbered(components: list[JSON], *, is_new: bool) -> list[JSON]:
    """The components with the ids that clients were free to leave out. `is_new`: the message has
    nothing but components.
    """
    if not is_new and len(components) > 5:
        raise _invalid("BASE_TYPE_BAD_LENGTH", "Must be between 1 and 5 in length.")
    if len(orjson.dumps(components)) > _BYTES:
        raise _invalid("BASE_TYPE_MAX_LENGTH", "The components are too large.")
    count = _Count()
    return [_numbered(one, count, 1, is_new=is_new) for one in components]


class _Count:
    def __init__(self) -> None:
        self.last = 0

    def next(self) -> int:
        self.last += 1
        if self.last > limits.COMPONENTS:
            raise _invalid("BASE_TYPE_MAX_LENGTH", f"At most {limits.COMPONENTS} components.")
        return self.last


def _numbered(one: Any, count: _Count, depth: int, *, is_new: bool) -> JSON:
    if not isinstance(one, dict) or one.get("type") not in _KNOWN or depth > _DEPTH:
        raise _invalid("UNION_TYPE_CHOICES", "This is no component that can stand here.")
    if not is_new and (one["type"] in _ONLY_WITH_NEW or (depth == 1 and one["type"] != _ROW)):
        raise _invalid("UNION_TYPE_CHOICES", "This component needs the flag IS_COMPONENTS_V2.")
    number = count.next()
    kept = {name: value for name, value in one.items() if value is not None}
    kept["id"] = kept["id"] if isinstance(kept.get("id"), int) and kept["id"] > 0 else number
    for name in _NESTED:
        if isinstance(kept.get(name), list):
            kept[name] = [_numbered(each, count, depth + 1, is_new=is_new) for each in kept[name]]
        elif isinstance(kept.get(name), dict):
            kept[name] = _numbered(kept[name], count, depth + 1, is_new=is_new)
    return kept


def _invalid(code: str, text: str) -> Invalid:
    return Invalid({"components": (code, text)})
