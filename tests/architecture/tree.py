"""The source tree as values, read once."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
SERVICES = (
    "gateway",
    "user_service",
    "community_service",
    "chat_service",
    "presence_service",
    "signaling_service",
    "media_sfu",
    "notification_service",
)
PACKAGES = (*SERVICES, "chassis", "contracts", "stack")


@dataclass(frozen=True)
class Source:
    """One Python file."""

    path: Path
    text: str

    def __str__(self) -> str:
        return self.path.as_posix()

    @property
    def tree(self) -> ast.Module:
        """Its syntax."""
        return ast.parse(self.text)


@cache
def sources(*packages: str) -> tuple[Source, ...]:
    """Every file of these packages (all of ours, without an argument)."""
    found = []
    for package in packages or PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            found.append(Source(path.relative_to(ROOT), path.read_text(encoding="utf-8")))
    return tuple(found)
