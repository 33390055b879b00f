"""What names the data of the servers that a bus speaks to: another name, other data."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import NamedTuple


class Known:
    """The names of all servers' data, as far as they are known."""

    def __init__(self, keys: Sequence[str]) -> None:
        self._keys = keys
        self._names: dict[str, str] = {}
        self._name: str | None = None

    @property
    def name(self) -> str | None:
        """One name for all the data; None while some of it was never seen."""
        if self._name is None and len(self._names) == len(self._keys):
            names = [self._names[key] for key in self._keys]
            digest = hashlib.sha1("".join(names).encode(), usedforsecurity=False)
            self._name = names[0] if len(names) == 1 else digest.hexdigest()
        return self._name

    def some(self, keys: Sequence[str]) -> dict[str, str]:
        """The names kept under these keys, as far as they are known."""
        return {key: self._names[key] for key in keys if key in self._names}

    def keep(self, key: str, name: str) -> bool:
        """Whether something else was kept there before."""
        former = self._names.get(key)
        if former != name:
            self._names[key] = name
            self._name = None
        return former not in (None, name)


class Epochs(NamedTuple):
    """The part of them that lies on one server. The first key is looked at often: whoever loses
    one has lost all.
    """

    known: Known
    keys: Sequence[str]

    def has_changed(self, key: str, name: str) -> bool:
        """Whether the data under this key is not what it was."""
        return self.known.keep(key, name)
