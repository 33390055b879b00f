"""A listener's copy of a simulcast: one stream, whatever layers it is taken from."""

from __future__ import annotations

from itertools import pairwise
from types import SimpleNamespace
from typing import Any

from contracts.rpc.media import TrackSpec
from media_sfu import forwarding
from media_sfu.domain import frames, rtp
from media_sfu.domain.codecs import SENT_AT, Codec
from media_sfu.domain.lines import Repeats
from media_sfu.press import Press
from media_sfu.tracks import DownTrack, UpLayer, UpTrack

HEAD = rtp.HEAD


class Batch:
    """Keeps what would be sent."""

    def __init__(self) -> None:
        self.views = [memoryview(bytearray(2_048)) for _ in range(64)]
        self.sizes = [[0] for _ in range(64)]
        self.to: list[object] = [None] * 64
        self.count = 0
        self.sent: list[bytes] = []

    def push(self, to: object, size: int) -> None:
        self.address(self.count, to)
        self.sent.append(bytes(self.views[self.count][:size]))

    def address(self, slot: int, to: object) -> None:
        """Nobody is there."""

    def flush(self) -> None:
        """Take what was filled, as the kernel would."""
        for slot in range(self.count):
            self.sent.append(bytes(self.views[slot][: self.sizes[slot][0]]))
        self.count = 0


class House:
    """A publisher with layers q and h, and one listener."""

    def __init__(self) -> None:
        self.batch = Batch()
        batch: Any = self.batch
        press = Press(batch, batch.sizes, [None] * 64, lambda session, slot, length: 0)
        self.crypt: Any = SimpleNamespace(press=press)
        self.asked: list[bytes] = []
        wire: Any = SimpleNamespace(own=1, send_rtcp=self.asked.append)
        spec = TrackSpec(track="camera", kind="video")
        self.track = UpTrack("mina", spec, Codec("vp8", 96, "VP8/90000"), "0", rids=("q", "h"))
        self.layers = {}
        for rid, ssrc in (("q", 10), ("h", 20)):
            self.layers[rid] = self.track.layers[rid] = UpLayer(self.track, wire, ssrc, rid)
        self.down = DownTrack(self.track, "jun", self.crypt)
        self.down.pt = 120
        self.down.agree({SENT_AT: 3})
        outlet = SimpleNamespace(session=object(), to=object())
        there: Any = SimpleNamespace(
            outlet=outlet,
            session=outlet.session,
            to=outlet.to,
            repeats=Repeats(),
            rtt=0.0,
            downs={},
        )
        self.down.flow(there)
        self.track.downs.append(self.down)
        self._numbers = {"q": 60_000, "h": 100}
        self._pictures = {"q": 0x7FFE, "h": 500}

    def frame(self, rid: str, now: float, *, is_key: bool = False, packets: int = 2) -> None:
        """One picture of a layer."""
        layer = self.layers[rid]
        picture = self._pictures[rid] = (self._pictures[rid] + 1) & 0x7FFF
        for part in range(packets):
            number = self._numbers[rid] = (self._numbers[rid] + 1) & 0xFFFF
            second = 96 | (0x80 if part == packets - 1 else 0)
            head = HEAD.pack(0x80, second, number, int(now * 90_000) & 0xFFFFFFFF, layer.ssrc)
            start = 0x90 if part == 0 else 0x80
            descriptor = bytes((start, 0xC0, 0x80 | picture >> 8, picture & 255, picture & 255))
            data = head + descriptor + (b"\x00" if is_key else b"\x01") + b"data"
            layer.take(data, 12, {}, now)
        self.batch.flush()

    def skip(self, rid: str) -> None:
        """A packet of nothing but padding."""
        layer = self.layers[rid]
        number = self._numbers[rid] = (self._numbers[rid] + 1) & 0xFFFF
        layer.take(HEAD.pack(0xA0, 96, number, 1, layer.ssrc) + bytes(3) + b"\x04", 12, {}, 0.0)

    def heard(self) -> list[tuple[int, int, int, int]]:
        """Sequence number, timestamp, picture and base of all that was sent."""
        found = []
        for data in self.batch.sent:
            _, second, number, timestamp, ssrc = HEAD.unpack_from(data)
            assert (second & 0x7F, ssrc) == (120, self.down.ssrc)
            mark = frames.vp8(data, rtp.TIMED_BYTES, len(data))
            assert mark is not None
            found.append((number, timestamp, mark.picture, mark.base))
        return found


def test_a_change_of_layers_waits_for_a_key_frame_and_never_jumps() -> None:
    house = House()
    house.down.aim(house.layers["q"], 0.0)
    assert len(house.asked) == 1
    house.frame("q", 0.0)
    assert not house.batch.sent
    for step in range(1, 4):
        house.frame("q", step / 30, is_key=step == 1)
    house.skip("q")
    house.down.aim(house.layers["h"], 0.1)
    house.frame("h", 4 / 30)
    house.frame("q", 4 / 30)
    for step in range(5, 8):
        house.frame("h", step / 30, is_key=step == 5)
        house.frame("q", step / 30)
    heard = house.heard()
    assert len(heard) == 14
    for before, after in pairwise(heard):
        assert after[0] == before[0] + 1 & 0xFFFF
        assert 0 <= (after[1] - before[1] & 0xFFFFFFFF) <= 4_000
        assert (after[2] - before[2] & 0x7FFF) in (0, 1)
        assert (after[3] - before[3] & 0xFF) in (0, 1)


def test_what_was_missed_is_sent_again_as_it_was_also_over_a_change() -> None:
    house = House()
    house.down.aim(house.layers["q"], 0.0)
    house.frame("q", 0.0, is_key=True)
    house.down.aim(house.layers["h"], 0.5)
    house.frame("h", 0.5, is_key=True)
    sent = list(house.batch.sent)
    numbers = [number for number, *_ in house.heard()]
    house.batch.sent.clear()
    assert forwarding.repeat(house.down, numbers, 0.5) == 4
    moment = slice(rtp.PLAIN_BYTES + 4, rtp.TIMED_BYTES)
    again = [data[: moment.start] + data[moment.stop :] for data in house.batch.sent]
    assert again == [data[: moment.start] + data[moment.stop :] for data in sent]
    assert forwarding.repeat(house.down, [numbers[0] - 500 & 0xFFFF], 0.5) == 0


def test_silence_leaves_no_gap() -> None:
    house = House()
    house.down.aim(house.layers["q"], 0.0)
    house.frame("q", 0.0, is_key=True)
    house.track.mute("server", 0.0, is_muted=True)
    for step in range(9):
        house.frame("q", step / 30)
    house.crypt.clock = SimpleNamespace(monotonic=lambda: 1.0)
    house.track.mute("server", 1.0, is_muted=False)
    house.frame("q", 1.0)
    house.frame("q", 1.1, is_key=True)
    numbers = [number for number, *_ in house.heard()]
    assert numbers == [numbers[0] + step & 0xFFFF for step in range(4)]


def test_many_who_want_a_key_frame_ask_once() -> None:
    house = House()
    for now in (0.0, 0.1, 0.2, 0.3):
        house.layers["q"].key_wanted(now)
    assert len(house.asked) == 1
    assert house.layers["q"].wants_key
    house.layers["q"].key_wanted(0.45)
    assert len(house.asked) == 2
