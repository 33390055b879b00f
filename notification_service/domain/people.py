"""People who are watched, as far as telling them is concerned."""

from __future__ import annotations

from dataclasses import dataclass

from contracts.ids import UserId


@dataclass(frozen=True, slots=True)
class Person:
    """How somebody wishes to be told."""

    user_id: UserId
    locale: str = "en-US"
    is_dnd: bool = False
    """Set for all devices; a single session may ask for it as well."""
    hides_content: bool = False
    """Neither words nor names leave the house in a push."""
    wants_digest: bool = False
