"""What several topics said after a stamp, read from their logs: for a session that comes back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from chassis.bus.cursor import Cursor, Entry, Head
from chassis.bus.resp import Connection, as_entry, pack
from contracts import topics
from contracts.topics import Topic

Replayed = tuple[Topic, int, int, bytes]
"""Topic, number, stamp, record."""

MOST_REPLAYED = 20_000


class ReplayGone(Exception):
    """The logs do not reach back that far, or are not the ones that were heard."""


async def replay(
    connection: Connection, asked: Sequence[Topic], since: int, *, epochs: Mapping[str, str]
) -> list[Replayed]:
    """Every event of these topics of one server with a later stamp, in the order of stamps; all or
    ReplayGone. `epochs` is what the names of its data are, by key.
    """
    start, most = f"({since:d}-0", MOST_REPLAYED + 1
    commands = [pack("GET", key) for key in epochs]
    for topic in asked:
        # The head before the log, as later entries do no harm; the floor after it: trimming does.
        head, stream = topics.head_key(topic), topics.log_key(topic)
        commands.append(pack("HMGET", head, "n", "s"))
        commands.append(pack("XRANGE", stream, start, "+", "COUNT", most))
        commands.append(pack("HGET", head, "f"))
    replies = await connection.calls(commands) if commands else []
    seen, replies = replies[: len(epochs)], replies[len(epochs) :]
    if any(
        one is None or one.decode() != name for one, name in zip(seen, epochs.values(), strict=True)
    ):
        raise ReplayGone("another epoch")
    found: list[Replayed] = []
    for index, topic in enumerate(asked):
        (n, stamp), raw, floor = replies[3 * index : 3 * index + 3]
        head_seen = Head(int(n or 0), int(stamp or 0), int(floor or 0))
        entries = _proven([as_entry(one) for one in raw], head_seen, since)
        found += [(topic, *entry) for entry in entries]
    return in_order(found)


def in_order(found: list[Replayed]) -> list[Replayed]:
    """By stamp; ReplayGone when it is more than anybody should be told."""
    if len(found) > MOST_REPLAYED:
        raise ReplayGone("too much was missed")
    found.sort(key=lambda event: event[2])
    return found


def _proven(entries: Sequence[Entry], head: Head, since: int) -> Sequence[Entry]:
    if since < head.floor:
        raise ReplayGone("the log begins later")
    newest = entries[-1][1] if entries else since
    if newest < head.stamp:
        raise ReplayGone("the log is gone")
    if entries and Cursor(entries[0][0] - 1, since).absorb(entries, since) is None:
        raise ReplayGone("the log has a hole")
    return entries
