"""Lines of our own: what a peer would refuse is not sent."""

from __future__ import annotations

import pytest

from chassis.rpc.frames import TooLong, answer_line
from contracts.limits import RPC_LINE_BYTES


def test_a_line_that_a_peer_would_refuse_is_not_made() -> None:
    with pytest.raises(TooLong):
        answer_line(1, {"text": "x" * RPC_LINE_BYTES})


def test_a_line_ends_with_the_only_newline_in_it() -> None:
    line = answer_line(1, {"text": "a\nb"})
    assert line == b'{"id":1,"body":{"text":"a\\nb"}}\n'
