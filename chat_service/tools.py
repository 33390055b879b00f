"""Units of this service; what actions work with is `Chat` (actions/chat.py)."""

from __future__ import annotations

from typing import TypeAlias

from chassis import db

Unit: TypeAlias = db.Unit[None]
Units: TypeAlias = db.Units[None]
