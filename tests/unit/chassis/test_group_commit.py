"""Whoever arrives while a write is under way shares the next one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence

import pytest

from chassis.group_commit import GroupCommit, Settle
from chassis.metrics import Metrics
from chassis.tasks import Tasks
from contracts.errors import Unavailable


class Disk:
    """Writes batches when the test lets it."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.history: list[str] = []
        self.turn = asyncio.Event()
        self.busy = asyncio.Event()

    async def write(self, items: Sequence[int]) -> Settle[int]:
        self.batches.append(list(items))
        self.history.append(f"written {items}")
        self.busy.set()
        await self.turn.wait()
        await asyncio.sleep(0)
        if 13 in items:
            raise ValueError("unlucky")
        return lambda: self.settle(items)

    def settle(self, items: Sequence[int]) -> list[int]:
        self.history.append(f"settled {items}")
        return [item * 10 for item in items]


@pytest.fixture
async def disk() -> Disk:
    return Disk()


@pytest.fixture
async def commits(disk: Disk) -> AsyncIterator[GroupCommit[int, int]]:
    tasks = Tasks()
    commits = GroupCommit(disk.write, tasks=tasks, metrics=Metrics(), most=3, waiting=6)
    await commits.start()
    yield commits
    await commits.stop()
    await tasks.cancel()


async def test_a_lone_writer_goes_at_once_and_later_ones_share_in_order(
    commits: GroupCommit[int, int], disk: Disk
) -> None:
    first = commits.submit(1)
    await disk.busy.wait()
    others = [commits.submit(number) for number in (2, 3, 4, 5)]
    disk.turn.set()
    assert await first == 10
    assert await asyncio.gather(*others) == [20, 30, 40, 50]
    assert disk.batches == [[1], [2, 3, 4], [5]]


async def test_the_next_batch_is_on_its_way_before_the_last_one_is_told(
    commits: GroupCommit[int, int], disk: Disk
) -> None:
    first = commits.submit(1)
    await disk.busy.wait()
    others = [commits.submit(number) for number in (2, 3, 4, 5)]
    disk.turn.set()
    await asyncio.gather(first, *others)
    assert disk.history == [
        "written [1]",
        "written [2, 3, 4]",
        "settled [1]",
        "written [5]",
        "settled [2, 3, 4]",
        "settled [5]",
    ]


async def test_a_failed_write_is_told_to_its_own_batch_only(
    commits: GroupCommit[int, int], disk: Disk
) -> None:
    disk.turn.set()
    with pytest.raises(ValueError, match="unlucky"):
        await commits.submit(13)
    assert await commits.submit(1) == 10


async def test_a_full_queue_refuses_instead_of_growing(
    commits: GroupCommit[int, int], disk: Disk
) -> None:
    waiting = [commits.submit(1)]
    await disk.busy.wait()
    waiting += [commits.submit(number) for number in range(6)]
    with pytest.raises(Unavailable):
        commits.submit(9)
    disk.turn.set()
    await asyncio.gather(*waiting)


async def test_a_writer_who_gave_up_does_not_hurt_the_others(
    commits: GroupCommit[int, int], disk: Disk
) -> None:
    first = commits.submit(1)
    second = commits.submit(2)
    first.cancel()
    disk.turn.set()
    assert await second == 20
