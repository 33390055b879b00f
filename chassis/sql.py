"""Many ids in one statement that stays the same however many they are."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import ARRAY, BigInteger, ColumnElement, any_, column, func, literal
from sqlalchemy.sql.selectable import TableValuedAlias
from sqlalchemy.types import TypeEngine


def among(column: ColumnElement[Any], ids: Iterable[int]) -> ColumnElement[bool]:
    """Whether the column is one of these ids: one parameter, one plan, and no limit of number."""
    return column == any_(literal([int(one) for one in ids], ARRAY(BigInteger)))


def unnested(*columns: tuple[str, type[TypeEngine[Any]], Iterable[Any]]) -> TableValuedAlias:
    """Values (name, type, one a row) as a table to update from: one statement however many."""
    arrays = [literal(list(values), ARRAY(kind)) for _, kind, values in columns]
    names = [column(name, kind) for name, kind, _ in columns]
    return func.unnest(*arrays).table_valued(*names, name="given").render_derived()
