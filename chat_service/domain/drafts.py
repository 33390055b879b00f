"""A message as its author wants it: text and whatever hangs on it. Pure; forms make them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from chat_service.domain.attachments import VOICE_MESSAGE, Wanted
from chat_service.domain.attendance import RollCall
from chat_service.domain.mentions import Allowed
from chat_service.domain.origins import Origin
from chat_service.domain.polls import Asked
from contracts.errors import DomainError, ErrorCode, Invalid
from contracts.wire import JSON

SUPPRESS_EMBEDS = 1 << 2
SUPPRESS_NOTIFICATIONS = 1 << 12
ONLY_COMPONENTS = 1 << 15
SETTABLE = SUPPRESS_EMBEDS | SUPPRESS_NOTIFICATIONS | VOICE_MESSAGE | ONLY_COMPONENTS
"""Flags that a sender may set."""
FORWARD = 1
_LEGACY = "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2"


@dataclass(frozen=True, slots=True)
class Reference:
    """Another message: answered, or (a forward) shown again."""

    message_id: int
    channel_id: int | None = None
    kind: int = 0
    must_exist: bool = True


class Draft(NamedTuple):
    """A message about to be sent. A tuple, as every plain text becomes one."""

    content: str = ""
    nonce: str | int | None = None
    flags: int = 0
    tts: bool = False
    embeds: Sequence[JSON] = ()
    components: Sequence[JSON] = ()
    allowed: Allowed | None = None
    reference: Reference | None = None
    files: Sequence[Wanted] = ()
    origin: Origin | None = None
    poll: Asked | None = None
    roll_call: RollCall | None = None
    """Not an account that speaks for itself."""

    @property
    def is_plain(self) -> bool:
        """Nothing but text."""
        more = self.tts or self.embeds or self.components or self.allowed or self.reference
        by_others = self.files or self.origin or self.poll or self.roll_call
        return not (more or by_others or self.flags & (ONLY_COMPONENTS | VOICE_MESSAGE))

    @property
    def is_forward(self) -> bool:
        """Whether it shows another message, and says nothing itself."""
        return self.reference is not None and self.reference.kind == FORWARD

    def refusal(self) -> DomainError | None:
        """Why it can not be sent, whoever sends it."""
        if self.is_forward:
            if self.content or self._holds():
                text = "A forward has no content of its own."
                return Invalid({"message_reference": ("MESSAGE_REFERENCE_INVALID", text)})
            return None
        if self.flags & VOICE_MESSAGE:
            return self._voice_refusal()
        if not (self.content.strip() or self._holds()):
            return DomainError(ErrorCode.EMPTY_MESSAGE)
        if self.flags & ONLY_COMPONENTS and (self.content or self.embeds):
            text = "The flag IS_COMPONENTS_V2 leaves no room for content or embeds."
            return Invalid(
                {"content": ("MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2", text)}
            )
        return None

    def _holds(self) -> bool:
        """Whether something beside the text is worth sending."""
        more = self.poll or self.roll_call
        return bool(self.embeds or self.components or self.files or more)

    def _voice_refusal(self) -> DomainError | None:
        """A voice message is heard, not read."""
        if self.content or self.embeds or self.components or self.tts:
            return DomainError(ErrorCode.VOICE_WITH_MORE)
        return None if len(self.files) == 1 else DomainError(ErrorCode.VOICE_NOT_ONE)
