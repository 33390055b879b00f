"""What people ask of applications."""

from __future__ import annotations

from enum import IntEnum

INTERACTION_OPENING = "aW50ZXJhY3Rpb246"
"""How every token of an interaction begins, which tells it from a webhook's: `interaction:` in
base64. The rest is its id and a secret.
"""


class InteractionType(IntEnum):
    """What was done to ask."""

    COMMAND = 2
    COMPONENT = 3
    AUTOCOMPLETE = 4
    MODAL = 5


class CallbackType(IntEnum):
    """How an application answers."""

    PONG = 1
    MESSAGE = 4
    DEFERRED_MESSAGE = 5
    DEFERRED_UPDATE = 6
    UPDATE = 7
    AUTOCOMPLETE = 8
    MODAL = 9
