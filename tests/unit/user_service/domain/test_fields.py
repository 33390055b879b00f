"""Findings of a form, told together."""

from __future__ import annotations

import pytest

from contracts.errors import Invalid
from user_service.domain.fields import Fields, Wrong


def refuse(raw: str) -> str:
    raise Wrong("BAD", f"{raw} is bad")


def test_a_good_form_is_settled() -> None:
    fields = Fields()
    assert fields.read("a", str.strip, " x ") == "x"
    fields.settle()


def test_every_finding_is_told_at_its_field() -> None:
    fields = Fields()
    fields.read("a", refuse, "x")
    fields.refuse("b", "ALSO", "bad")
    with pytest.raises(Invalid) as caught:
        fields.settle()
    assert caught.value.fields == {"a": ("BAD", "x is bad"), "b": ("ALSO", "bad")}
