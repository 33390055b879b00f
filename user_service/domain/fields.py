"""Collects what is wrong with the fields of a form, so that the asker hears all of it at once.
The rules themselves are elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable

from contracts.errors import Invalid


class Wrong(ValueError):
    """A value that a rule refuses, in the words of the public contract."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(code)
        self.code = code
        self.message = message


def bad_length(least: int, most: int) -> Wrong:
    """Too short or too long."""
    return Wrong("BASE_TYPE_BAD_LENGTH", f"Must be between {least} and {most} in length.")


class Fields:
    """One form being read."""

    __slots__ = ("_wrong",)

    def __init__(self) -> None:
        self._wrong: dict[str, tuple[str, str]] = {}

    def read(self, path: str, rule: Callable[[str], str], raw: str) -> str:
        """The value as the rule cleans it; if it is refused, `settle` will say so."""
        try:
            return rule(raw)
        except Wrong as wrong:
            self.refuse(path, wrong.code, wrong.message)
            return raw

    def refuse(self, path: str, code: str, message: str) -> None:
        """Note one finding."""
        self._wrong[path] = (code, message)

    def settle(self) -> None:
        """Refuse the form if anything was wrong with it."""
        if self._wrong:
            raise Invalid(self._wrong)
