"""Addresses that may be, and addresses that are the same."""

from __future__ import annotations

import pytest

from user_service.domain import emails
from user_service.domain.fields import Wrong


class TestEmail:
    @pytest.mark.parametrize(
        "raw",
        ["a@b.co", "first.last+tag@sub.example.org", "o'neil@x-y.com", "사람@예시.한국", "A@B.CO"],
    )
    def test_well_formed_is_kept(self, raw: str) -> None:
        assert emails.email(raw) == raw

    def test_is_trimmed(self) -> None:
        assert emails.email(" a@b.co ") == "a@b.co"

    @pytest.mark.parametrize(
        "raw",
        ["", "a", "a@", "@b.co", "a@b", "a b@c.de", "a@b..co", ".a@b.co", "a.@b.co", "a@-b.co",
         "a@b-.co", "a@b_c.de", "a@b.co\0", "a\n@b.co", "a@b.c\ud800", "a@@b.co", "<a@b.co>",
         "x" * 65 + "@b.co", "a@" + "x" * 64 + ".co", "a@" + "x." * 126 + "co"],
    )  # fmt: skip
    def test_malformed_is_refused(self, raw: str) -> None:
        with pytest.raises(Wrong) as caught:
            emails.email(raw)
        assert caught.value.code == "EMAIL_TYPE_INVALID_EMAIL"


class TestKey:
    def test_ignores_the_case(self) -> None:
        assert emails.lookup_key("Mina@Example.ORG") == emails.key("mina@example.org")

    def test_of_what_can_be_nobodys_is_none(self) -> None:
        assert emails.lookup_key("a@b") is None
