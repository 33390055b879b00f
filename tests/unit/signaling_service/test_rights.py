"""What permissions let somebody do in voice."""

from __future__ import annotations

from dataclasses import replace

import pytest

from contracts.objects.channel import ChannelType
from contracts.permissions import NONE, Permission
from signaling_service.domain.calls import Call
from signaling_service.domain.rights import Refusal, admission, capacity, rights
from signaling_service.domain.stays import Stay

P = Permission
SEEN = P.VIEW_CHANNEL
STAY = Stay(7, 1, 2, "session", "ticket", "node", 0)


@pytest.mark.parametrize(
    ("kind", "granted", "was_moved", "refusal"),
    [
        (ChannelType.VOICE, SEEN | P.CONNECT, False, None),
        (ChannelType.STAGE, SEEN | P.CONNECT, False, None),
        (ChannelType.TEXT, SEEN | P.CONNECT, False, Refusal.NO_VOICE),
        (ChannelType.VOICE, SEEN, False, Refusal.MAY_NOT_CONNECT),
        (ChannelType.VOICE, SEEN, True, None),
        (ChannelType.VOICE, NONE, True, Refusal.UNSEEN),
    ],
)
def test_who_comes_in(
    kind: ChannelType, granted: Permission, was_moved: bool, refusal: Refusal | None
) -> None:
    assert admission(kind, granted, was_moved=was_moved) is refusal


def test_whoever_moves_members_passes_the_limit() -> None:
    assert capacity(5, SEEN) == 5
    assert capacity(5, SEEN | P.MOVE_MEMBERS) == capacity(None, SEEN) == 0


def test_a_voice_takes_speak_and_pictures_take_stream() -> None:
    may = rights(STAY, SEEN | P.SPEAK)
    assert (may.may_speak, may.may_show, may.may_stream) == (True, False, False)
    assert may.may_listen
    may = rights(STAY, SEEN | P.STREAM)
    assert (may.may_speak, may.may_show, may.may_stream) == (False, True, True)


def test_the_audience_only_listens_and_who_is_muted_may_start() -> None:
    everything = SEEN | P.SPEAK | P.STREAM
    may = rights(replace(STAY, suppress=True), everything)
    assert (may.may_speak, may.may_show, may.may_stream, may.may_listen) == (
        False,
        False,
        False,
        True,
    )
    may = rights(replace(STAY, mute=True, deaf=True), everything)
    assert (may.may_speak, may.is_muted, may.may_listen) == (True, True, False)


def test_a_stay_is_kept_as_it_was() -> None:
    stay = replace(STAY, due_ms=5, self_mute=True, was_moved=True)
    assert Stay.decode(stay.encode()) == stay
    assert stay.looks_like(replace(stay, due_ms=0, ticket="other"))
    assert not stay.looks_like(replace(stay, self_mute=False))


def test_a_call_rings_for_those_who_are_not_in_it() -> None:
    call = Call(5, 6, 1, 0, people=(1, 2, 3), took_part=(1,))
    rung = call.rings(None, {1}, 10)
    assert rung.ringing == (2, 3)
    assert rung.rings({2, 9}, {1}, 20).ringing == (2, 3), "once each, and nobody from outside"
    assert rung.silences({2}).ringing == (3,)
    joined = rung.joined(3).joined(3)
    assert (joined.ringing, joined.took_part) == ((2,), (1, 3))
    assert Call.decode(joined.encode()) == joined
