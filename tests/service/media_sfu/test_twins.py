"""The two presses are twins: whatever comes, what leaves their sockets is the same to the byte, and
so is what they remember of it. `MOIM_DATAGRAMS` sends them more.
"""

from __future__ import annotations

import gc
import os
import socket
import weakref
from collections.abc import Iterator
from pathlib import Path
from random import Random
from types import SimpleNamespace
from typing import Any

import pytest
from pylibsrtp import Policy, Session

from contracts.rpc.media import TrackSpec
from media_sfu import compat, forwarding
from media_sfu.batch import SLOTS, Batch, Destination
from media_sfu.domain import rtp
from media_sfu.domain.codecs import SENT_AT, TRANSPORT_CC, Codec
from media_sfu.domain.lines import Line, Repeats
from media_sfu.kernel import choosing
from media_sfu.kernel.compiled import Compiled, library
from media_sfu.press import Press
from media_sfu.tracks import DownTrack, UpLayer, UpTrack

DATAGRAMS = int(os.environ.get("MOIM_DATAGRAMS", "600"))
EARS = 8
_CODECS = {"video": Codec("vp8", 96, "VP8/90000"), "audio": Codec("opus", 96, "opus/48000/2")}
_EXTENSIONS: tuple[dict[str, int], ...] = ({}, {SENT_AT: 3}, {TRANSPORT_CC: 5})


@pytest.fixture
def made_by(built: Path | None) -> Any:
    """The press in C."""
    return library(built) if built is not None else pytest.skip("no C compiler")


def keys(dice: Random) -> compat.Srtp:
    """Of one direction of a wire, the same from the same dice."""
    profile = dice.choice(compat.PROFILES)
    key = dice.randbytes(profile.key_length + profile.salt_length)
    many = Policy.SSRC_ANY_OUTBOUND
    return compat.Srtp(
        Session(Policy(key=key, ssrc_type=many, srtp_profile=profile.libsrtp_profile))
    )


class Wire:
    """As much of one as copies need."""

    rtt = 0.0
    session = to = property(lambda self: self.outlet.to)

    def __init__(self, press: Press, srtp: compat.Srtp, place: tuple[str, int]) -> None:
        self.outlet, self.srtp, self.press = press.outlet(), srtp, press
        self.outlet.lead(Destination(place), srtp)
        self.downs: dict[int, DownTrack] = {}
        self.line: Line | None = None
        self.repeats = Repeats()

    def send(self, packet: bytes) -> None:
        self.press.send(self.outlet, packet)


class Twin:
    """A press with a publisher of two layers, listeners of all kinds, and ears on loopback."""

    def __init__(self, made_by: Any, kind: str, seed: int, listeners: int) -> None:
        self._sockets = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(EARS + 1)]
        for number, each in enumerate(self._sockets):
            each.bind((f"127.0.0.{number + 1}", 0))
            each.setblocking(False)
            each.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 21)
        self.batch = Batch(self._sockets[-1])
        crypt: Any = SimpleNamespace(batch=self.batch, compat=compat)
        self.press = crypt.press = choosing.press(made_by, crypt)
        upward: Any = SimpleNamespace(own=1, send_rtcp=lambda data: None)
        spec = TrackSpec(track="track", kind=kind)
        self.track = UpTrack("mina", spec, _CODECS[kind], "0", rids=("q", "h"))
        self.layers = [UpLayer(self.track, upward, ssrc, rid) for rid, ssrc in (("q", 1), ("h", 2))]
        self.wires: list[Any] = []
        self.downs: list[DownTrack] = []
        dice = Random(seed)
        for number in range(listeners):
            self._listen(number, dice, crypt)

    def _listen(self, number: int, dice: Random, crypt: Any) -> None:
        if not self.wires or dice.random() < 0.7:
            place = self._sockets[len(self.wires) % EARS].getsockname()
            self.wires.append(Wire(self.press, keys(dice), place))
        down = DownTrack(self.track, f"listener {number}", crypt)
        down.ssrc, down.pt = 1_000 + number, 96 + dice.randrange(32)
        down.agree(dice.choice(_EXTENSIONS))
        down.red = 63 if self.track.spec.kind == "audio" else 0
        if dice.random() < 0.95:
            down.flow(self.wires[-1])
        down.aim(dice.choice(self.layers), 0.0)
        self.downs.append(down)

    def act(self, seed: int, now: float) -> None:
        """Something happens, the same to whom the same seed is given; mostly a packet comes."""
        dice = Random(seed)
        what = dice.random()
        down, wire = dice.choice(self.downs), dice.choice(self.wires)
        if what < 0.80:
            self._comes(dice, now)
        elif what < 0.85:
            down.aim(dice.choice((*self.layers * 4, None)), now)
        elif what < 0.88:
            wire.outlet.lead(wire.outlet.to, dice.choice((None, *[wire.srtp] * 4)))
        elif what < 0.91:
            place = dice.choice(self._sockets[:EARS]).getsockname()
            wire.outlet.lead(Destination(place), wire.outlet.srtp)
        elif what < 0.94:
            down.need.missed(dice.choice((0, 9)) if down.red else 0)
            down.judge()
        elif what < 0.97 and down.wire is not None:
            asked = [down.newest.number + down.footing.offset - back & 0xFFFF for back in range(4)]
            forwarding.repeat(down, asked, now)
        else:
            wire.send(dice.randbytes(dice.choice((12, 200, 1_500))))

    def _comes(self, dice: Random, now: float) -> None:
        layer = dice.choice(self.layers)
        number = max(layer.intake.highest, 0) + dice.choice((1, 1, 1, 1, 2, 9, -1, -40, 0))
        flags = 0x80 | dice.choice((*[0] * 9, 0x20, dice.randrange(64)))
        second, stamp = dice.choice((96, 96, 96, 96 | 0x80)), dice.getrandbits(32)
        head = rtp.HEAD.pack(flags, second, number & 0xFFFF, stamp, layer.ssrc)
        picture = dice.randbytes(3)
        long, short = b"\x90\xf0\xff" + picture + b"\x00\x00", b"\x90\xc0\x11" + picture
        begins = dice.choice((b"\x10\x00", long, short, b""))
        data = head + begins + dice.randbytes(dice.choice((0, 1, 3, 90, dice.randrange(1_500))))
        begin = rtp.payload_at(data)
        if begin:
            layer.take(data, begin, {}, now)

    def heard(self) -> list[list[bytes]]:
        """Everything that left since the last time."""
        self.batch.flush()
        return [list(_waiting(each)) for each in self._sockets[:EARS]]

    def remembered(self) -> list[object]:
        """What is known of each listener's copy, and of its line."""
        found: list[object] = [self.batch.sent, self.batch.dropped]
        for down in self.downs:
            number, _, timestamp, mark, at = down.newest
            ids = (mark.picture, mark.base) if mark is not None and number >= 0 else None
            line = list(down.line.memory) if down.line is not None else None
            found.append((down.sent.packets, down.sent.octets, number, timestamp, ids, at, line))
        return found

    def close(self) -> None:
        for each in self._sockets:
            each.close()


