"""What a client holds of a member list, and what it has to be told so that all of it stays true.

A client keeps lines by number: SYNC sets some, INSERT and DELETE move those behind, INVALIDATE
forgets some. It is told of every change up to the last line that it looks at: so what it holds up
to there is true between its ranges, too, and what is pushed beyond it has to forget. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from contracts.wire import JSON
from gateway.live.roster import Listed, MemberList, Range


@dataclass(frozen=True, slots=True)
class Window:
    """The ranges of one list that a client looks at, in order."""

    ranges: tuple[Range, ...]

    @classmethod
    def of(cls, ranges: Iterable[Range]) -> Window:
        """As a client names them, for one channel of the list or for several."""
        return cls(tuple(sorted(set(ranges))))

    @property
    def last(self) -> int:
        """The last line that is looked at."""
        return max(end for _, end in self.ranges)

    def __contains__(self, line: int) -> bool:
        return any(begin <= line <= end for begin, end in self.ranges)

    def anew(self, shown: MemberList, listed: dict[int, Listed], held: int) -> list[JSON]:
        """All that is looked at. The client holds nothing from line `held` on, and it may hold
        anything before.
        """
        ops = [_sync(shown, listed, each) for each in self.ranges]
        return ops + [_invalidate(each) for each in self._rest(len(shown), held)]

    def follow(
        self, ops: Sequence[JSON], shown: MemberList, listed: dict[int, Listed]
    ) -> list[JSON]:
        """What is to be told of steps that made the list what it is now."""
        last, length = self.last, len(shown)
        told = [op for op in ops if op["index"] <= last]
        if not told:
            return []
        slid = _spans(line for line in self._edges(len(told), length) if self._is_new(line, told))
        top = _pushed(told, min(last, length - sum(map(_growth, ops)) - 1))
        told += (_sync(shown, listed, each) for each in slid)
        if last < top:
            told.append(_invalidate((last + 1, top)))
        return told

    def _rest(self, length: int, held: int) -> Iterator[Range]:
        """What SYNC does not set, of the lines before `held`."""
        at = 0
        shown = [(begin, min(end, length - 1)) for begin, end in self.ranges if begin < length]
        for begin, end in (*shown, (held, held)):
            if at < min(begin, held):
                yield at, min(begin, held) - 1
            at = max(at, end + 1)

    def _edges(self, steps: int, length: int) -> Iterator[int]:
        """Lines of each range that so many steps can have brought into it."""
        for begin, last in self.ranges:
            end = min(last + 1, length)
            yield from range(begin, min(begin + steps, end))
            yield from range(max(begin, end - steps), end)

    def _is_new(self, line: int, told: Sequence[JSON]) -> bool:
        """Whether it was not looked at before these steps, and they do not say what it is."""
        for op in reversed(told):
            if op["op"] != "DELETE" and op["index"] == line:
                return False
            if op["index"] <= line:
                line -= _growth(op)
        return line not in self


def _pushed(told: Iterable[JSON], top: int) -> int:
    """The last line that a client holds after these steps, when it was `top` before."""
    for op in told:
        if op["op"] == "INSERT":
            top = max(top + 1, op["index"])
        elif op["op"] == "DELETE" and op["index"] <= top:
            top -= 1
    return top


def _growth(op: JSON) -> int:
    return {"INSERT": 1, "UPDATE": 0, "DELETE": -1}[op["op"]]


def _spans(lines: Iterable[int]) -> list[Range]:
    found: list[Range] = []
    for line in sorted(set(lines)):
        if found and found[-1][1] == line - 1:
            found[-1] = found[-1][0], line
        else:
            found.append((line, line))
    return found


def _sync(shown: MemberList, listed: dict[int, Listed], lines: Range) -> JSON:
    return {"op": "SYNC", "range": list(lines), "items": shown.items(*lines, listed)}


def _invalidate(lines: Range) -> JSON:
    return {"op": "INVALIDATE", "range": list(lines)}
