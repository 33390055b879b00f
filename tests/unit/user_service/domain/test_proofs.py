"""Proofs: single secrets with an end."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from contracts.ids import UserId
from user_service.domain import proofs
from user_service.domain.proofs import LIVES, Proof, Purpose

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def made(number: int = 1 << 60) -> tuple[str, Proof]:
    secret = proofs.make(number, lambda n: bytes(range(n)))
    expires = NOW + LIVES[Purpose.RESET]
    return secret.text, Proof(
        number, UserId(7), Purpose.RESET, secret.fingerprint, "a@b.co", expires
    )


@pytest.mark.parametrize("number", [0, 1, 35, 36, 1 << 60, (1 << 63) - 1])
def test_a_link_leads_to_its_proof(number: int) -> None:
    text, proof = made(number)
    read = proofs.read(f" {text}\n")
    assert read is not None
    assert read[0] == number
    assert proof.is_shown_by(read[1], NOW)


def test_it_ends() -> None:
    text, proof = made()
    secret = (proofs.read(text) or (0, ""))[1]
    assert proof.is_shown_by(secret, proof.expires - timedelta(seconds=1))
    assert not proof.is_shown_by(secret, proof.expires)
    assert not proof.is_shown_by(secret[:-1] + "!", NOW)


def test_one_that_was_never_mailed_has_no_secret() -> None:
    proof = Proof(1, UserId(7), Purpose.VERIFY, None, "a@b.co", NOW + timedelta(hours=1))
    assert not proof.is_shown_by("", NOW)


@pytest.mark.parametrize(
    "text", ["", "-", "1-", "1-short", "z" * 13 + "-" + "A" * 32, "A-" + "A" * 32, "민-" + "A" * 32]
)
def test_what_can_be_no_proof_is_none(text: str) -> None:
    assert proofs.read(text) is None
