"""The hot path's second half: copies of a packet for all who follow its layer, each patched and
encrypted in the memory that the kernel sends from.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from media_sfu.batch import SLOTS
from media_sfu.domain import rtp
from media_sfu.domain.frames import Vp8
from media_sfu.domain.intake import Kept

if TYPE_CHECKING:
    from media_sfu.tracks import DownTrack, Footing

_TIMED = 0x90
_STAMPS = [bytes((number << 4 | 2,)) for number in range(16)]
_UNSTAMPED = bytes(4)
_OURS = 3
"""Id of abs-send-time in most copies: where we offer, we number it so."""


def forward(listeners: list[DownTrack], kept: Kept, now: float) -> None:
    """Send a new packet to everybody who follows its layer.

    Spelled out where a call would be nicer: each line runs for every copy of every packet.
    """
    number, packet, timestamp, mark, _ = kept
    batch, length, targets, protect = listeners[0].crypt.press
    pack, views, slot = rtp.HEAD.pack_into, batch.views, batch.count
    size, flags, marker = len(packet), packet[0], packet[1] & 0x80
    whole, sent_at = slice(0, size), rtp.moment(now)
    if is_timed := flags == _TIMED:
        packet = packet[:16] + _STAMPS[_OURS] + sent_at + packet[20:]
    for down in listeners:
        wire, footing = down.wire, down.footing
        session = wire.session  # type: ignore[union-attr]
        if session is None or number < footing.since:
            continue
        view = views[slot]
        view[whole] = packet
        out, stamp = number + footing.offset, timestamp + footing.shift
        pack(view, 0, flags, marker | down.pt, out & 0xFFFF, stamp & 0xFFFFFFFF, down.ssrc)
        if is_timed and down.stamp != _OURS:
            view[16:20] = _noted(down, size, now, sent_at)
        if footing.renumbers and mark is not None:
            _renumber(view, mark, footing)
        length[0] = size
        if protect(session, targets[slot], length):
            continue
        batch.lengths[slot].iov_len = length[0]
        batch.address(slot, wire.to)  # type: ignore[union-attr, arg-type]
        down.packets += 1
        down.octets += size
        if number > down.newest.number:
            down.newest = kept
        slot += 1
        if slot == SLOTS:
            batch.count, slot = slot, 0
            batch.flush()
    batch.count = slot


def repeat(down: DownTrack, numbers: Iterable[int], now: float) -> int:
    """Send packets again that a listener missed; how many are still known."""
    wire = down.wire
    if wire is None or wire.session is None or wire.to is None or down.newest.number < 0:
        return 0
    batch, length, targets, protect = down.crypt.press
    done = 0
    for short in numbers:
        found = down.kept(short)
        if found is None:
            continue
        footing, (_, packet, timestamp, mark, _) = found
        if not wire.repeats.may(down.ssrc << 16 | short, len(packet), now, wire.rtt):
            continue
        slot = batch.count
        view = batch.views[slot]
        view[: len(packet)] = packet
        stamp = timestamp + footing.shift & 0xFFFFFFFF
        rtp.HEAD.pack_into(view, 0, packet[0], packet[1] & 0x80 | down.pt, short, stamp, down.ssrc)
        if packet[0] == _TIMED:
            view[16:20] = _noted(down, len(packet), now, rtp.moment(now))
        if mark is not None:
            _renumber(view, mark, footing)
        length[0] = len(packet)
        if protect(wire.session, targets[slot], length) == 0:
            batch.push(wire.to, length[0])
            done += 1
    return done


def _noted(down: DownTrack, size: int, now: float, sent_at: bytes) -> bytes:
    """What tells the listener's line: the packet's number on it, or when it was sent."""
    line = down.line
    if line is None:
        return _STAMPS[down.stamp] + sent_at if down.stamp else _UNSTAMPED
    number = line.leaves(now, size)
    return bytes((down.counted << 4 | 1, number >> 8, number & 255, 0))


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
