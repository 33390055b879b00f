"""All that readers read of a message beside its text: embeds, components, polls, what it shows of
another message. Rules of automatic moderation look at it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from contracts.wire import JSON

_HOLDING = ("embeds", "components", "poll", "message_snapshots")
_READ = frozenset(
    {"title", "description", "name", "value", "text", "content", "label", "placeholder", "question"}
)
_CODE = frozenset({"custom_id", "emoji", "value"})


def beside(extras: JSON | None) -> list[str]:
    """What a message says with more than its text, in order."""
    held = extras or {}
    return [said for name in _HOLDING if name in held for said in _said(held[name])]


def _said(held: Any) -> Iterator[str]:
    if isinstance(held, list | tuple):
        for one in held:
            yield from _said(one)
    elif isinstance(held, dict):
        # What a choice of a menu stands for is told to its application alone.
        hidden = _CODE if "label" in held else frozenset({"emoji"})
        for name, value in held.items():
            if name in hidden:
                continue
            if isinstance(value, str):
                if value and name in _READ:
                    yield value
            else:
                yield from _said(value)
