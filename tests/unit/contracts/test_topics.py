"""Names of topics and keys: one place, no two alike, a topic's keys in one cluster slot."""

from __future__ import annotations

from contracts import topics


def test_the_keys_of_a_topic_share_a_hash_tag() -> None:
    topic = topics.guild(7)
    names = {topics.pubsub(topic), topics.head_key(topic), topics.log_key(topic)}
    assert len(names) == 3
    assert all("{guild:7}" in name for name in names)


def test_no_two_names_are_alike() -> None:
    names = [
        topics.IDENTITY,
        topics.FACES,
        topics.FRIENDSHIPS,
        topics.guild(1),
        topics.facts(1),
        topics.user(1),
        topics.STAMP_KEY,
        topics.EPOCH_KEY,
        topics.canary("1"),
        topics.session_key("1"),
        topics.presence_key(1),
        topics.presence_instance_key("1"),
    ]
    assert len(names) == len(set(names))
