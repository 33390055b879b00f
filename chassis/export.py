"""What a service keeps of a person, page by page: each service names the shelves, this reads them.

A shelf is a table with a column that says whose a row is. Bytes never leave: they are hashes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import BigInteger, Column, LargeBinary, Row, literal, select, tuple_

from chassis.db import Unit
from contracts.rpc.export import Exported
from contracts.wire import JSON, timestamp

PAGE = 100


@dataclass(frozen=True, slots=True)
class Shelf:
    """Rows of one table, told in the order of their key."""

    whose: Column[Any]
    hidden: frozenset[str] = frozenset()
    """Columns with secrets."""

    @property
    def file(self) -> str:
        """Where its rows go."""
        return str(self.whose.table.name)

    @property
    def keys(self) -> list[Column[Any]]:
        """What tells the rows of one person apart."""
        others = [one for one in self.whose.table.primary_key.columns if one is not self.whose]
        return others or [self.whose]

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
            rest = f"{at + 1}:" if is_whole else f"{at}:{_key(rows[-1], shelves[at])}"
            return Exported(
                records=tuple(_record(row, shelves[at]) for row in rows),
                file=shelves[at].file,
                after="" if is_whole and at + 1 == len(shelves) else rest,
            )
    return Exported()


async def _rows(unit: Unit[Any], shelf: Shelf, user_id: int, key: str) -> list[Row[Any]]:
    statement = select(*shelf.columns).where(shelf.whose == user_id)
    if key:
        pairs = zip(orjson.loads(key), shelf.keys, strict=True)
        last = (literal(value, column.type) for value, column in pairs)
        statement = statement.where(tuple_(*shelf.keys) > tuple_(*last))
    return await unit.all(statement.order_by(*shelf.keys).limit(PAGE))


def _key(row: Row[Any], shelf: Shelf) -> str:
    return orjson.dumps([row._mapping[column] for column in shelf.keys]).decode()


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
