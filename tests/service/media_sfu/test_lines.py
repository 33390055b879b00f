"""Lines that falter, move, or were never there."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from contracts.errors import Unavailable
from contracts.rpc import media, media_news
from contracts.rpc.media_news import LossReason, WireState
from media_sfu.domain import stun
from media_sfu.wire import Wire
from stack.caller import Caller
from tests.service.media_sfu.stand import Stand, standing

JUN = {"room": "room", "participant": "jun"}


async def offered(stand: Stand, number: int) -> str:
    return (await stand.expect(media_news.Offered, **JUN, offer_id=number)).sdp


@asynccontextmanager
async def listening(stand: Stand) -> AsyncIterator[tuple[Caller, Wire]]:
    """Somebody whose listening wire stands."""
    caller = Caller()
    await stand.ask(media.OpenParticipant(**JUN))
    offer = await offered(stand, 1)
    await stand.ask(media.Answer(**JUN, sdp=caller.answer(offer), offer_id=1))
    await caller.connect(offer)
    await stand.expect(media_news.WireChanged, **JUN, state=WireState.CONNECTED)
    wire = stand.worker.rooms.seat("room", "jun").down
    assert wire is not None
    try:
        yield caller, wire
    finally:
        await caller.close()


async def test_who_faltered_is_back_with_a_check_and_gone_without() -> None:
    async with standing(lost_seconds=1) as stand, listening(stand) as (caller, wire):
        wire.lapse()
        await stand.expect(media_news.WireChanged, **JUN, state=WireState.LOST)
        stand.told.clear()
        caller.check()
        await stand.expect(media_news.WireChanged, **JUN, state=WireState.CONNECTED)
        gone = await stand.expect(media_news.ParticipantLost, **JUN)
        assert gone.reason is LossReason.TIMED_OUT
        assert not stand.worker.port.by_address


async def test_who_never_connects_is_gone_after_a_while() -> None:
    async with standing(connect_seconds=0.2) as stand:
        await stand.ask(media.OpenParticipant(**JUN))
        gone = await stand.expect(media_news.ParticipantLost, **JUN)
        assert gone.reason is LossReason.NEVER_CONNECTED
        assert not len(stand.worker.rooms)


async def test_who_hangs_up_is_gone_at_once() -> None:
    async with standing() as stand, listening(stand) as (caller, _):
        await caller.close()
        gone = await stand.expect(media_news.ParticipantLost, **JUN)
        assert gone.reason is LossReason.HUNG_UP


async def test_media_follows_a_proven_check_to_another_network_and_no_other() -> None:
    async with standing() as stand, listening(stand) as (caller, wire):
        assert wire.to is not None
        assert wire.to.address == caller.address
        stranger, moved = Caller(), Caller()
        first = await offered(stand, 1)
        stranger.aim(first.replace("a=ice-pwd:", "a=ice-pwd:not"))
        stranger.check()
        await stand.ask(media.RestartIce(**JUN))
        second = await offered(stand, 2)
        assert second != first
        moved.aim(second)
        moved.check()
        await stand.until(lambda: wire.to and wire.to.address == moved.address)
        caller.check()
        await stand.ask(media.RestartIce(**JUN))
        assert wire.to.address == moved.address
        assert stranger.address not in stand.worker.port.by_address
        for each in (stranger, moved):
            await each.close()


async def test_a_check_moves_media_once_and_takes_no_address_from_whom_was_just_heard() -> None:
    async with standing() as stand, listening(stand) as (caller, wire):
        moved = Caller()
        moved.aim(await offered(stand, 1))
        check, said = checks_of(caller), checks_of(moved)
        assert wire.checked(check, caller.address)
        assert wire.checked(said, moved.address)
        assert wire.to is not None
        assert wire.to.address == moved.address
        assert not wire.checked(check, ("192.0.2.1", 4)), "somebody listened in"
        assert wire.checked(check, caller.address), "a repeat because the answer got lost"
        await stand.ask(media.OpenParticipant(room="room", participant="suho"))
        told = await stand.expect(media_news.Offered, participant="suho")
        other = stand.worker.rooms.seat("room", "suho").down
        assert other is not None
        moved.aim(told.sdp)
        assert not other.checked(checks_of(moved), caller.address), "it is held"
        assert stand.worker.port.by_address[caller.address] is wire
        assert other.checked(checks_of(moved), ("192.0.2.1", 4))
        await moved.close()


def checks_of(caller: Caller) -> stun.Request:
    """What it would send."""
    said: list[bytes] = []
    send, caller._send = caller._send, said.append  # type: ignore[method-assign]
    caller.check()
    caller._send = send  # type: ignore[method-assign]
    request = stun.read(said[0])
    assert request is not None
    return request


async def test_a_draining_worker_keeps_its_rooms_and_takes_no_new_ones() -> None:
    async with standing() as stand, listening(stand):
        await stand.ask(media.Drain())
        await stand.ask(media.OpenParticipant(room="room", participant="suho"))
        refused = media.OpenParticipant(room="another", participant="suho")
        with pytest.raises(Unavailable):
            await stand.ask(refused)
