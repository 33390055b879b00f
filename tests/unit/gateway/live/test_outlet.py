"""The way out to one transport: its own doors, and the socket behind it."""

from __future__ import annotations

import itertools
from typing import Any, cast

import pytest
import zstandard

from contracts import limits
from gateway.live.outlet import HIGH_WATER, NOWHERE, ZstdSink
from tests.unit.gateway.house import frames_in
from tests.unit.gateway.live.outlets import an_outlet


class TestOutlet:
    def test_the_door_is_the_transport_itself(self) -> None:
        outlet, transport = an_outlet()
        assert outlet.door is cast(Any, transport)
        assert transport.high == HIGH_WATER

    def test_queues_while_the_reader_is_slow_and_catches_up_in_one_write(self) -> None:
        outlet, transport = an_outlet()
        outlet.pause()
        for data in (b"a", b"b", b"c"):
            outlet.write(data)
        assert transport.written == []
        outlet.resume()
        assert transport.written == [b"abc"]
        assert outlet.door is cast(Any, transport)

    def test_cuts_a_reader_that_lets_too_many_events_wait(self) -> None:
        outlet, transport = an_outlet()
        outlet.pause()
        for _ in range(limits.SESSION_QUEUE_EVENTS):
            outlet.write(b"x")
        assert not transport.is_aborted
        outlet.write(b"x")
        assert transport.is_aborted
        assert outlet.door is NOWHERE

    def test_cuts_a_reader_that_lets_too_many_bytes_wait(self) -> None:
        outlet, transport = an_outlet()
        outlet.pause()
        outlet.write(b"x" * limits.SESSION_QUEUE_BYTES)
        assert not transport.is_aborted
        outlet.write(b"x")
        assert transport.is_aborted

    def test_what_is_pushed_may_exceed_the_queue_and_keeps_its_place(self) -> None:
        outlet, transport = an_outlet()
        outlet.pause()
        outlet.write(b"1")
        outlet.push(b"2" * (2 << 20))
        assert not transport.is_aborted
        outlet.resume()
        assert transport.take() == b"1" + b"2" * (2 << 20)

    def test_a_push_goes_straight_to_a_full_transport_that_has_no_queue(self) -> None:
        outlet, transport = an_outlet()
        outlet.pause()
        outlet.push(b"1")
        assert transport.written == [b"1"]

    def test_lets_events_fall_while_it_is_held(self) -> None:
        outlet, transport = an_outlet()
        outlet.hold()
        outlet.write(b"event")
        outlet.push(b"answer")
        assert outlet.is_held
        outlet.release()
        outlet.write(b"later")
        assert transport.written == [b"answer", b"later"]

    @pytest.mark.parametrize("order", list(itertools.permutations(("pause", "hold", "release"))))
    def test_holding_and_pausing_do_not_undo_each_other(self, order: tuple[str, ...]) -> None:
        outlet, transport = an_outlet()
        for step in order:
            getattr(outlet, step)()
        outlet.write(b"x")
        outlet.resume()
        is_held = order.index("hold") > order.index("release")
        assert transport.written == ([] if is_held else [b"x"])

    def test_says_nothing_after_the_end(self) -> None:
        outlet, transport = an_outlet()
        outlet.shut()
        for step in (outlet.write, outlet.push):
            step(b"x")
        outlet.pause()
        outlet.resume()
        outlet.release()
        outlet.write(b"x")
        outlet.abort()
        assert transport.written == []
        assert not transport.is_aborted

    def test_a_zstd_stream_is_not_fed_with_what_falls(self) -> None:
        outlet, transport = an_outlet()
        sink, reader = ZstdSink(outlet), zstandard.ZstdDecompressor().decompressobj()
        sink.write(b'"first"')
        outlet.hold()
        sink.write(b'"fallen"')
        outlet.release()
        sink.write(b'"second"')
        plain = [reader.decompress(payload) for _, payload in frames_in(transport.take())]
        assert plain == [b'"first"', b'"second"']
