"""A cluster's map, and the URL that names its door."""

from __future__ import annotations

import pytest

from chassis.bus import urls
from chassis.bus.slots import ANCHORS, MANY, Slots, parse, slot_of
from contracts import topics

ONE, TWO = ("10.0.0.1", 6379), ("10.0.0.2", 6380)
MAP = Slots([(8_192, MANY - 1, TWO), (0, 8_191, ONE)])


def test_all_that_a_publish_touches_lies_in_one_slot() -> None:
    topic = topics.guild(7)
    touched = (
        topics.head_key(topic),
        topics.log_key(topic),
        topics.stamp_key(topic),
        topics.pubsub(topic),
    )
    assert len({slot_of(key) for key in touched}) == 1


def test_the_buckets_of_one_caller_lie_in_one_slot() -> None:
    keys = (topics.limit_key("all", "9", ""), topics.limit_key("send", "9", "77"))
    assert len({slot_of(key) for key in keys}) == 1


def test_every_slot_has_the_server_whose_range_holds_it() -> None:
    assert {MAP.owner(0), MAP.owner(8_191)} == {ONE}
    assert {MAP.owner(8_192), MAP.owner(MANY - 1)} == {TWO}
    assert Slots([(10, 20, ONE)]).owner(9) is None
    assert Slots([(10, 20, ONE)]).owner(21) is None


def test_anchors_and_canaries_lie_where_they_are_to_tell_of() -> None:
    assert {*MAP.anchors(ONE), *MAP.anchors(TWO)} == set(ANCHORS)
    assert MAP.owner(slot_of(topics.epoch_key(MAP.anchors(TWO)[0]))) == TWO
    assert MAP.owner(slot_of(topics.canary("gateway-1", MAP.tag_on(TWO)))) == TWO


def test_a_server_without_a_name_is_called_as_it_was_asked() -> None:
    said = [
        [0, 8_191, [b"", 6379, b"id"], [b"10.0.0.9", 1, b"id"]],
        [8_192, 16_383, [b"10.0.0.2", 6380]],
    ]
    assert parse(said, ONE) == MAP


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        (
            "redis+cluster://:se%40cret@a:1,b:2",
            ["redis://:se%40cret@a:1/0", "redis://:se%40cret@b:2/0"],
        ),
        ("rediss+cluster://me:pw@[::1]", ["rediss://me:pw@[::1]:6379/0"]),
    ],
)
def test_a_cluster_is_named_by_some_of_its_servers(url: str, expected: list[str]) -> None:
    place = urls.cluster(url)
    assert place is not None
    assert [place.at(address) for address in place.addresses] == expected
    assert place.login[1] in ("se@cret", "pw")


def test_one_server_is_no_cluster() -> None:
    assert urls.cluster("redis://:pw@a:1/0") is None
