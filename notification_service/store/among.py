"""One parameter for any number of ids, so that one prepared statement serves them all."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import ARRAY, BigInteger, ColumnElement, any_, literal


def among(column: ColumnElement[Any], ids: Iterable[int]) -> ColumnElement[bool]:
    """Whether it is one of these."""
    return column == any_(literal([int(one) for one in ids], ARRAY(BigInteger)))
