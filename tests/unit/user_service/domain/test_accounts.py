"""Registrations and changes of names, read."""

from __future__ import annotations

from itertools import islice

import pytest

from contracts.errors import Invalid
from user_service.domain.accounts import Newcomer, read_newcomer


class TestNewcomer:
    def test_is_read(self) -> None:
        read = read_newcomer(username=" mina ", global_name="", email="", password="12345678")
        assert read == Newcomer("mina", None, None, "12345678")

    def test_hears_everything_at_once(self) -> None:
        with pytest.raises(Invalid) as caught:
            read_newcomer(username="m", global_name="\0", email="m", password="1")
        assert set(caught.value.fields) == {"username", "global_name", "email", "password"}

    def test_needs_some_name(self) -> None:
        with pytest.raises(Invalid) as caught:
            read_newcomer(username=None, global_name=None, email="m@x.org", password="12345678")
        assert caught.value.fields["username"][0] == "BASE_TYPE_REQUIRED"

    def test_takes_the_username_asked_for_and_no_other(self) -> None:
        assert tuple(Newcomer("mina", "M", None, "").usernames(lambda: 1)) == ("mina",)

    def test_without_one_takes_any_made_from_the_shown_name(self) -> None:
        made = islice(Newcomer(None, "Mina", None, "").usernames(lambda: 1), 2)
        assert tuple(made) == ("Mina", "Mina0001")
