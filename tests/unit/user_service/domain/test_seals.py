"""Secrets that lie sealed."""

from __future__ import annotations

import secrets

from user_service.domain.seals import Opened, Seals

OLD, NEW = (bytes([n]) * 32 for n in (1, 2))


def test_a_seal_opens_for_its_owner_alone() -> None:
    seals = Seals((NEW,), secrets.token_bytes)
    sealed = seals.seal(b"luck", 7)
    assert b"luck" not in sealed
    assert sealed != seals.seal(b"luck", 7)
    assert seals.open(sealed, 7) == Opened(b"luck", is_current=True)
    assert seals.open(sealed, 8) is None
    assert seals.open(sealed[:-1] + bytes([sealed[-1] ^ 1]), 7) is None


def test_what_an_older_key_sealed_opens_as_long_as_it_is_kept() -> None:
    sealed = Seals((OLD,), secrets.token_bytes).seal(b"luck", 7)
    assert Seals((NEW, OLD), secrets.token_bytes).open(sealed, 7) == Opened(b"luck", False)
    assert Seals((NEW,), secrets.token_bytes).open(sealed, 7) is None


def test_what_was_never_sealed_is_due_for_a_seal() -> None:
    assert Seals((NEW,), secrets.token_bytes).open(b"luck", 7) == Opened(b"luck", False)
