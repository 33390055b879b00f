"""Buttons are pressed, menus chosen from, forms filled in: held against the components that were
shown.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from chat_service.domain.components import each, require_keepable
from contracts.errors import Invalid
from contracts.ids import Snowflake
from contracts.wire import JSON

_BUTTON, _STRINGS, _TEXT_INPUT = 2, 3, 4
_USERS, _ROLES, _MENTIONABLES, _CHANNELS = 5, 6, 7, 8
_ROW, _TEXT, _LABEL = 1, 10, 18
_MENUS = frozenset({_STRINGS, _USERS, _ROLES, _MENTIONABLES, _CHANNELS})
_MODAL_TITLE = 45
_CUSTOM_ID = 100
_INPUTS = 5


@dataclass(slots=True)
class Chosen:
    """A press as it is passed on, and whom it names."""

    data: JSON = field(default_factory=dict)
    users: set[int] = field(default_factory=set)
    roles: set[int] = field(default_factory=set)
    channels: set[int] = field(default_factory=set)
    either: set[int] = field(default_factory=set)


def chosen(components: Sequence[JSON], sent: JSON) -> Chosen:
    """What was done to a component of a message."""
    custom_id = sent.get("custom_id")
    shown = next((one for one in each(components) if one.get("custom_id") == custom_id), None)
    if custom_id is None or shown is None or shown.get("disabled"):
        text = "There is no such component to press."
        raise Invalid({"data.custom_id": ("COMPONENT_VALIDATION_FAILED", text)})
    kind = shown["type"]
    found = Chosen({"component_type": kind, "custom_id": custom_id, "id": shown["id"]})
    if sent.get("component_type", kind) != kind:
        text = "The component is of another type."
        raise Invalid({"data.component_type": ("COMPONENT_VALIDATION_FAILED", text)})
    if kind in _MENUS:
        found.data["values"] = _picked(shown, sent.get("values"), found, "data.values")
    return found


def _picked(shown: JSON, sent: Any, found: Chosen, path: str) -> list[str]:
    values = [str(one) for one in sent] if isinstance(sent, list) else []
    least, most = shown.get("min_values", 1), shown.get("max_values", 1)
    if not least <= len(values) <= most or len(set(values)) != len(values):
        text = f"Between {least} and {most} are chosen."
        raise Invalid({path: ("BASE_TYPE_BAD_LENGTH", text)})
    if shown["type"] == _STRINGS:
        offered = {str(one.get("value")) for one in shown["options"]}
        if not offered.issuperset(values):
            raise Invalid({path: ("COMPONENT_VALIDATION_FAILED", "That is not offered.")})
        return values
    try:
        numbers = {int(Snowflake.parse(one)) for one in values}
    except ValueError:
        raise Invalid({path: ("BASE_TYPE_INVALID", "Not an id.")}) from None
    names = {_USERS: "users", _ROLES: "roles", _MENTIONABLES: "either", _CHANNELS: "channels"}
    getattr(found, names[shown["type"]]).update(numbers)
    return values


def require_form(form: JSON) -> JSON:
    """The form that an application asks back with, with all that clients read."""
    custom_id, title, components = (form.get(name) for name in ("custom_id", "title", "components"))
    if not _is_text(custom_id, _CUSTOM_ID) or not _is_text(title, _MODAL_TITLE):
        text = "A form has a custom_id and a title."
        raise Invalid({"data.custom_id": ("BASE_TYPE_REQUIRED", text)})
    rows = components if isinstance(components, list) else []
    whole = [_row(one, f"data.components.{place}") for place, one in enumerate(rows)]
    if not 1 <= len(whole) <= _INPUTS:
        text = f"Must be between 1 and {_INPUTS} in length."
        raise Invalid({"data.components": ("BASE_TYPE_BAD_LENGTH", text)})
    names = [one["custom_id"] for one in _inputs(whole)]
    if len(set(names)) != len(names):
        text = "Each custom_id once."
        raise Invalid({"data.components": ("COMPONENT_CUSTOM_ID_DUPLICATED", text)})
    require_keepable(whole)
    return {"custom_id": custom_id, "title": title, "components": whole}


def filled(form: JSON, sent: Any) -> Chosen:
    """What was filled into a form, in the application's order."""
    values = {one.get("custom_id"): one for one in _said(sent)}
    found = Chosen()
    rows = []
    for row in form["components"]:
        if row["type"] == _TEXT:
            continue
        inner = "component" if row["type"] == _LABEL else "components"
        held = [_answer(one, values.get(one["custom_id"]), found) for one in _inputs([row])]
        shown: JSON = {"type": row["type"], "id": row.get("id", 0)}
        rows.append({**shown, inner: held[0] if inner == "component" else held})
    found.data = {"custom_id": form["custom_id"], "components": rows}
    return found


