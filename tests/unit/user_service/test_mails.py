"""The words of letters."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from chassis.post import letter
from user_service import mails
from user_service.domain.letters import PROOF_IN, Kind

NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize("locale", ["ko", "en-US", "fr"])
@pytest.mark.parametrize("kind", Kind)
def test_every_letter_is_there_in_korean_and_english(kind: Kind, locale: str) -> None:
    mail = mails.compose(
        kind, locale, name="<b>", address="new@b.co", public_url="https://m.example", secret="1-AA"
    )
    is_korean = any("가" <= sign <= "힣" for sign in mail.subject + mail.text)
    assert is_korean == (locale == "ko")
    assert "<b>" not in mail.html
    assert ("#token=1-AA" in mail.text) == (kind in PROOF_IN) == ("#token=1-AA" in mail.html)
    assert "{" not in mail.text


def test_strangers_words_are_not_sent_to_an_address_that_nobody_has_verified() -> None:
    mail = mails.compose(
        Kind.VERIFY, "en-US", name="WIN-MONEY", address="a@b.co", public_url="u", secret="s"
    )
    assert "WIN-MONEY" not in mail.text + mail.html + mail.subject


def test_an_address_beyond_ascii_travels() -> None:
    mail = mails.compose(Kind.RESET, "ko", name="민아", address="", public_url="u", secret="s")
    raw = bytes(letter(mail, to="mina@예시.kr", sender="Moim <moim@example.net>", at=NOW))
    assert b"To: mina@xn--vv4b11d.kr" in raw
    assert b"Message-ID: <" in raw
    assert mail.text.encode() in raw, "a file in development can be read"
