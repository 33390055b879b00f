"""A client offers: what it publishes, and on one wire also where it listens."""

from __future__ import annotations

from contracts.rpc.media import Answered, End, Manner, Offer
from media_sfu.actions import following, offering, publishing, seating
from media_sfu.actions.publishing import Binder
from media_sfu.channels import associate
from media_sfu.domain import codecs, describing, sdp
from media_sfu.domain.describing import Taking
from media_sfu.domain.sdp import Description, Section
from media_sfu.places import Place
from media_sfu.refusals import unreadable
from media_sfu.rooms import Participant
from media_sfu.wire import Wire
from media_sfu.worker import Worker


async def offer(worker: Worker, asked: Offer) -> Answered:
    """Take an offer, whole or not at all."""
    one = worker.rooms.seat(asked.room, asked.participant)
    try:
        said = sdp.parse(asked.sdp)
        wire = seating.wire_for(worker, one, End.UP)
        offering.shake(wire, said)
        _look_for_restart(wire, said)
        return _answer(worker, one, wire, said, asked.offer_id)
    except ValueError as error:
        raise unreadable(error) from None


def _look_for_restart(wire: Wire, said: Description) -> None:
    ufrag = next((said.value(each, "ice-ufrag") for each in said.sections if each.port), "")
    if wire.remote_ufrag and ufrag != wire.remote_ufrag:
        wire.restart()
    wire.remote_ufrag = ufrag


def _answer(
    worker: Worker, one: Participant, wire: Wire, said: Description, offer_id: int
) -> Answered:
    if wire.bind is None:
        wire.bind = Binder(worker, one)
    assert isinstance(wire.bind, Binder)
    wire.bind.learn(said.sections)
    sent = {each.mid for each in said.sections if _is_sent(each)}
    publishing.end_missing(worker, one, sent)
    taken: dict[str, Taking] = {}
    tracks: dict[str, str] = {}
    for section in said.sections:
        found = publishing.take(worker, one, section) if section.mid in sent else None
        if found is not None:
            tracks[section.mid], taken[section.mid] = found[0].name, found[1]
    if one.manner is Manner.ONE:
        _place(worker, one, said.sections)
        tracks |= one.places.by_mid()
    sections = [_section(one, wire, each, taken.get(each.mid)) for each in said.sections]
    whole = describing.description(wire.face(), sections)
    one.answers += 1
    text = sdp.write(whole, session=wire.own, version=one.answers)
    return Answered(sdp=text, offer_id=offer_id, tracks=tracks)


def _is_sent(section: Section) -> bool:
    return bool(section.is_media and section.port and section.direction in ("sendonly", "sendrecv"))


def _section(one: Participant, wire: Wire, offer: Section, taking: Taking | None) -> Section:
    if offer.kind == "application":
        if "SCTP" not in offer.protocol or not offer.port:
            return describing.refused(offer)
        associate(wire, offer)
        return describing.data_section(offer.mid, offer.protocol)
    if not offer.port:
        return describing.refused(offer)
    place = one.places.all.get(offer.mid) if one.manner is Manner.ONE else None
    return describing.answered(offer, taking, place.sending() if place else None)


def _place(worker: Worker, one: Participant, sections: list[Section]) -> None:
    """On one wire: the client's receiving sections are where tracks go."""
    places = one.places
    for section in sections:
        if not section.is_media:
            continue
        place = places.all.get(section.mid)
        if place is None:
            place = places.all[section.mid] = Place(section.mid, section.kind)
        place.is_open = bool(section.port) and section.direction in ("recvonly", "sendrecv")
        place.codecs = {codec.name: codec for codec in codecs.spoken(section)}
        place.extensions, place.red = codecs.downward(section), codecs.red(section)
        down = place.down
        if down is not None and not (place.is_open and down.source.codec.name in place.codecs):
            places.remove(down)
    for down in one.downs.values():
        if not down.mid:
            places.add(down, may_grow=False)
    for down in one.downs.values():
        if down.mid:
            following.flows(worker, one, down)
    following.aim(one, worker.clock.monotonic())
    # What found no section is asked for, once; an offer that leaves nothing open ends the asking.
    places.is_stale = any(not down.mid for down in one.downs.values())
    offering.refresh(worker, one)
