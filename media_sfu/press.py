"""Where copies of a packet are made for all who follow its layer: each patched and encrypted in the
memory that the system sends from.

What is the same for all packets of a copy is looked up once and enrolled, until it changes.
"""

from __future__ import annotations

from collections.abc import Callable
from struct import Struct
from typing import TYPE_CHECKING, Any, Protocol

from media_sfu.batch import SLOT_BYTES, SLOTS, Batch, Destination
from media_sfu.domain import rtp
from media_sfu.domain.frames import Vp8
from media_sfu.domain.intake import NOTHING, Kept
from media_sfu.domain.lines import departure

if TYPE_CHECKING:
    from media_sfu.compat import Srtp
    from media_sfu.tracks import DownTrack, Footing

COPY_MOST = SLOT_BYTES - 64
"""Bytes of a copy: with what SRTP adds it has to fit a slot."""

_HEAD, _TIMED_HEAD, _WORD = Struct("!BBHII"), Struct("!BBHIIII"), Struct("!I")
_TIMED, _WORD_AT = 0x90, 16
"""The word tells the listener's line, see `DownTrack.word`."""


class Sent(Protocol):
    """What was sent of a copy."""

    packets: int
    octets: int
    newest: Kept
    """Of the layer, among those that were sent."""


class Counted:
    """Counted here."""

    __slots__ = ("newest", "octets", "packets")

    def __init__(self) -> None:
        self.packets = self.octets = 0
        self.newest = NOTHING


class Outlet:
    """Where a wire's packets leave: to whom, and encrypted with which keys. None: they do not."""

    __slots__ = ("session", "srtp", "to")

    def __init__(self) -> None:
        self.to: Destination | None = None
        self.srtp: Srtp | None = None
        self.session: Any = None
        """Of `srtp`, whose end is its end; None where there is nowhere to go."""

    def lead(self, to: Destination | None, srtp: Srtp | None) -> None:
        """From the next packet on."""
        self.session = srtp.session if srtp is not None and to is not None else None
        self.to, self.srtp = to, srtp


class Press:
    """Everything that is encrypted packet by packet passes through here."""

    name = "pure"

    def __init__(
        self,
        batch: Batch,
        sizes: list[Any],
        slots: list[Any],
        protect: Callable[[Any, Any, Any], int],
    ) -> None:
        self.batch = batch
        self._tools = (batch, sizes, slots, protect)
        """Of each slot how long it is and where; what encrypts it there."""

    def sent(self) -> Sent:
        """For a new copy."""
        return Counted()

    def outlet(self) -> Outlet:
        """For a new wire."""
        return Outlet()

    def enrol(self, downs: list[DownTrack]) -> Any:
        """What `copy` takes for listeners, until what is written into a copy of theirs changes."""
        return [
            (
                down.sent,
                down.wire.outlet,
                down.footing,
                down.footing.since,
                down.footing.offset,
                down.footing.shift,
                down.pt,
                down.ssrc,
                down.word,
                down.line and down.line.leaves,
            )
            for down in downs
            if down.wire is not None
        ]

    def copy(self, roll: Any, kept: Kept) -> None:
        """Send a new packet to everybody on the roll.

        Spelled out where calls would be nicer: each line runs for every copy of every packet.
        """
        number, packet, timestamp, mark, now = kept
        batch, sizes, slots, protect = self._tools
        views, addressed, slot = batch.views, batch.to, batch.count
        pack, pack_timed = _HEAD.pack_into, _TIMED_HEAD.pack_into
        size, flags, marker, room = len(packet), packet[0], packet[1] & 0x80, rtp.ROOM
        whole, left, moment = slice(0, size), departure(now, size), rtp.moment(now)
        for sent, outlet, footing, since, offset, shift, pt, ssrc, word, leaves in roll:
            session = outlet.session
            if session is None or number < since:
                continue
            view, length = views[slot], sizes[slot]
            view[whole] = packet
            length[0] = size
            out, stamp = number + offset & 0xFFFF, timestamp + shift & 0xFFFFFFFF
            if flags == _TIMED:
                told = leaves(left) << 8 if leaves else moment if word else 0
                pack_timed(view, 0, flags, marker | pt, out, stamp, ssrc, room, word | told)
                if footing.renumbers and mark is not None:
                    _renumber(view, mark, footing)
            else:
                pack(view, 0, flags, marker | pt, out, stamp, ssrc)
            if protect(session, slots[slot], length):
                continue
            if addressed[slot] is not outlet.to:
                batch.address(slot, outlet.to)
            sent.packets += 1
            sent.octets += size
            if number > sent.newest[0]:
                sent.newest = kept
            slot += 1
            if slot == SLOTS:
                batch.count, slot = slot, 0
                batch.flush()
        batch.count = slot

    def again(self, down: DownTrack, footing: Footing, kept: Kept, now: float) -> bool:
        """Send a listener an old packet as it was numbered then; whether it left."""
        number, packet, timestamp, mark, _ = kept
        size, view = len(packet), self.batch.views[self.batch.count]
        view[:size] = packet
        out, stamp = number + footing.offset & 0xFFFF, timestamp + footing.shift & 0xFFFFFFFF
        _HEAD.pack_into(view, 0, packet[0], packet[1] & 0x80 | down.pt, out, stamp, down.ssrc)
        if packet[0] == _TIMED:
            line, word = down.line, down.word
            told = line.leaves(departure(now, size)) << 8 if line else 0
            told = told if line or not word else rtp.moment(now)
            _WORD.pack_into(view, _WORD_AT, word | told)
            if mark is not None:
                _renumber(view, mark, footing)
        return down.wire is not None and self._leaves(down.wire.outlet, size)

    def send(self, outlet: Outlet, packet: bytes) -> None:
        """One packet that is like no other's."""
        if len(packet) <= COPY_MOST:
            self.batch.views[self.batch.count][: len(packet)] = packet
            self._leaves(outlet, len(packet))

    def _leaves(self, outlet: Outlet, size: int) -> bool:
        batch, sizes, slots, protect = self._tools
        slot = batch.count
        length = sizes[slot]
        length[0] = size
        if outlet.session is None or outlet.to is None:
            return False
        if protect(outlet.session, slots[slot], length):
            return False
        batch.push(outlet.to, length[0])
        return True


def _renumber(view: memoryview, mark: Vp8, footing: Footing) -> None:
    """Let VP8's own numbers go on over a change of layers: listeners order frames by them."""
    if footing.picture and mark.picture_at:
        at = rtp.TIMED_BYTES + mark.picture_at
        if mark.is_long:
            picture = mark.picture + footing.picture & 0x7FFF
            view[at], view[at + 1] = 0x80 | picture >> 8, picture & 255
        else:
            view[at] = mark.picture + footing.picture & 0x7F
    if footing.base and mark.base_at:
        view[rtp.TIMED_BYTES + mark.base_at] = mark.base + footing.base & 255
