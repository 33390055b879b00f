"""How two people stand to each other: each side has its own view, and changes of both happen
together.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from contracts.errors import Conflict, DomainError, ErrorCode, Forbidden
from contracts.ids import UserId
from contracts.limits import BLOCKS_MAX, FRIENDS_MAX, REQUESTS_MAX
from contracts.objects.relationship import RelationshipType, Standing
from user_service.domain import names
from user_service.domain.accounts import Account
from user_service.domain.fields import Fields

FRIEND, BLOCKED = RelationshipType.FRIEND, RelationshipType.BLOCKED
INCOMING, OUTGOING = RelationshipType.INCOMING, RelationshipType.OUTGOING

MOST = {
    FRIEND: FRIENDS_MAX,
    BLOCKED: BLOCKS_MAX,
    INCOMING: REQUESTS_MAX,
    OUTGOING: REQUESTS_MAX,
}
"""How many of each one list may hold."""

COUNTERPARTS = {FRIEND: FRIEND, INCOMING: OUTGOING, OUTGOING: INCOMING}
"""What the other one has, when one has this."""


@dataclass(frozen=True, slots=True)
class Relationship:
    """A row of somebody's list."""

    user_id: UserId
    other_id: UserId
    type: RelationshipType
    since: datetime
    nickname: str | None = None


class Listed(NamedTuple):
    """A row with the face of the other one."""

    row: Relationship
    account: Account


class Pair(NamedTuple):
    """What I am to the other in my list, and what the other has of me."""

    mine: RelationshipType | None = None
    theirs: RelationshipType | None = None


def befriended(pair: Pair) -> Pair:
    """After I asked to be friends: a request, or friends if I was asked already. Asking twice is as
    good as once. Raises what refuses it.
    """
    if pair.mine is BLOCKED:
        raise Forbidden(ErrorCode.REQUEST_BLOCKED)
    if pair.theirs is BLOCKED:
        # As if they wanted none from anybody: who is blocked does not learn of it.
        raise Forbidden(ErrorCode.REQUESTS_DISABLED)
    if pair.mine is INCOMING:
        return Pair(FRIEND, FRIEND)
    return pair if pair.mine is not None else Pair(OUTGOING, INCOMING)


def blocked(pair: Pair) -> Pair:
    """After I blocked the other. A block of theirs stays; everything else between us ends."""
    return Pair(BLOCKED, BLOCKED if pair.theirs is BLOCKED else None)


def removed(pair: Pair) -> Pair:
    """After I took the other off my list: unfriended, refused, cancelled or unblocked."""
    if pair.mine is None:
        return pair
    return Pair(None, BLOCKED if pair.theirs is BLOCKED else None)


def refusal_of_one_more(kind: RelationshipType, count: int, *, own: bool) -> DomainError | None:
    """Whether a list with so many of a kind may not grow; a full list of another is their affair,
    and is told like a closed door.
    """
    if count < MOST[kind]:
        return None
    if not own and kind is not FRIEND:
        return Forbidden(ErrorCode.REQUESTS_DISABLED)
    return Conflict(ErrorCode.MAX_FRIENDS)


@dataclass(frozen=True, slots=True)
class Sources:
    """From whom friend requests are taken."""

    everyone: bool = True
    mutual_friends: bool = True
    mutual_guilds: bool = True


def sources_of(settings: dict[str, object]) -> Sources:
    """From settings; what is not said is open."""
    flags = settings.get("friend_source_flags")
    if not isinstance(flags, dict):
        return Sources()
    return Sources(
        everyone=bool(flags.get("all")),
        mutual_friends=bool(flags.get("mutual_friends")),
        mutual_guilds=bool(flags.get("mutual_guilds")),
    )


def standing(other_id: UserId, mine: Relationship | None, is_blocked: bool) -> Standing:  # noqa: FBT001
    """What neighbours are told of a pair."""
    kind = mine.type if mine is not None else None
    return Standing(
        user_id=other_id,
        is_friend=kind is FRIEND,
        has_blocked=kind is BLOCKED,
        is_blocked_by=is_blocked,
        since=mine.since if mine is not None and kind is FRIEND else None,
    )


def read_nickname(raw: str | None) -> str | None:
    """What a friend is called; emptied, by their own name."""
    if not raw:
        return None
    fields = Fields()
    nickname = fields.read("nickname", names.global_name, raw)
    fields.settle()
    return nickname


def others(rows: Iterable[Relationship]) -> list[UserId]:
    """Whom they are about."""
    return [row.other_id for row in rows]
