"""Polls are answered and closed; quizzes are scored. How one is asked is in questions.py."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from chat_service import store
from chat_service.actions import announcing, changing, conversations, showing
from chat_service.actions.chat import Chat
from chat_service.actions.venues import Venue, enter, unattended
from chat_service.domain.polls import Ballot, Tally
from chat_service.people import gone
from chat_service.store.messages import Message
from chat_service.tools import Unit
from contracts import topics
from contracts.errors import DomainError, ErrorCode, Forbidden, NotFound
from contracts.events.poll import PollVoteAdd, PollVoteRemove
from contracts.identity import NOBODY, Identity
from contracts.ids import MessageId
from contracts.objects.poll import Score, ScoreBoard
from contracts.objects.user import User
from contracts.permissions import READING

RESULT = 46
_AT_ONCE = 100


async def vote(
    chat: Chat, actor: Identity, channel_id: int, message_id: int, answer_ids: Sequence[int]
) -> None:
    """Choose these answers and no others; none takes one's vote back."""
    venue = await enter(chat, actor, channel_id, needs=READING)
    venue.require_awake()
    await conversations.welcomed(chat, venue)
    async with chat.units.open(actor) as unit:
        message, ballot = await _held(unit, venue, message_id)
        if ballot.is_quiz and message.author_id == actor.user_id:
            raise Forbidden(ErrorCode.POLL_VOTING_BLOCKED)
        wanted = ballot.chosen(answer_ids, unit.now)
        before = await store.polls.chosen(unit, message, actor.user_id)
        await store.polls.remove(unit, message, actor.user_id, sorted(before - wanted))
        await store.polls.add(unit, message, actor.user_id, sorted(wanted - before))
        # What one answers in a quiz that runs is known to oneself alone, but on all one's devices.
        hearing = (topics.user(actor.user_id),) if ballot.is_secret else venue.heard_on
        changed = (sorted(before - wanted), sorted(wanted - before))
        _tell(unit, venue, message_id, *changed, to=hearing)


async def retract(chat: Chat, channel_id: int, message_id: int, user_id: int) -> None:
    """Take the votes back of somebody whose account is gone."""
    venue = await unattended(chat, channel_id, gone(user_id))
    async with chat.units.open(NOBODY) as unit:
        message = await store.writing.hold(unit, channel_id, message_id)
        if message is None:
            return
        before = sorted(await store.polls.chosen(unit, message, user_id))
        await store.polls.remove(unit, message, user_id, before)
        if venue is not None and not _ballot(message).is_secret:
            _tell(unit, venue, message_id, before, (), to=venue.heard_on)


async def voters(
    chat: Chat,
    actor: Identity,
    channel_id: int,
    message_id: int,
    answer_id: int,
    *,
    after: int,
    limit: int,
) -> list[User]:
    """Those who chose an answer, by id."""
    await enter(chat, actor, channel_id, needs=READING)
    message = await store.messages.one(chat.database.pool, channel_id, message_id)
    ballot = _ballot(message)
    assert message is not None
    if ballot.is_secret:
        raise Forbidden(ErrorCode.QUIZ_RUNNING)
    pool = chat.database.pool
    people = await store.polls.who(pool, message, answer_id, after=after, limit=limit)
    faces = await chat.people.faces(people)
    return [faces.get(one) or gone(one) for one in people]


async def expire(chat: Chat, actor: Identity, channel_id: int, message_id: int) -> bytes:
    """Close one's own poll before its time; the message as it is then."""
    venue = await enter(chat, actor, channel_id, needs=READING)
    message = await store.messages.one(chat.database.pool, channel_id, message_id)
    _ballot(message, otherwise=ErrorCode.POLL_NOT_ONE)
    assert message is not None
    if message.author_id != actor.user_id:
        raise Forbidden(ErrorCode.NOT_THE_AUTHOR)
    if not await _close(chat, actor, venue, message_id):
        raise DomainError(ErrorCode.POLL_EXPIRED)
    return await showing.one(chat, actor, channel_id, message_id)


async def close_due(chat: Chat) -> bool:
    """Close polls whose time is up; whether there may be more of them."""
    due = await store.polls.due(chat.database.pool, chat.clock.now(), _AT_ONCE)
    for channel_id, message_id in due:
        message = await store.messages.one(chat.database.pool, channel_id, message_id)
        if message is None:
            continue
        faces = await chat.people.faces([message.author_id])
        author = faces.get(message.author_id) or gone(message.author_id)
        venue = await unattended(chat, channel_id, author)
        if venue is not None:
            await _close(chat, NOBODY, venue, message_id)
    return len(due) == _AT_ONCE


async def scores(chat: Chat, actor: Identity, channel_id: int, limit: int) -> ScoreBoard:
    """Who has done best in the quizzes of a channel."""
    await enter(chat, actor, channel_id, needs=READING)
    quizzes, best = await store.polls.best(chat.database.pool, channel_id, limit)
    faces = await chat.people.faces([one.user_id for one in best])
    return ScoreBoard(
        quizzes=quizzes,
        scores=tuple(
            Score(
                rank=one.rank,
                user=faces.get(one.user_id) or gone(one.user_id),
                right=one.right,
                answered=one.answered,
            )
            for one in best
        ),
    )


async def _close(chat: Chat, actor: Identity, venue: Venue, message_id: int) -> bool:
    """Nobody votes any more, and everybody learns how it went. False if it was closed before."""
    async with chat.units.open(actor) as unit:
        message, ballot = await _held(unit, venue, message_id)
        if not await store.polls.end(unit, message):
            return False
        over = ballot.over()
        after = replace(message, extras={**(message.extras or {}), "poll": over.kept()})
        await store.writing.change(unit, after, extras=after.extras)
        if over.is_quiz:
            await store.polls.score(unit, after, over)
        # Nobody votes while the message is held, so this is how it went.
        look = await showing.look(chat, 0, [after])
        changing.tell_changed(unit, venue, after, look)
        await announcing.announce(
            unit,
            venue,
            RESULT,
            carries={
                "message_reference": _reference(venue, message_id),
                "embeds": [over.result(look.polls.get(message_id, Tally()))],
            },
        )
    return True


def _reference(venue: Venue, message_id: int) -> dict[str, str]:
    kept = {"channel_id": str(venue.channel_id), "message_id": str(message_id)}
    return kept if venue.guild_id is None else {**kept, "guild_id": str(venue.guild_id)}


def _tell(
    unit: Unit,
    venue: Venue,
    message_id: int,
    gone: Sequence[int],
    new: Sequence[int],
    *,
    to: Iterable[topics.Topic],
) -> None:
    for kind, answers in ((PollVoteRemove, gone), (PollVoteAdd, new)):
        for answer_id in answers:
            event = kind(
                channel_id=venue.channel_id,
                guild_id=venue.guild_id,
                message_id=MessageId(message_id),
                user_id=venue.user.id,
                answer_id=answer_id,
            )
            unit.emit(event, to=to)


def _ballot(message: Message | None, otherwise: ErrorCode = ErrorCode.UNKNOWN_MESSAGE) -> Ballot:
    if message is None:
        raise NotFound(ErrorCode.UNKNOWN_MESSAGE)
    kept = (message.extras or {}).get("poll")
    if kept is None:
        raise DomainError(otherwise)
    return Ballot.read(kept)


async def _held(unit: Unit, venue: Venue, message_id: int) -> tuple[Message, Ballot]:
    message = await store.writing.hold(unit, venue.channel_id, message_id)
    ballot = _ballot(message)
    assert message is not None
    return message, ballot
