"""Names of files, what is said of them, and how they look from afar."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat_service.domain.attachments import Described, Received, Wanted, safe_name, wanted
from chat_service.domain.thumbhash import thumbhash
from contracts import limits
from contracts.attachments import Place
from contracts.errors import DomainError, ErrorCode, Invalid

HERE = Place(1, 2, "a.png")


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        (None, "file"),
        ("", "file"),
        ("..", "file"),
        ("회의록 1.txt", "회의록 1.txt"),
        ("../../etc/passwd", "_.._etc_passwd"),
        ("C:\\boot.ini", "C__boot.ini"),
        ("a\r\nb\0.png", "ab.png"),
        ("\u202egnp.exe", "gnp.exe"),
        ("SPOILER_a.png", "SPOILER_a.png"),
        (".htaccess", "htaccess"),
        ("👨\u200d👩\u200d👧.png", "👨\u200d👩\u200d👧.png"),
        ("e\u0301.txt", "é.txt"),
        ("\udcff.txt", "_.txt"),
        ("x" * 300 + ".png", "x" * 176 + ".png"),
    ],
)
def test_a_name_keeps_what_it_says_and_steers_nothing(said: str | None, kept: str) -> None:
    assert safe_name(said) == kept


@given(st.text())
def test_a_safe_name_is_safe_and_stays_as_it_is(said: str) -> None:
    name = safe_name(said)
    assert 0 < len(name) <= limits.ATTACHMENT_NAME
    assert safe_name(name) == name
    assert Place(1, 2, name).path().isascii()


class TestWanted:
    came = (Received(0, HERE, {"size": 1}), Received(3, HERE._replace(id=9), {"size": 2}))

    def test_what_came_is_wanted_even_if_nothing_is_said_of_it(self) -> None:
        said = [Described(id=3, filename="b", facts={"description": "d"})]
        found = wanted(self.came, said)
        assert found == (
            Wanted("b", {"description": "d"}, received=self.came[1]),
            Wanted(None, {}, received=self.came[0]),
        )
        assert wanted(self.came, None) == tuple(Wanted(None, {}, received=one) for one in self.came)

    def test_what_was_sent_ahead_is_named_by_its_number(self) -> None:
        assert wanted((), [Described(uploaded="77/a.png")])[0].uploaded_id == 77
        for wrong in ("", "/", "x/a", "７/a", "1" * 30 + "/a"):
            with pytest.raises(Invalid):
                wanted((), [Described(uploaded=wrong)])

    def test_what_is_neither_here_nor_there_is_refused(self) -> None:
        with pytest.raises(Invalid):
            wanted(self.came, [Described(id=5)])
        assert len(wanted(self.came, [Described(id=5)], kept=(5,))) == 2
        many = [Received(n, HERE, {}) for n in range(11)]
        with pytest.raises(DomainError) as refusal:
            wanted(many, None)
        assert refusal.value.error is ErrorCode.MAX_ATTACHMENTS


@pytest.mark.parametrize(
    ("is_clear", "expected"),
    [
        (False, "20e805258c6a7dfb98745bf8663955513a7f8acfaa"),
        (True, "202782148618cb40576a9a77227b5064587f9890c8b94eb609"),
    ],
)
def test_a_thumbhash_is_what_other_implementations_write(is_clear: bool, expected: str) -> None:
    random = Random(3)
    pixels = bytes(random.randrange(256) if n % 4 < 3 or is_clear else 255 for n in range(192))
    assert thumbhash(8, 6, pixels).hex() == expected
