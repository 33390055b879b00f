"""Descriptions that go down: our offers on two wires, wishes for sections on one."""

from __future__ import annotations

import asyncio

from contracts.rpc.media import AddCandidate, Answer, Manner, RestartIce
from contracts.rpc.media_news import Offered, SectionsWanted
from media_sfu.actions import following
from media_sfu.domain import codecs, describing, sdp
from media_sfu.domain.sdp import Description, Section
from media_sfu.refusals import unreadable
from media_sfu.rooms import Participant
from media_sfu.wire import Wire
from media_sfu.worker import Worker

DATA_MID = "0"


def begin(worker: Worker, one: Participant, wire: Wire) -> None:
    """The first offer of a fresh participant, for data channels and whatever there is to hear."""
    wire.data_port = describing.DATA_PORT
    one.places.is_stale = True
    refresh(worker, one)


def refresh(worker: Worker, one: Participant) -> None:
    """Describe anew if what this one hears is not what was described: once for all changes of this
    turn.
    """
    if not one.is_refreshing:
        one.is_refreshing = True
        asyncio.get_running_loop().call_soon(_refresh, worker, one)


def _refresh(worker: Worker, one: Participant) -> None:
    one.is_refreshing = False
    if one.room.participants.get(one.name) is not one:
        return
    places = one.places
    for down in one.downs.values():
        if not down.mid:
            places.add(down, may_grow=one.manner is Manner.TWO)
    if not places.is_stale:
        return
    if one.manner is Manner.ONE:
        _want(worker, one)
    elif one.down is not None and not places.is_offered:
        _offer(worker, one, one.down)


def _want(worker: Worker, one: Participant) -> None:
    if one.up is None:
        return
    one.places.is_stale = False
    lacking = [str(down.source.spec.kind) for down in one.downs.values() if not down.mid]
    worker.tell(
        SectionsWanted(
            room=one.room.name,
            participant=one.name,
            audios=lacking.count("audio"),
            videos=lacking.count("video"),
        )
    )


def _offer(worker: Worker, one: Participant, wire: Wire) -> None:
    places = one.places
    places.offer_id += 1
    places.is_offered, places.is_stale = True, False
    sections = [describing.data_section(DATA_MID)]
    sections += [
        describing.offered(place.mid, place.kind, place.sending()) for place in places.all.values()
    ]
    whole = describing.description(wire.face("actpass"), sections)
    worker.tell(
        Offered(
            room=one.room.name,
            participant=one.name,
            offer_id=places.offer_id,
            sdp=sdp.write(whole, session=wire.own, version=places.offer_id),
            tracks=places.by_mid(),
        )
    )


async def answer(worker: Worker, asked: Answer) -> None:
    """A listener answered our offer."""
    one = worker.rooms.seat(asked.room, asked.participant)
    places, wire = one.places, one.down
    # Clients of old do not say which offer they answer; there is only one at a time.
    if wire is None or not places.is_offered or asked.offer_id not in (0, places.offer_id):
        return
    try:
        said = sdp.parse(asked.sdp)
        shake(wire, said)
    except ValueError as error:
        raise unreadable(error) from None
    places.is_offered = False
    for section in said.sections:
        _agree(worker, one, section)
    following.aim(one, worker.clock.monotonic())
    refresh(worker, one)


def _agree(worker: Worker, one: Participant, section: Section) -> None:
    place = one.places.all.get(section.mid)
    if place is None or place.down is None:
        return
    names = {codec.name for codec in codecs.spoken(section)}
    is_taken = section.port and section.direction in ("recvonly", "sendrecv")
    if is_taken and place.down.source.codec.name in names:
        place.down.agree(codecs.downward(section))
        place.down.red = codecs.red(section)
        place.down.double()
        following.flows(worker, one, place.down)


def shake(wire: Wire, said: Description) -> None:
    """Begin DTLS with whom the other description names, once."""
    if wire.dtls is not None:
        return
    section = next((each for each in said.sections if each.port), None)
    if section is None:
        raise ValueError("every section is refused")
    algorithm, _, value = said.value(section, "fingerprint").partition(" ")
    if algorithm.lower() not in ("sha-256", "sha-384", "sha-512") or not value:
        raise ValueError("a fingerprint by SHA-256, SHA-384 or SHA-512 is needed")
    setup = said.value(section, "setup")
    wire.setup = "active" if setup == "passive" else "passive"
    wire.begin(algorithm, value.strip(), is_server=wire.setup == "passive")


async def restart(worker: Worker, asked: RestartIce) -> None:
    """Offer fresh ICE credentials on the listening wire."""
    one = worker.rooms.seat(asked.room, asked.participant)
    if one.manner is Manner.ONE or one.down is None:
        return
    one.down.restart()
    one.places.is_offered = False
    _offer(worker, one, one.down)


async def candidate(worker: Worker, asked: AddCandidate) -> None:
    """Nothing to be done: a worker makes no checks, it answers those that come. Only whether there
    is such a participant is told.
    """
    worker.rooms.seat(asked.room, asked.participant)
