"""Relationships: one row a side. Whoever changes a pair holds both accounts first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Integer,
    Row,
    Select,
    any_,
    bindparam,
    delete,
    func,
    literal,
    or_,
    select,
    true,
    update,
)
from sqlalchemy.dialects.postgresql import insert

from contracts.ids import UserId
from contracts.objects.relationship import RelationshipType
from user_service.domain.relationships import BLOCKED, FRIEND, Pair, Relationship
from user_service.tables import relationships
from user_service.tools import UserUnit

_table = relationships
_me, _other, _type = _table.c.user_id, _table.c.other_id, _table.c.type


def _pages() -> Select[Any]:
    ids = bindparam("asked", type_=ARRAY(BigInteger))
    asked = func.unnest(ids).table_valued("user_id").render_derived()
    theirs = select(_table).where(_me == asked.c.user_id).order_by(_other)
    listed = theirs.limit(bindparam("most", type_=Integer)).lateral()
    every = select(listed).select_from(asked.join(listed, true()))
    return every.order_by(listed.c.user_id, listed.c.other_id)


_PAGES = _pages()
_FRIENDS = (
    select(_me, _other)
    .where(_me == any_(bindparam("asked", type_=ARRAY(BigInteger))), _type == int(FRIEND))
    .order_by(_me, _other)
    .limit(bindparam("most", type_=Integer))
)


async def pair(unit: UserUnit, user_id: int, other_id: int) -> Pair:
    """Both sides."""
    rows = await unit.all(
        select(_me, _type).where(
            or_(
                (_me == user_id) & (_other == other_id),
                (_me == other_id) & (_other == user_id),
            )
        )
    )
    found = {row.user_id: RelationshipType(row.type) for row in rows}
    return Pair(found.get(user_id), found.get(other_id))


async def one(unit: UserUnit, user_id: int, other_id: int) -> Relationship | None:
    """One's own side."""
    row = await unit.one(select(_table).where(_me == user_id, _other == other_id))
    return _relationship(row) if row is not None else None


async def put(unit: UserUnit, row: Relationship) -> None:
    """One side, instead of what was there; a nickname ends with the friendship."""
    values = {
        "user_id": row.user_id,
        "other_id": row.other_id,
        "type": int(row.type),
        "since": row.since,
        "nickname": row.nickname,
    }
    fresh = insert(_table).values(values)
    newer = {name: fresh.excluded[name] for name in ("type", "since", "nickname")}
    await unit.run(fresh.on_conflict_do_update(index_elements=[_me, _other], set_=newer))


async def drop(unit: UserUnit, user_id: int, other_id: int) -> None:
    """One side."""
    await unit.run(delete(_table).where(_me == user_id, _other == other_id))


async def name(unit: UserUnit, user_id: int, other_id: int, nickname: str | None) -> None:
    """Call a friend something else."""
    mine = update(_table).where(_me == user_id, _other == other_id)
    await unit.run(mine.values(nickname=nickname))


async def count(unit: UserUnit, user_id: int, kind: RelationshipType) -> int:
    """How many of a kind one has."""
    found = select(func.count()).where(_me == user_id, _type == int(kind))
    return int(await unit.scalar(found))


async def page(unit: UserUnit, user_id: int, *, after: int, limit: int) -> list[Relationship]:
    """One's list by the other's id."""
    mine = select(_table).where(_me == user_id, _other > after).order_by(_other).limit(limit)
    return [_relationship(row) for row in await unit.all(mine)]


async def pages(
    unit: UserUnit, user_ids: Sequence[int], *, limit: int
) -> dict[int, list[Relationship]]:
    """The beginnings of several lists; empty ones are left out."""
    rows = await unit.all(_PAGES, asked=[int(one) for one in user_ids], most=limit)
    found: dict[int, list[Relationship]] = {}
    for row in rows:
        found.setdefault(row.user_id, []).append(_relationship(row))
    return found


async def of_kind(
    unit: UserUnit, user_id: int, kind: RelationshipType, limit: int
) -> list[Relationship]:
    """Those of one kind."""
    mine = select(_table).where(_me == user_id, _type == int(kind)).order_by(_other).limit(limit)
    return [_relationship(row) for row in await unit.all(mine)]


async def friends(unit: UserUnit, user_ids: Sequence[int], limit: int) -> dict[int, list[UserId]]:
    """Of several people; who has none is left out."""
    asked = [int(one) for one in user_ids]
    found: dict[int, list[UserId]] = {}
    for row in await unit.all(_FRIENDS, asked=asked, most=limit * len(asked)):
        found.setdefault(row.user_id, []).append(UserId(row.other_id))
    return found


async def drop_many(unit: UserUnit, user_id: int, other_ids: Sequence[int]) -> None:
    """Both sides of pairs in which nobody has blocked anybody."""
    others = literal([int(one) for one in other_ids], ARRAY(BigInteger))
    await unit.run(
        delete(_table).where(
            _type != int(BLOCKED),
            or_(
                (_me == user_id) & (_other == any_(others)),
                (_me == any_(others)) & (_other == user_id),
            ),
        )
    )


async def mutual_friends(unit: UserUnit, user_id: int, other_id: int, limit: int) -> list[UserId]:
    """Friends of both."""
    theirs = select(_other).where(_me == other_id, _type == int(FRIEND))
    mine = select(_other).where(_me == user_id, _type == int(FRIEND), _other.in_(theirs))
    return [UserId(row.other_id) for row in await unit.all(mine.order_by(_other).limit(limit))]


async def as_seen_by_friends(unit: UserUnit, user_id: int, limit: int) -> list[Relationship]:
    """The rows in which this one stands as a friend, in the lists of those friends."""
    friends = select(_other).where(_me == user_id, _type == int(FRIEND)).scalar_subquery()
    theirs = select(_table).where(_me.in_(friends), _other == user_id, _type == int(FRIEND))
    return [_relationship(row) for row in await unit.all(theirs.limit(limit))]


async def forget(unit: UserUnit, user_id: int) -> None:
    """A whole list."""
    await unit.run(delete(_table).where(_me == user_id))


async def between(
    unit: UserUnit, user_id: int, other_ids: Sequence[int]
) -> dict[int, tuple[Relationship | None, bool]]:
    """By the other's id: one's own side, and whether the other has blocked one."""
    others = literal([int(one) for one in other_ids], ARRAY(BigInteger))
    rows = await unit.all(
        select(_table).where(
            or_(
                (_me == user_id) & (_other == any_(others)),
                (_me == any_(others)) & (_other == user_id) & (_type == int(BLOCKED)),
            )
        )
    )
    found: dict[int, tuple[Relationship | None, bool]] = {}
    for row in rows:
        side = _relationship(row)
        if side.user_id == user_id:
            found[side.other_id] = (side, found.get(side.other_id, (None, False))[1])
        else:
            found[side.user_id] = (found.get(side.user_id, (None, False))[0], True)
    return found


def _relationship(row: Row[Any]) -> Relationship:
    return Relationship(
        user_id=UserId(row.user_id),
        other_id=UserId(row.other_id),
        type=RelationshipType(row.type),
        since=row.since,
        nickname=row.nickname,
    )
