"""What a client holds of a member list: every line that it looks at, and no line that is not so."""

from __future__ import annotations

import os
import random
from typing import Any, cast

import pytest

from contracts.wire import JSON
from gateway.live.roster import MemberList, Range
from gateway.live.windows import Window

WORLDS = int(os.environ.get("MOIM_WORLDS", "300"))


class Lines:
    """A list whose lines are numbers."""

    def __init__(self, dice: random.Random) -> None:
        self.dice, self.next = dice, 0
        self.lines = [self.made() for _ in range(dice.randrange(40))]

    def __len__(self) -> int:
        return len(self.lines)

    def made(self) -> int:
        self.next += 1
        return self.next

    def items(self, begin: int, end: int, listed: object) -> list[int]:
        return self.lines[begin : end + 1]

    def step(self) -> JSON:
        """One change at random, as a list notes it."""
        op = self.dice.choice(["INSERT", "DELETE", "UPDATE"] if self.lines else ["INSERT"])
        at = self.dice.randrange(len(self.lines) + (op == "INSERT"))
        if op == "DELETE":
            del self.lines[at]
            return {"op": op, "index": at}
        made = self.made()
        self.lines[at : at + (op == "UPDATE")] = [made]
        return {"op": op, "index": at, "item": made}


def applied(held: dict[int, Any], ops: list[JSON]) -> dict[int, Any]:
    """What a client holds after these: lines by number, as those of clients that scroll are."""
    for op in ops:
        if "range" in op:
            begin, end = op["range"]
            held = {at: line for at, line in held.items() if not begin <= at <= end}
            held |= enumerate(op.get("items", ()), begin)
            continue
        at = op["index"]
        match op["op"]:
            case "UPDATE":
                held = {**held, at: op["item"]}
            case "INSERT":
                held = {there + (there >= at): line for there, line in held.items()}
                held[at] = op["item"]
            case "DELETE":
                kept = ((there, line) for there, line in held.items() if there != at)
                held = {there - (there > at): line for there, line in kept}
    return held


def window(dice: random.Random) -> Window:
    begins = (dice.randrange(45) for _ in range(dice.randrange(1, 4)))
    return Window.of((begin, begin + dice.randrange(12)) for begin in begins)


def all_is_true(held: dict[int, Any], lines: Lines, looked_at: Window) -> None:
    true = dict(enumerate(lines.lines))
    assert held.items() <= true.items()
    assert {line for line in true if line in looked_at} <= held.keys()


@pytest.mark.parametrize("seed", range(10))
def test_whoever_follows_holds_all_that_is_looked_at_and_nothing_false(seed: int) -> None:
    dice = random.Random(seed)
    for _ in range(WORLDS // 10):
        lines, at = Lines(dice), window(dice)
        shown = cast(MemberList, lines)
        held = applied({}, at.anew(shown, {}, 0))
        for _ in range(dice.randrange(25)):
            last, before = at.last, len(lines)
            if dice.random() < 0.2:
                at = window(dice)
                held = applied(held, at.anew(shown, {}, min(last + 1, before)))
            ops = [lines.step() for _ in range(dice.randrange(5))]
            if dice.random() < 0.2:
                held = applied(held, at.anew(shown, {}, min(at.last + 1, before)))
            else:
                held = applied(held, at.follow(ops, shown, {}))
            all_is_true(held, lines, at)


def told(ops: list[JSON]) -> list[tuple[str, Any]]:
    return [(op["op"], op.get("range", op.get("index"))) for op in ops]


@pytest.mark.parametrize(
    ("before", "after", "forgotten"),
    [
        ([(0, 99), (100, 199)], [(0, 99), (300, 399)], [[100, 199]]),
        ([(0, 99)], [(0, 99), (100, 199)], []),
        ([(0, 99), (200, 299)], [(0, 99)], [[100, 299]]),
    ],
)
def test_ranges_that_are_not_looked_at_any_more_are_forgotten(
    before: list[Range], after: list[Range], forgotten: list[list[int]]
) -> None:
    lines = Lines(random.Random(1))
    lines.lines = list(range(1_000))
    ops = Window.of(after).anew(cast(MemberList, lines), {}, Window.of(before).last + 1)
    assert told(ops) == [
        *(("SYNC", list(each)) for each in after),
        *(("INVALIDATE", each) for each in forgotten),
    ]


def test_a_line_that_goes_lets_the_next_ones_slide_into_sight() -> None:
    lines = Lines(random.Random(1))
    lines.lines = list(range(1_000))
    at = Window.of([(0, 99), (300, 399)])
    del lines.lines[5]
    ops = at.follow([{"op": "DELETE", "index": 5}], cast(MemberList, lines), {})
    assert told(ops) == [("DELETE", 5), ("SYNC", [99, 99]), ("SYNC", [399, 399])]
    lines.lines.insert(5, 5)
    ops = at.follow([{"op": "INSERT", "index": 5, "item": 5}], cast(MemberList, lines), {})
    assert told(ops) == [("INSERT", 5), ("SYNC", [300, 300]), ("INVALIDATE", [400, 400])]
    assert at.follow([{"op": "DELETE", "index": 400}], cast(MemberList, lines), {}) == []
