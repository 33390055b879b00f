"""Many ids in one statement that stays the same however many they are."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import ARRAY, BigInteger, ColumnElement, Integer, any_, column, func, literal
from sqlalchemy.sql.selectable import TableValuedAlias


def among(column: ColumnElement[Any], ids: Iterable[int]) -> ColumnElement[bool]:
    """Whether the column is one of these ids: one parameter, one plan, and no limit of number."""
    return column == any_(literal(list(ids), ARRAY(BigInteger)))


def positions(placed: Iterable[tuple[int, int]]) -> TableValuedAlias:
    """Ids with their positions, as a table of two columns to update from."""
    pairs = list(placed)
    ids = literal([one for one, _ in pairs], ARRAY(BigInteger))
    places = literal([place for _, place in pairs], ARRAY(Integer))
    names = (column("id", BigInteger), column("position", Integer))
    return func.unnest(ids, places).table_valued(*names, name="places").render_derived()
