"""The hot path's second half: copies of a packet for all who follow its layer, each patched and
encrypted in the memory that the kernel sends from.
"""

from __future__ import annotations

from collections.abc import Iterable
from struct import Struct
from typing import TYPE_CHECKING

from media_sfu.batch import SLOTS
from media_sfu.domain import rtp
from media_sfu.domain.frames import Vp8
from media_sfu.domain.intake import History, Kept
from media_sfu.domain.redundancy import REACH, together

if TYPE_CHECKING:
    from media_sfu.tracks import DownTrack, Footing

_TIMED = 0x90
_HEAD = Struct("!BBHII")
_WORD, _WORD_AT = Struct("!I"), 16
"""What tells the listener's line, see `DownTrack.word`."""


def forward(listeners: list[DownTrack], kept: Kept, now: float) -> None:
    """Send a new packet to everybody who follows its layer.

    Spelled out where a call would be nicer: each line runs for every copy of every packet.
    """
    number, packet, timestamp, mark, _ = kept
    batch, sizes, targets, protect = listeners[0].crypt.press
    pack, views, to, slot = _HEAD.pack_into, batch.views, batch.to, batch.count
    size, flags, marker = len(packet), packet[0], packet[1] & 0x80
    whole, left, moment = slice(0, size), (now, size), rtp.moment(now)
    is_timed = flags == _TIMED
    for down in listeners:
        wire, footing = down.wire, down.footing
        session = wire.session  # type: ignore[union-attr]
        if session is None or number < footing.since or down.need.is_there:
            continue
        view = views[slot]
        view[whole] = packet
        out, stamp = number + footing.offset & 0xFFFF, timestamp + footing.shift & 0xFFFFFFFF
        pack(view, 0, flags, marker | down.pt, out, stamp, down.ssrc)
        if is_timed:
            word, line = down.word, down.line
            told = line.leaves(left) << 8 if line else moment if word else 0
            _WORD.pack_into(view, _WORD_AT, word | told)
        if footing.renumbers and mark is not None:
            _renumber(view, mark, footing)
        sizes[slot][0] = size
        if protect(session, targets[slot], sizes[slot]):
            continue
        if to[slot] is not wire.to:  # type: ignore[union-attr]
            batch.address(slot, wire.to)  # type: ignore[union-attr, arg-type]
        down.packets += 1
        down.octets += size
        if number > down.newest[0]:
            down.newest = kept
        slot += 1
        if slot == SLOTS:
            batch.count, slot = slot, 0
            batch.flush()
    batch.count = slot


def double(listeners: list[DownTrack], history: History, kept: Kept) -> None:
    """The same for those who miss much: a voice with what it said just before."""
    made: dict[int, bytes] = {}
    for down in listeners:
        wire, footing, number = down.wire, down.footing, kept.number
        if not down.need.is_there or number < footing.since or wire is None or wire.to is None:
            continue
        payload = made.get(down.pt)
        if payload is None:
            found = [history.find(number - back) for back in range(REACH, 0, -1)]
            earlier = [(one.timestamp, one.packet[rtp.PLAIN_BYTES :]) for one in found if one]
            newest = kept.packet[rtp.PLAIN_BYTES :]
            payload = made[down.pt] = together(down.pt, kept.timestamp, newest, earlier)
        second = kept.packet[1] & 0x80 | down.red
        out, stamp = number + footing.offset & 0xFFFF, kept.timestamp + footing.shift & 0xFFFFFFFF
        wire.send(_HEAD.pack(0x80, second, out, stamp, down.ssrc) + payload)
        down.packets += 1
        down.octets += len(payload)
        if number > down.newest.number:
            down.newest = kept


def repeat(down: DownTrack, numbers: Iterable[int], now: float) -> int:
    """Send packets again that a listener missed; how many are still known."""
    wire = down.wire
    if wire is None or wire.session is None or wire.to is None or down.newest.number < 0:
        return 0
    batch, sizes, targets, protect = down.crypt.press
    done = 0
    for short in numbers:
        found = down.kept(short)
        if found is None:
            continue
        footing, (_, packet, timestamp, mark, _) = found
        size, slot = len(packet), batch.count
        if not wire.repeats.may(down.ssrc << 16 | short, size, now, wire.rtt):
            continue
        view = batch.views[slot]
        view[:size] = packet
        stamp = timestamp + footing.shift & 0xFFFFFFFF
        _HEAD.pack_into(view, 0, packet[0], packet[1] & 0x80 | down.pt, short, stamp, down.ssrc)
        if packet[0] == _TIMED:
            word, line = down.word, down.line
            told = line.leaves((now, size)) << 8 if line else rtp.moment(now) if word else 0
            _WORD.pack_into(view, _WORD_AT, word | told)
        if mark is not None:
            _renumber(view, mark, footing)
        sizes[slot][0] = size
        if protect(wire.session, targets[slot], sizes[slot]) == 0:
            batch.push(wire.to, sizes[slot][0])
            done += 1
    return done


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
