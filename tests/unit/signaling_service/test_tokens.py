"""Voice tokens: what is signed is read, and nothing else is."""

from __future__ import annotations

from typing import Any

import pytest

from signaling_service.domain.tokens import read, sign

KEYS = {"moim": b"k" * 32}
NOW = 1_000.0


def payload(**more: Any) -> dict[str, Any]:
    return {
        "iss": "moim",
        "sub": "7",
        "exp": 2_000,
        "nbf": 900,
        "video": {"room": "5", "roomJoin": True},
        "moim": {"ticket": "t", "place": "9"},
        **more,
    }


def test_a_token_says_who_where_and_which_ticket() -> None:
    claims = read(sign(payload(name="Mina"), KEYS["moim"]), KEYS, NOW)
    assert claims is not None
    said = (claims.identity, claims.room, claims.ticket, claims.place_id, claims.name)
    assert said == ("7", "5", "t", 9, "Mina")
    assert claims.has("roomJoin")
    assert not claims.has("hidden")
    assert claims.has("canPublish", unless_said=True)


@pytest.mark.parametrize(
    "other",
    [
        {"exp": 999},
        {"exp": None},
        {"nbf": 1_020},
        {"iss": "somebody"},
    ],
)
def test_what_is_overdue_too_early_or_another_s_is_nothing(other: dict[str, Any]) -> None:
    assert read(sign(payload(**other), KEYS["moim"]), KEYS, NOW) is None


def test_what_was_forged_or_is_no_token_is_nothing() -> None:
    good = sign(payload(), KEYS["moim"])
    head, body, signature = good.split(".")
    unsigned = "eyJhbGciOiJub25lIn0." + body + "."
    for bad in (
        sign(payload(), b"other"),
        f"{head}.{body}.",
        f"{head}.{body[:-2]}AA.{signature}",
        unsigned,
        "",
        "..",
        "a.b",
        "é.é.é",
        good * 50,
    ):
        assert read(bad, KEYS, NOW) is None
