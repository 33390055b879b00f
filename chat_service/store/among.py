"""Many ids in one statement that stays the same however many they are."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import ARRAY, BigInteger, ColumnElement, any_, literal


def among(column: ColumnElement[Any], ids: Iterable[int]) -> ColumnElement[bool]:
    """Whether the column is one of these ids: one parameter, one plan, and no limit of number."""
    return column == any_(literal(list(ids), ARRAY(BigInteger)))