def _waiting(ear: socket.socket) -> Iterator[bytes]:
    while True:
        try:
            yield ear.recv(2_048)
        except BlockingIOError:
            return


@pytest.mark.parametrize(("kind", "listeners"), [("video", 9), ("audio", 9), ("video", SLOTS + 20)])
def test_the_press_in_c_and_the_one_in_python_send_the_same(
    made_by: Any, kind: str, listeners: int
) -> None:
    dice = Random(f"{kind} {listeners}")
    seed = dice.getrandbits(32)
    pure = Twin(None, kind, seed, listeners)
    compiled = Twin(made_by, kind, seed, listeners)
    try:
        assert (type(pure.press), type(compiled.press)) == (Press, Compiled)
        left = 0
        for step in range(DATAGRAMS * 9 // listeners):
            seed, now = dice.getrandbits(32), 5.0 + step / 50 + dice.random() / 1_000
            pure.act(seed, now)
            compiled.act(seed, now)
            if dice.random() < 0.3:
                heard = pure.heard()
                assert heard == compiled.heard(), f"seed {seed}"
                left += sum(map(len, heard))
        assert pure.heard() == compiled.heard()
        assert pure.remembered() == compiled.remembered()
        assert left > DATAGRAMS, left
    finally:
        pure.close()
        compiled.close()


def test_what_no_longer_holds_keys_encrypts_nothing_and_the_others_go_on(made_by: Any) -> None:
    """C is told of an end before libsrtp frees the keys, though nobody makes a new roll."""
    twin = Twin(made_by, "audio", 1, 40)
    try:
        head = rtp.HEAD.pack(0x80, 96, 7, 7, 1)
        twin.layers[0].take(head + b"hello", 12, {}, 1.0)
        before, roll = [down.sent.packets for down in twin.downs], twin.layers[0].roll
        gone: Any = next(down.wire for down in twin.layers[0].listeners if down.wire is not None)
        freed = weakref.ref(gone.outlet.srtp._kept)
        gone.outlet.lead(gone.to, None)
        del gone.srtp
        gc.collect()
        assert freed() is None
        twin.layers[0].take(rtp.HEAD.pack(0x80, 96, 8, 8, 1) + b"hello", 12, {}, 1.02)
        assert twin.layers[0].roll is roll
        after = [down.sent.packets for down in twin.downs]
        held = [down.wire not in (None, gone) for down in twin.downs]
        follows = [down.layer is twin.layers[0] for down in twin.downs]
        went = [is_held and does for is_held, does in zip(held, follows, strict=True)]
        assert after == [count + did for count, did in zip(before, went, strict=True)]
        assert any(went)
    finally:
        twin.close()


def test_what_c_may_reach_stays_as_long_as_it_may(made_by: Any) -> None:
    twin = Twin(made_by, "audio", 2, 12)
    try:
        layer = twin.layers[0]
        layer.take(rtp.HEAD.pack(0x80, 96, 7, 7, 1) + b"hello", 12, {}, 1.0)
        wires: list[Any] = [down.wire for down in layer.listeners if down.wire is not None]
        kept = [weakref.ref(wire.srtp._kept) for wire in wires]
        first, sent = layer.listeners[0], twin.batch.sent
        # As if nobody said that the others parted.
        layer.listeners[:] = [first]
        for names in (wires, twin.wires, twin.downs, *(each.waiting for each in twin.layers)):
            names.clear()
        gc.collect()
        layer.take(rtp.HEAD.pack(0x80, 96, 8, 8, 1) + b"hello", 12, {}, 1.02)
        twin.batch.flush()
        assert twin.batch.sent > sent + 1
        assert all(session() is not None for session in kept)
        first.changed()
        layer.take(rtp.HEAD.pack(0x80, 96, 9, 9, 1) + b"hello", 12, {}, 1.04)
        gc.collect()
        assert sum(session() is not None for session in kept) <= 1
    finally:
        twin.close()
