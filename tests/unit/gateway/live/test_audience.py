"""Who is written to, and in which order."""

from __future__ import annotations

import pytest

from contracts.identity import Kind
from gateway.live.audience import Audience
from gateway.live.codec import Encoding
from tests.unit.gateway.house import frames_in
from tests.unit.gateway.live.outlets import Loop, a_viewer, event, read

OF_GATEWAY = [encoding for encoding in Encoding if encoding is not Encoding.STOMP]


class TestFanout:
    def test_events_of_one_turn_to_one_audience_are_one_write(self) -> None:
        loop = Loop()
        people = [a_viewer(i) for i in range(5)]
        audience = Audience([viewer for viewer, _ in people])
        for s in range(1, 9):
            loop.fanout.send(audience, event(s))
        assert loop.run() == 1
        for _, transport in people:
            assert len(transport.written) == 1
            assert read(transport) == [1, 2, 3, 4, 5, 6, 7, 8]

    def test_everybody_gets_the_same_object(self) -> None:
        loop = Loop()
        people = [a_viewer(i) for i in range(3)]
        loop.fanout.send(Audience([viewer for viewer, _ in people]), event(1))
        loop.run()
        first, *rest = [transport.written[0] for _, transport in people]
        assert all(data is first for data in rest)

    def test_audiences_that_take_turns_keep_the_order(self) -> None:
        loop = Loop()
        viewer, transport = a_viewer()
        one, two = Audience([viewer]), Audience([viewer])
        for s in range(1, 7):
            loop.fanout.send(one if s % 2 else two, event(s))
        loop.run()
        assert read(transport) == [1, 2, 3, 4, 5, 6]

    def test_a_large_audience_gives_way_after_each_slice(self) -> None:
        loop = Loop()
        people = [a_viewer(i) for i in range(35)]
        loop.fanout.send(Audience([viewer for viewer, _ in people]), event(1))
        served = []
        while loop.soon:
            loop.turn()
            served.append(sum(bool(transport.written) for _, transport in people))
        assert served == [10, 20, 30, 35]

    def test_a_small_audience_overtakes_a_large_one(self) -> None:
        loop = Loop()
        many = [a_viewer(i) for i in range(35)]
        few = [a_viewer(100 + i) for i in range(3)]
        loop.fanout.send(Audience([viewer for viewer, _ in many]), event(1))
        loop.turn()
        loop.fanout.send(Audience([viewer for viewer, _ in few]), event(2))
        loop.turn()
        assert all(read(transport) == [2] for _, transport in few)

    def test_who_is_in_both_gets_both_in_order(self) -> None:
        loop = Loop()
        many = [a_viewer(i) for i in range(35)]
        loop.fanout.send(Audience([viewer for viewer, _ in many]), event(1))
        loop.turn()
        loop.fanout.send(Audience([many[0][0], many[-1][0]]), event(2))
        loop.fanout.send(Audience([viewer for viewer, _ in many]), event(3))
        loop.run()
        assert read(many[0][1]) == [1, 2, 3]
        assert read(many[-1][1]) == [1, 2, 3]
        assert read(many[5][1]) == [1, 3]

    def test_an_action_stands_between_what_was_and_what_comes(self) -> None:
        loop = Loop()
        many = [a_viewer(i) for i in range(35)]
        audience = Audience([viewer for viewer, _ in many])
        last, transport = many[-1]
        loop.fanout.send(audience, event(1))
        loop.turn()
        loop.fanout.then(last, last.outlet.hold)
        loop.fanout.send(audience, event(2))
        loop.fanout.then(last, last.outlet.release)
        loop.fanout.send(audience, event(3))
        loop.run()
        assert read(transport) == [1, 3]

    def test_what_an_action_sends_goes_last(self) -> None:
        loop = Loop()
        viewer, transport = a_viewer()
        audience = Audience([viewer])
        loop.fanout.then(viewer, lambda: loop.fanout.send(audience, event(2)))
        loop.fanout.send(audience, event(1))
        loop.run()
        assert read(transport) == [1, 2]

    @pytest.mark.parametrize("encoding", OF_GATEWAY)
    def test_a_walk_minds_what_came_in_the_way_after_the_last_one(self, encoding: Encoding) -> None:
        loop = Loop()
        people = [a_viewer(i, encoding=encoding) for i in range(25)]
        audience = Audience([viewer for viewer, _ in people])
        loop.fanout.send(audience, event(1))
        loop.run()
        (slow, waiting), (held, falling), *others = people[12:]
        loop.fanout.send(audience, event(2))
        loop.turn()
        slow.outlet.pause()
        held.outlet.hold()
        loop.run()
        assert len(waiting.written) == len(falling.written) == 1
        slow.outlet.resume()
        held.outlet.release()
        loop.fanout.send(audience, event(3))
        loop.run()
        assert [len(frames_in(waiting.take())), len(frames_in(falling.take()))] == [3, 2]
        for _, transport in [*people[:12], *others]:
            assert len(frames_in(transport.take())) == 3

    def test_nobody_is_no_work(self) -> None:
        loop = Loop()
        loop.fanout.send(Audience([]), event(1))
        assert loop.soon == []

    @pytest.mark.parametrize("encoding", OF_GATEWAY)
    def test_every_encoding_gets_what_it_can_read(self, encoding: Encoding) -> None:
        loop = Loop()
        viewer, transport = a_viewer(encoding=encoding)
        other, _ = a_viewer(2)
        audience = Audience([viewer, other])
        loop.fanout.send(audience, event(1))
        loop.fanout.send(audience, event(2))
        loop.run()
        frames = frames_in(transport.take())
        assert len(frames) == 2
        assert {opcode for opcode, _ in frames} == {
            1 if encoding in (Encoding.JSON, Encoding.PACKED) else 2
        }


class TestAudience:
    def test_withholds_content_from_bots_without_the_intent(self) -> None:
        loop = Loop()
        bot, heard = a_viewer(100, kind=Kind.BOT)
        human, all_heard = a_viewer(1)
        audience = Audience([bot, human], has_content=True)
        assert audience.withheld == {100}
        loop.fanout.send(audience, event(1))
        loop.run()
        assert b'"content":""' in heard.take()
        assert b'"content":"c"' in all_heard.take()

    def test_withholds_nothing_from_the_exempt(self) -> None:
        bot, _ = a_viewer(100, kind=Kind.BOT)
        audience = Audience([bot], has_content=True, exempt=frozenset({100}))
        assert [lane.bare for lane in audience.lanes] == [False]

    def test_in_order_it_is_the_same_to_everybody(self) -> None:
        loop = Loop()
        bot, heard = a_viewer(100, kind=Kind.BOT)
        people = [a_viewer(i) for i in range(25)]
        audience = Audience([bot, *(viewer for viewer, _ in people)], has_content=True).in_order()
        assert audience.is_in_order
        loop.fanout.send(audience, event(1))
        loop.run()
        assert b'"content":""' in heard.take()
        assert all(read(transport) == [1] for _, transport in people)

    def test_knows_whether_it_meets_another(self) -> None:
        people = [a_viewer(i)[0] for i in range(4)]
        assert Audience(people[:3]).meets(Audience(people[2:]))
        assert not Audience(people[:2]).meets(Audience(people[2:]))