def _said(sent: Any) -> Iterator[JSON]:
    for row in sent if isinstance(sent, list) else ():
        if not isinstance(row, dict):
            continue
        held = row.get("components")
        inner = held if isinstance(held, list) else [row.get("component")]
        yield from (one for one in inner if isinstance(one, dict))


def _answer(shown: JSON, sent: JSON | None, found: Chosen) -> JSON:
    path = f"data.components.{shown['custom_id']}"
    told: JSON = {"type": shown["type"], "id": shown.get("id", 0), "custom_id": shown["custom_id"]}
    given = sent or {}
    if shown["type"] != _TEXT_INPUT:
        if not given.get("values") and shown.get("required") is False:
            return {**told, "values": []}
        return {**told, "values": _picked(shown, given.get("values"), found, path)}
    value = given.get("value") or ""
    if not isinstance(value, str) or "\0" in value:
        raise Invalid({path: ("BASE_TYPE_INVALID", "Not a text.")})
    if not value:
        if shown.get("required", True):
            raise Invalid({path: ("BASE_TYPE_REQUIRED", "This field is required")})
        return {**told, "value": ""}
    least, most = shown.get("min_length") or 0, shown.get("max_length") or 4_000
    if not least <= len(value) <= most:
        text = f"Must be between {least} and {most} in length."
        raise Invalid({path: ("BASE_TYPE_BAD_LENGTH", text)})
    return {**told, "value": value}


def _inputs(rows: Sequence[JSON]) -> Iterator[JSON]:
    for row in rows:
        if row["type"] == _LABEL:
            yield row["component"]
        elif row["type"] == _ROW:
            yield from row["components"]


def _row(one: Any, path: str) -> JSON:
    if not isinstance(one, dict):
        raise Invalid({path: ("BASE_TYPE_INVALID", "Not a component.")})
    kind = one.get("type")
    if kind == _ROW and _is_one(one.get("components")):
        return {**one, "components": [_input(one["components"][0], path)]}
    if kind == _LABEL:
        return {**one, "component": _input(one.get("component"), path)}
    if kind == _TEXT and isinstance(one.get("content"), str):
        return one
    raise Invalid({path: ("UNION_TYPE_CHOICES", "This is no component that can stand here.")})


def _is_one(held: Any) -> bool:
    return isinstance(held, list) and len(held) == 1


def _input(one: Any, path: str) -> JSON:
    if not isinstance(one, dict) or one.get("type") not in {_TEXT_INPUT, *_MENUS}:
        raise Invalid({path: ("UNION_TYPE_CHOICES", "This is nothing to fill in.")})
    if not _is_text(one.get("custom_id"), _CUSTOM_ID):
        raise Invalid({path: ("BASE_TYPE_REQUIRED", "A component to fill in has a custom_id.")})
    given = {name: value for name, value in one.items() if value is not None}
    if one["type"] == _STRINGS and not isinstance(given.get("options"), list):
        raise Invalid({path: ("BASE_TYPE_REQUIRED", "A menu has options.")})
    return given


def _is_text(text: Any, most: int) -> bool:
    return isinstance(text, str) and 0 < len(text) <= most and "\0" not in text
