"""What copies alone cost, without receiving and without a worker around them: both presses beside
the bare cost of encrypting and sending, in one process and by turns.
"""

from __future__ import annotations

import socket
from collections.abc import Sequence
from time import process_time
from types import SimpleNamespace
from typing import Any

from contracts.rpc.media import TrackSpec
from loadtest.bench.measure import median
from loadtest.reference.sealing import bare, drained, sessions
from media_sfu import compat
from media_sfu.batch import Batch, Destination
from media_sfu.domain import rtp
from media_sfu.domain.codecs import OURS, TRANSPORT_CC
from media_sfu.domain.intake import Kept
from media_sfu.kernel import choosing
from media_sfu.settings import Kernel
from media_sfu.tracks import DownTrack, UpTrack

FAN_OUTS = (1, 16, 64)
ROUNDS = 5
_PACKETS = 6_400
_EVERY_S = 0.005


def measured(host: str, cipher: bytes, size: int, names: Sequence[str]) -> dict[str, Any]:
    """Microseconds a copy, by listeners and then by who makes it."""
    libraries = {name: choosing.chosen(Kernel(name)) for name in names}
    found: dict[str, Any] = {}
    for listeners in FAN_OUTS:
        rounds: dict[str, list[float]] = {name: [] for name in ("bare", *libraries)}
        for _ in range(ROUNDS):
            rounds["bare"].append(bare(host, cipher, [size], _PACKETS, listeners))
            for name, library in libraries.items():
                rounds[name].append(pressed(host, cipher, size, listeners, library))
        found[str(listeners)] = {name: round(median(each), 2) for name, each in rounds.items()}
    return found


def pressed(host: str, cipher: bytes, size: int, listeners: int, library: Any) -> float:
    """Microseconds of CPU a copy, of pictures for listeners who number their packets."""
    keys = sessions(cipher, listeners)
    with (
        drained(host, listeners) as to,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out,
    ):
        crypt: Any = SimpleNamespace(batch=Batch(out), compat=compat)
        press = crypt.press = choosing.press(library, crypt)
        track = UpTrack("speaker", TrackSpec(track="camera", kind="video"), OURS["vp8"], "0")
        downs = [_listener(track, crypt, *each) for each in zip(keys, to, strict=True)]
        roll, packet = press.enrol(downs), rtp.bare(12, size, bytes(size), is_timed=True)
        began = process_time()
        for number in range(1, _PACKETS // listeners + 1):
            press.copy(roll, Kept(number, packet, number * 450, None, number * _EVERY_S))
            press.batch.flush()
        return (process_time() - began) / (_PACKETS // listeners * listeners) * 1e6


def _listener(track: UpTrack, crypt: Any, srtp: compat.Srtp, to: Destination) -> DownTrack:
    down = DownTrack(track, "listener", crypt)
    down.pt = track.codec.pt
    down.agree({TRANSPORT_CC: 5})
    wire: Any = SimpleNamespace(outlet=crypt.press.outlet(), downs={}, line=None)
    wire.outlet.lead(to, srtp)
    down.flow(wire)
    return down
