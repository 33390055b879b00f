"""Calls: declared once, with service, callers, deadline and reply."""

from __future__ import annotations

import pytest

from contracts.rpc import REGISTRY, Ask, Call, Cast
from contracts.rpc.presence import GetPresences, Presences, Seat, Status, digest_of

SERVICES = {
    "gateway",
    "user",
    "community",
    "chat",
    "presence",
    "signaling",
    "media",
    "notification",
}


@pytest.mark.parametrize("name", REGISTRY)
def test_a_call_names_its_service_its_callers_and_its_reply(name: str) -> None:
    kind = REGISTRY[name]
    assert name == f"{kind.service}.{kind.__name__}"
    assert kind.service in SERVICES
    assert kind.callers
    assert kind.callers <= SERVICES
    assert (kind.reply is None) is issubclass(kind, Cast)
    if issubclass(kind, Call):
        assert 0 < kind.deadline <= 5


def test_the_reply_type_is_read_off_the_declaration() -> None:
    assert GetPresences.reply is Presences


def test_the_same_name_can_not_be_declared_twice() -> None:
    with pytest.raises(TypeError, match="declared twice"):

        class GetPresences(Ask):
            service = "presence"


def test_a_digest_depends_on_the_seats_and_not_on_their_order() -> None:
    here = Seat(session_id="a", user_id=1)
    there = Seat(session_id="b", user_id=2, status=Status.IDLE)
    both = digest_of({"a": here, "b": there})
    assert both == digest_of({"b": there, "a": here})
    assert both != digest_of({"a": here})
    assert both != digest_of({"a": here, "b": there.model_copy(update={"status": Status.DND})})
    assert digest_of({}) == "0" * 16
