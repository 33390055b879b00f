"""Close codes: what a client may do next follows from the code alone, where clients look only at
that.
"""

from __future__ import annotations

import pytest

from contracts.closecodes import ENDS_SESSION, Close


@pytest.mark.parametrize("close", Close)
def test_who_may_resume_may_reconnect(close: Close) -> None:
    assert close.may_reconnect or not close.may_resume
    assert 1000 <= close.code < 5000


@pytest.mark.parametrize("code", [4004, 4010, 4011, 4012, 4013, 4014])
def test_a_client_that_can_not_succeed_is_told_to_stay_away(code: int) -> None:
    assert [close.may_reconnect for close in Close if close.code == code] == [False]


def test_a_client_that_says_goodbye_gives_its_session_up() -> None:
    assert {Close.NORMAL.code, Close.GOING_AWAY.code} == ENDS_SESSION
