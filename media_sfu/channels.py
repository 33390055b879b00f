"""Data channels of a wire: a reliable and a lossy one, whoever opened them."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

from contracts.rpc.media import DATA_MOST, DataManner
from contracts.rpc.media_news import DataHeard
from media_sfu.domain import describing, sdp
from media_sfu.domain.sdp import Section

if TYPE_CHECKING:
    from media_sfu.compat import Channel
    from media_sfu.rooms import Participant
    from media_sfu.wire import Wire
    from media_sfu.worker import Worker

LABELS = {True: "_reliable", False: "_lossy"}
BUFFERED_MOST = 1 << 20
LOSSY_MOST = 64 << 10
"""A lossy packet is dropped when so many bytes wait before it."""


class Channels:
    """What can be said to one participant."""

    def __init__(self) -> None:
        self._by_kind: dict[bool, Channel] = {}

    def put(self, channel: Channel) -> None:
        """This one is used from now on."""
        self._by_kind[is_reliable(channel)] = channel

    def send(self, data: bytes, *, reliably: bool) -> bool:
        """Say it; whether there was a way that was not full."""
        channel = self._by_kind.get(reliably)
        if channel is None or channel.readyState != "open":
            return False
        if channel.bufferedAmount > (BUFFERED_MOST if reliably else LOSSY_MOST):
            return False
        channel.send(data)
        return True


def is_reliable(channel: Channel) -> bool:
    """Whether all arrives, and in order."""
    return channel.ordered and channel.maxRetransmits is None and channel.maxPacketLifeTime is None


def associate(wire: Wire, section: Section) -> None:
    """The client has a section for data: speak SCTP on this wire, as soon as it stands."""
    port = sdp.number(section.first("sctp-port", "5000"), 65_535)
    wire.data_port = port or describing.DATA_PORT


def converse(worker: Worker, one: Participant, wire: Wire, *, opens: bool) -> None:
    """The wire stands: begin, and open our own channels where the client waits for them."""
    if wire.sctp is not None or not wire.data_port or wire.dtls is None:
        return
    sctp = wire.sctp = worker.crypt().compat.Sctp(wire.dtls)

    def fresh(channel: Channel) -> None:
        # Further channels are between clients of a kind; nothing is known here of what they say.
        if channel.label not in LABELS.values():
            return
        # On two wires clients listen where the worker speaks, and speak where they publish.
        if wire is one.down:
            one.channels.put(channel)
        channel.on("message", lambda data: hear(worker, one, channel, data))

    sctp.on("datachannel", fresh)

    async def begin() -> None:
        await sctp.begin(wire.data_port, describing.DATA_BYTES)
        if opens:
            for reliably, label in LABELS.items():
                fresh(sctp.open(label, is_reliable=reliably))

    worker.tasks.spawn("wire:data", begin())


def hear(worker: Worker, one: Participant, channel: Channel, data: str | bytes) -> None:
    """A packet of a participant came."""
    if one.room.participants.get(one.name) is not one or not one.rights.may_send_data:
        return
    raw = data.encode() if isinstance(data, str) else bytes(data)
    if len(raw) > DATA_MOST:
        return
    reliably = is_reliable(channel)
    if one.data is DataManner.ASKER:
        said = DataHeard(
            room=one.room.name,
            participant=one.name,
            payload=base64.b64encode(raw).decode(),
            is_reliable=reliably,
        )
        worker.tell(said)
        return
    for other in one.room.participants.values():
        if other is not one:
            other.channels.send(raw, reliably=reliably)
