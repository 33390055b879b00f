"""What a service keeps of a person, page by page: each service names the shelves, this reads them.

A shelf is a table with a column that says whose a row is. Bytes never leave: they are hashes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Column, LargeBinary, Row, select

from chassis.db import Unit
from contracts.rpc.export import Exported
from contracts.wire import JSON, timestamp

PAGE = 100


@dataclass(frozen=True, slots=True)
class Shelf:
    """Rows of one table. `by` orders the rows of one person, and no two of them are equal in it."""

    whose: Column[Any]
    by: Column[Any]
    hidden: frozenset[str] = frozenset()
    """Columns with secrets."""

    @property
    def file(self) -> str:
        """Where its rows go."""
        return str(self.whose.table.name)

    @property
    def columns(self) -> list[Column[Any]]:
        """What is told."""
        return [
            column
            for column in self.whose.table.c
            if column.name not in self.hidden and not isinstance(column.type, LargeBinary)
        ]


async def page(unit: Unit[Any], shelves: Sequence[Shelf], user_id: int, after: str) -> Exported:
    """The rows after a place, which names a shelf and the last row seen on it."""
    number, key = _place(after)
    for at in range(number, len(shelves)):
        rows = await _rows(unit, shelves[at], user_id, key)
        key = ""
        if rows:
            is_whole = len(rows) < PAGE
            rest = f"{at + 1}:" if is_whole else f"{at}:{rows[-1]._mapping[shelves[at].by]}"
            return Exported(
                records=tuple(_record(row, shelves[at]) for row in rows),
                file=shelves[at].file,
                after="" if is_whole and at + 1 == len(shelves) else rest,
            )
    return Exported()


async def _rows(unit: Unit[Any], shelf: Shelf, user_id: int, key: str) -> list[Row[Any]]:
    statement = select(*shelf.columns).where(shelf.whose == user_id)
    if key:
        kind = shelf.by.type.python_type
        statement = statement.where(shelf.by > kind(key))
    return await unit.all(statement.order_by(shelf.by).limit(PAGE))


def _record(row: Row[Any], shelf: Shelf) -> JSON:
    return {column.name: _plain(column, row._mapping[column]) for column in shelf.columns}


def _plain(column: Column[Any], value: Any) -> Any:
    if isinstance(value, datetime):
        return timestamp(value)
    # Ids and bit sets are texts, as everywhere outside.
    return str(value) if isinstance(column.type, BigInteger) and value is not None else value


def _place(after: str) -> tuple[int, str]:
    number, _, key = after.partition(":")
    return (int(number) if number.isdecimal() else 0), key
