"""Friends, requests and blocks. Every change of a pair holds both accounts, so that whoever comes
at the same time comes after.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from contracts.errors import Conflict, ErrorCode, Forbidden, NotFound
from contracts.events.relationship import FriendshipChanged
from contracts.identity import Identity
from contracts.ids import UserId
from contracts.objects.relationship import RelationshipType, Standing
from contracts.rpc.community import GetMutualGuilds
from user_service import store, views
from user_service.domain import names
from user_service.domain import relationships as rules
from user_service.domain.accounts import Account
from user_service.domain.relationships import (
    BLOCKED,
    FRIEND,
    INCOMING,
    Listed,
    Pair,
    Relationship,
)
from user_service.tools import UserUnit, UserUnits

PAGE = 1_000
"""Relationships with their faces that fit one reply of a call."""
WHOLE_LIST = sum(rules.MOST.values())
MUTUAL_FRIENDS_SHOWN = 100


async def named(unit: UserUnit, username: str, discriminator: str | None) -> UserId:
    """Whom a name means. There are no numbers behind names any more."""
    key = names.lookup_key(username)
    found = await store.accounts.by_username(unit, key) if key else None
    if found is None or discriminator not in (None, "", "0", "0000"):
        raise Conflict(ErrorCode.NO_SUCH_NAME)
    return found.id


async def is_welcome(units: UserUnits, actor: Identity, other_id: UserId) -> bool:
    """Whether the other one wishes to be asked by somebody like this."""
    async with units.reading(actor) as unit:
        sources = rules.sources_of(await store.settings.of(unit, other_id))
        if sources.everyone:
            return True
        if sources.mutual_friends and await store.relationships.mutual_friends(
            unit, actor.user_id, other_id, 1
        ):
            return True
    if not sources.mutual_guilds:
        return False
    question = GetMutualGuilds(user_id=actor.user_id, other_id=other_id)
    return bool((await units.tools.calls.ask(question)).guilds)


async def befriend(
    unit: UserUnit, other_id: UserId, *, is_welcome: bool
) -> RelationshipType | None:
    """Ask to be friends, or accept; what the other one was in one's list before."""
    me, other = await _hold(unit, other_id)
    if other.is_bot:
        raise Forbidden(ErrorCode.BOTS_HAVE_NO_FRIENDS)
    before = await store.relationships.pair(unit, me.id, other.id)
    after = rules.befriended(before)
    if after == before:
        return before.mine
    if before.mine is None and not is_welcome:
        raise Forbidden(ErrorCode.REQUESTS_DISABLED)
    await _make_room(unit, me, after.mine, own=True)
    await _make_room(unit, other, after.theirs, own=False)
    await _settle(unit, (me, other), before, after)
    return before.mine


async def block(unit: UserUnit, other_id: UserId) -> None:
    """Hear no more of somebody, who is told only that a friendship or request is over."""
    me, other = await _hold(unit, other_id)
    before = await store.relationships.pair(unit, me.id, other.id)
    if before.mine is not BLOCKED:
        await _make_room(unit, me, BLOCKED, own=True)
    await _settle(unit, (me, other), before, rules.blocked(before))


async def remove(unit: UserUnit, other_id: UserId) -> None:
    """Unfriend, refuse, cancel or unblock. Twice is as good as once."""
    me, other = await _hold(unit, other_id)
    before = await store.relationships.pair(unit, me.id, other.id)
    await _settle(unit, (me, other), before, rules.removed(before))


async def remove_requests(unit: UserUnit, kind: RelationshipType) -> None:
    """Refuse or cancel all requests. One's own account is held, which is in all these pairs."""
    me = await store.accounts.lock(unit, unit.actor.user_id)
    assert me is not None
    rows = await store.relationships.of_kind(unit, me.id, kind, rules.MOST[kind])
    if not rows:
        return
    await store.relationships.drop_many(unit, me.id, rules.others(rows))
    theirs = rules.COUNTERPARTS[kind]
    for row in rows:
        unit.emit(views.relationship_gone(me.id, row.other_id, kind))
        unit.emit(views.relationship_gone(row.other_id, me.id, theirs))


async def name(unit: UserUnit, other_id: UserId, nickname: str | None) -> None:
    """Call a friend something else; only oneself sees it."""
    me, other = await _hold(unit, other_id)
    row = await store.relationships.one(unit, me.id, other.id)
    if row is None or row.type is not FRIEND:
        raise NotFound(ErrorCode.UNKNOWN_USER)
    if row.nickname == nickname:
        return
    await store.relationships.name(unit, me.id, other.id, nickname)
    renamed = Relationship(row.user_id, row.other_id, row.type, row.since, nickname)
    unit.emit(views.relationship_changed(Listed(renamed, other)))


