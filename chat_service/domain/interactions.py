"""What somebody asks of an application, and the rules of answering it: once, within three seconds;
and for a quarter of an hour what was said can be changed and added to.
"""

from __future__ import annotations

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum
from hashlib import sha256

from contracts import limits
from contracts.errors import (
    Conflict,
    DomainError,
    ErrorCode,
    Invalid,
    NotFound,
    Unauthorized,
)
from contracts.objects.interaction import CallbackType, InteractionType
from contracts.wire import JSON

EPHEMERAL = 1 << 6
LOADING = 1 << 7
_OPENING = "interaction:"


class State(IntEnum):
    """How far an interaction has come."""

    ASKED = 0
    DEFERRED = 1
    """A message was promised: what is said first takes its place."""
    ANSWERED = 2
    FAILED = 3


@dataclass(frozen=True, slots=True)
class Interaction:
    """One of them."""

    id: int
    application_id: int
    type: InteractionType
    user_id: int
    guild_id: int | None
    channel_id: int
    digest: bytes
    nonce: str | None
    state: State
    asked: JSON
    """What messages say of it (`told`), the message that it came from (`message_id`), the form
    that the application asks back with (`modal`).
    """
    response_id: int | None
    """The message that is its answer."""
    created: datetime

    def is_over(self, now: datetime) -> bool:
        """Whether its token opens nothing any more."""
        return now - self.created > timedelta(seconds=limits.INTERACTION_LIFE_S)

    def is_late(self, now: datetime, patience: timedelta) -> bool:
        """Whether nobody waits any more for a first answer."""
        return now - self.created > patience


def token_from(interaction_id: int, secret: str) -> str:
    """The token of an interaction."""
    return urlsafe_b64encode(f"{_OPENING}{interaction_id}:{secret}".encode()).decode().rstrip("=")


def named_by(token: str) -> int | None:
    """The interaction that a token claims to be of."""
    try:
        text = urlsafe_b64decode(token + "=" * (-len(token) % 4)).decode()
    except ValueError:
        return None
    number = text.removeprefix(_OPENING).partition(":")[0]
    is_one = text.startswith(_OPENING) and number.isascii() and number.isdigit()
    return int(number) if is_one and len(number) < 20 else None


def digest_of(token: str) -> bytes:
    """What is kept of a token."""
    return sha256(token.encode()).digest()


def opens(interaction: Interaction, token: str) -> bool:
    """Whether this is its token; how much of it was right shows in no time taken."""
    return hmac.compare_digest(interaction.digest, digest_of(token))


_ANSWERS: Mapping[InteractionType, frozenset[CallbackType]] = {
    InteractionType.COMMAND: frozenset(
        {CallbackType.MESSAGE, CallbackType.DEFERRED_MESSAGE, CallbackType.MODAL}
    ),
    InteractionType.COMPONENT: frozenset(
        {
            *(CallbackType.MESSAGE, CallbackType.DEFERRED_MESSAGE, CallbackType.MODAL),
            *(CallbackType.DEFERRED_UPDATE, CallbackType.UPDATE),
        }
    ),
    InteractionType.AUTOCOMPLETE: frozenset({CallbackType.AUTOCOMPLETE}),
    InteractionType.MODAL: frozenset({CallbackType.MESSAGE, CallbackType.DEFERRED_MESSAGE}),
}
_OF_MESSAGE = frozenset({CallbackType.DEFERRED_UPDATE, CallbackType.UPDATE})
"""What can also answer a form, if a component's message is behind it."""


def can_answer(
    interaction: Interaction, kind: int, now: datetime, patience: timedelta
) -> DomainError | None:
    """Whether the application may answer like this, now."""
    if interaction.state is State.FAILED or (
        interaction.state is State.ASKED and interaction.is_late(now, patience)
    ):
        return NotFound(ErrorCode.UNKNOWN_INTERACTION)
    if interaction.state is not State.ASKED:
        return Conflict(ErrorCode.ALREADY_ACKNOWLEDGED)
    allowed = _ANSWERS[interaction.type]
    if interaction.type is InteractionType.MODAL and "message_id" in interaction.asked:
        allowed |= _OF_MESSAGE
    if kind not in allowed:
        text = "This is no answer to what was asked."
        return Invalid({"type": ("INTERACTION_CALLBACK_TYPE_INVALID", text)})
    return None


def can_follow_up(interaction: Interaction, now: datetime) -> DomainError | None:
    """Whether the application may still say something, or change what it said."""
    if interaction.is_over(now):
        return Unauthorized(ErrorCode.INVALID_WEBHOOK_TOKEN)
    if interaction.state in (State.ASKED, State.FAILED):
        return NotFound(ErrorCode.UNKNOWN_WEBHOOK)
    return None
