"""Voices that come with what was before them (RFC 2198), on their way in: each packet as if it had
come alone, so that whatever stands behind knows plain Opus only.
"""

from __future__ import annotations

from struct import Struct
from typing import TYPE_CHECKING

from media_sfu.domain import redundancy, rtp

if TYPE_CHECKING:
    from media_sfu.tracks import UpLayer

_HEAD = Struct("!BBHII")
_BARE = _HEAD.size


def unfold(layer: UpLayer, data: bytes, begin: int, elements: dict[int, bytes], now: float) -> None:
    """A packet came: of what it holds, what got lost on the way here is taken first."""
    track, intake, pt = layer.track, layer.intake, layer.track.codec.pt
    found = redundancy.apart(pt, data[begin : rtp.payload_end(data, begin)])
    _, second, short, timestamp, ssrc = _HEAD.unpack_from(data)
    if not found or _is_known(layer, short):
        return
    if len(found) - 1 > track.reach:
        track.double(len(found) - 1)
    for back in range(len(found) - 1, 0, -1):
        offset, block = found[-1 - back]
        earlier = short - back & 0xFFFF
        if block and 0 <= intake.highest < rtp.extended(earlier, intake.highest):
            stamp = timestamp - offset & 0xFFFFFFFF
            layer.take(_HEAD.pack(0x80, pt, earlier, stamp, ssrc) + block, _BARE, {}, now)
    head = _HEAD.pack(0x80, second & 0x80 | pt, short, timestamp, ssrc)
    layer.take(head + found[-1][1], _BARE, elements, now)


def _is_known(layer: UpLayer, short: int) -> bool:
    """Whether a packet that came late came before, with a later one."""
    number = rtp.extended(short, layer.intake.highest)
    known = layer.history.find(layer.intake.closed(number))
    return 0 <= number <= layer.intake.highest and known is not None
