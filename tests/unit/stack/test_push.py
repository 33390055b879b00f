"""What an operator is told of a greeting that does not reach every device."""

from __future__ import annotations

import pytest

from contracts.rpc.notification import Pushed
from stack.verbs.push import problems_of


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (Pushed(devices=2), []),
        (Pushed(devices=0), ["This person has no device"]),
        (Pushed(devices=1, unserved={"fcm": 2}), ["2 device(s)", "MOIM_FCM_CREDENTIALS"]),
        (Pushed(devices=1, troubles={"fcm": "x.json: No such file"}), ["can not work", "x.json"]),
    ],
)
def test_what_keeps_a_greeting_from_devices_is_said(answer: Pushed, words: list[str]) -> None:
    said = "\n".join(problems_of(answer))
    assert all(word in said for word in words)
    assert bool(said) == bool(words)