async def mine(unit: UserUnit) -> list[Listed]:
    """One's whole list; its length is bounded by what it may hold."""
    return await page(unit, unit.actor.user_id, after=UserId(0), limit=WHOLE_LIST)


async def page(unit: UserUnit, user_id: UserId, *, after: UserId, limit: int) -> list[Listed]:
    """A part of somebody's list."""
    rows = await store.relationships.page(unit, user_id, after=after, limit=limit)
    faces = await _faces(unit, rules.others(rows))
    return [Listed(row, faces[row.other_id]) for row in rows]


async def pages(unit: UserUnit, user_ids: Sequence[UserId]) -> dict[int, list[Listed]]:
    """The beginnings of several lists."""
    found = await store.relationships.pages(unit, user_ids, limit=PAGE)
    others = dict.fromkeys(other for rows in found.values() for other in rules.others(rows))
    faces = await _faces(unit, others)
    return {me: [Listed(row, faces[row.other_id]) for row in rows] for me, rows in found.items()}


async def friends(unit: UserUnit, user_ids: Sequence[UserId]) -> dict[int, list[UserId]]:
    """Whose presence these people may see, and who may see theirs."""
    return await store.relationships.friends(unit, user_ids, rules.MOST[FRIEND])


async def mutual_friends(unit: UserUnit, other_id: UserId) -> list[Account]:
    """Friends of both."""
    me = unit.actor.user_id
    ids = await store.relationships.mutual_friends(unit, me, other_id, MUTUAL_FRIENDS_SHOWN)
    faces = await _faces(unit, ids)
    return [faces[one] for one in ids]


async def standings(unit: UserUnit, user_id: UserId, other_ids: Sequence[UserId]) -> list[Standing]:
    """How somebody stands to each of the others."""
    found = await store.relationships.between(unit, user_id, other_ids)
    return [rules.standing(one, *found.get(one, (None, False))) for one in other_ids]


async def tell_friends(unit: UserUnit, account: Account) -> None:
    """Friends see the new face, wherever else they meet."""
    rows = await store.relationships.as_seen_by_friends(unit, account.id, rules.MOST[FRIEND])
    for row in rows:
        unit.emit(views.relationship_changed(Listed(row, account)))


async def forget(unit: UserUnit, account: Account) -> None:
    """Whose account is gone is nobody's friend; others' blocks stay with them."""
    rows = await store.relationships.page(unit, account.id, after=UserId(0), limit=WHOLE_LIST)
    await store.relationships.drop_many(unit, account.id, rules.others(rows))
    await store.relationships.forget(unit, account.id)
    for row in rows:
        if row.type is not BLOCKED:
            theirs = rules.COUNTERPARTS[row.type]
            unit.emit(views.relationship_gone(row.other_id, account.id, theirs))
        if row.type is FRIEND:
            unit.emit(FriendshipChanged(user_ids=(account.id, row.other_id), are_friends=False))


async def _hold(unit: UserUnit, other_id: UserId) -> tuple[Account, Account]:
    me = unit.actor.user_id
    if other_id == me:
        raise Conflict(ErrorCode.REQUEST_TO_SELF)
    held = await store.accounts.lock_those(unit, (me, other_id))
    other = held.get(other_id)
    if me not in held or other is None or other.is_deleted:
        raise NotFound(ErrorCode.UNKNOWN_USER)
    return held[me], other


async def _make_room(
    unit: UserUnit, account: Account, kind: RelationshipType | None, *, own: bool
) -> None:
    assert kind is not None
    count = await store.relationships.count(unit, account.id, kind)
    refusal = rules.refusal_of_one_more(kind, count, own=own)
    if refusal is not None:
        raise refusal


async def _settle(
    unit: UserUnit, people: tuple[Account, Account], before: Pair, after: Pair
) -> None:
    """Write what differs, and tell each side what differs for it."""
    me, other = people
    sides = ((me, other, before.mine, after.mine), (other, me, before.theirs, after.theirs))
    for owner, about, was, becomes in sides:
        if was is becomes:
            continue
        if becomes is None:
            assert was is not None
            await store.relationships.drop(unit, owner.id, about.id)
            unit.emit(views.relationship_gone(owner.id, about.id, was))
            continue
        row = Relationship(owner.id, about.id, becomes, unit.now)
        await store.relationships.put(unit, row)
        is_news = owner is other and becomes in (INCOMING, FRIEND)
        unit.emit(views.relationship_new(Listed(row, about), is_news=is_news))
    if FRIEND in (before.mine, after.mine) and before.mine is not after.mine:
        are_friends = after.mine is FRIEND
        unit.emit(FriendshipChanged(user_ids=(me.id, other.id), are_friends=are_friends))


async def _faces(unit: UserUnit, ids: Iterable[UserId]) -> dict[UserId, Account]:
    wanted = tuple(ids)
    found = await store.accounts.those(unit, wanted) if wanted else []
    return {account.id: account for account in found}
