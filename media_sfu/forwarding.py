"""The hot path's second half: who gets copies of a packet, and in which form. The copies themselves
are made in the press.
"""

from __future__ import annotations

from collections.abc import Iterable
from struct import Struct
from typing import TYPE_CHECKING

from media_sfu.domain import rtp
from media_sfu.domain.intake import Kept
from media_sfu.domain.redundancy import together
from media_sfu.press import COPY_MOST

if TYPE_CHECKING:
    from media_sfu.tracks import DownTrack, UpLayer

_HEAD = Struct("!BBHII")


def forward(layer: UpLayer, kept: Kept) -> None:
    """Send a new packet to everybody who follows its layer: alone, or to those who miss much or
    whose publisher sends it so (of a voice) with what was said just before.
    """
    press = layer.listeners[0].crypt.press
    if layer.roll is None:
        layer.doubled = [down for down in layer.listeners if down.need.is_there]
        layer.roll = press.enrol([down for down in layer.listeners if not down.need.is_there])
    if len(kept.packet) <= COPY_MOST:
        press.copy(layer.roll, kept)
    if layer.doubled:
        _double(layer, kept)


def _double(layer: UpLayer, kept: Kept) -> None:
    made: dict[tuple[int, int], bytes] = {}
    for down in layer.doubled:
        wire, footing, number = down.wire, down.footing, kept.number
        if number < footing.since or wire is None or wire.to is None:
            continue
        reach = down.need.reach
        payload = made.get((down.pt, reach))
        if payload is None:
            found = [layer.history.find(number - back) for back in range(reach, 0, -1)]
            earlier = [(one.timestamp, one.packet[rtp.PLAIN_BYTES :]) for one in found if one]
            newest = kept.packet[rtp.PLAIN_BYTES :]
            payload = together(down.pt, kept.timestamp, newest, earlier)
            if len(payload) > COPY_MOST - rtp.PLAIN_BYTES:
                payload = together(down.pt, kept.timestamp, newest, ())
            made[down.pt, reach] = payload
        second = kept.packet[1] & 0x80 | down.red
        out, stamp = number + footing.offset & 0xFFFF, kept.timestamp + footing.shift & 0xFFFFFFFF
        wire.send(_HEAD.pack(0x80, second, out, stamp, down.ssrc) + payload)
        sent = down.sent
        sent.packets += 1
        sent.octets += len(payload)
        if number > sent.newest.number:
            sent.newest = kept


def repeat(down: DownTrack, numbers: Iterable[int], now: float) -> int:
    """Send packets again that a listener missed; how many are still known."""
    wire = down.wire
    if wire is None or wire.session is None or wire.to is None or down.newest.number < 0:
        return 0
    done = 0
    for short in numbers:
        found = down.kept(short)
        if found is None:
            continue
        footing, kept = found
        if wire.repeats.may(down.ssrc << 16 | short, len(kept.packet), now, wire.rtt):
            done += down.crypt.press.again(down, footing, kept, now)
    return done
