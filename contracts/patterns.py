"""Regular expressions that people outside write: by RE2, whose time grows with the text and never
with the wit of the pattern.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

_MOST_MEMORY = 1 << 20


def is_pattern(pattern: str) -> bool:
    """Whether it can be searched for."""
    return _compiled(pattern) is not None


def search(pattern: str, text: str) -> str | None:
    """What it matches first in a text, of whatever case."""
    compiled = _compiled(pattern)
    found = None if compiled is None else compiled.search(text)
    return None if found is None else str(found.group(0))


@lru_cache(1_024)
def _compiled(pattern: str) -> Any:
    # Only houses with such rules pay for the library.
    import re2

    options = re2.Options()
    options.max_mem = _MOST_MEMORY
    options.case_sensitive = False
    options.log_errors = False
    try:
        return re2.compile(pattern, options)
    except re2.error:
        return None
