"""Leases in Redis. One script per person and change decides atomically who holds what and who
announces it; several processes may work on the same person.

A person's hash (`topics.presence_key`) maps each session id to
{"i": instance, "x": expires, "a": changed, "l": leaving, "s": seat as text}, and holds beside them
`!v`: version, raised by every change; `!d`: the version that was announced; `!p`: what others were
told last; `!c`: who announces now and until when. Whoever gets the claim announces, and settles it
for the version it has seen: a change that came meanwhile is handed to the same claimant, so that
announcements of one person have one order.

Beside them: each gateway's sessions (a hash session id -> user id, which lapses by itself) and one
sorted set of people to look at again, by moment. An entry there is never later than needed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import count, islice
from typing import Any

import orjson
from redis.asyncio import Redis

from chassis.bus.commands import Script
from contracts import topics
from contracts.ids import UserId
from contracts.rpc.presence import Seat
from presence_service.domain import Lease, Visible

CHUNK = 256
"""People per pipeline."""
CLAIM_MS = 5_000
"""An announcement that takes longer is taken over."""
_HOLD_MS = 30_000
_KEEP_MS = 86_400_000
"""A forgotten hash lapses after this."""
_DUE_KEY = topics.PRESENCE_DUE_KEY


@dataclass(frozen=True, slots=True)
class Hold:
    """A session came, changed, or is still here."""

    instance: str
    seat: Seat
    until_ms: int
    is_renewal: bool = False
    """Only still here: does not take a session from another gateway that holds it."""


@dataclass(frozen=True, slots=True)
class Leave:
    """A session of this gateway went; it counts until its grace is over."""

    instance: str
    session_id: str
    until_ms: int


Change = Hold | Leave


@dataclass(frozen=True, slots=True)
class Claim:
    """The duty to announce how present a person is now."""

    user_id: UserId
    token: str
    version: int
    told: Visible
    """What others were told last."""
    leases: tuple[Lease, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a script answered for one person."""

    user_id: UserId
    due_ms: int
    """When to look again; 0 = never."""
    claim: Claim | None


class Leases:
    """Every Redis command of this service."""

    def __init__(self, redis: Redis, instance: str) -> None:
        self._redis = redis
        self._instance = instance
        self._tokens = count(1)
        self._apply = Script(redis, _APPLY)
        self._settle = Script(redis, _SETTLE)
        self._pick = Script(redis, _PICK)
        self._put_back = Script(redis, _PUT_BACK)

    async def apply(self, changes: Mapping[UserId, Sequence[Change]], now_ms: int) -> list[Outcome]:
        """Change leases, drop lapsed ones, and claim what is to be announced."""
        outcomes: list[Outcome] = []
        people = iter(changes.items())
        while chunk := list(islice(people, CHUNK)):
            outcomes += await self._apply_chunk(chunk, now_ms)
        return outcomes

    async def _apply_chunk(
        self, chunk: list[tuple[UserId, Sequence[Change]]], now_ms: int
    ) -> list[Outcome]:
        tokens = [f"{self._instance}:{next(self._tokens)}" for _ in chunk]
        async with self._redis.pipeline(transaction=False) as pipe:
            for token, (user_id, changes) in zip(tokens, chunk, strict=True):
                told = orjson.dumps([_told(change) for change in changes])
                key = topics.presence_key(user_id)
                await self._apply.queue(pipe, key, now_ms, token, CLAIM_MS, _KEEP_MS, told)
            # After the scripts: a sweep in between has then either seen the change or is told here.
            for user_id, changes in chunk:
                if changes:
                    due = min(_due(change, now_ms) for change in changes)
                    pipe.zadd(_DUE_KEY, {str(int(user_id)): due}, lt=True)
            answers = await pipe.execute()
        return [
            _outcome(user_id, token, answer)
            for token, (user_id, _), answer in zip(tokens, chunk, answers, strict=False)
        ]

    async def settle(self, told: Sequence[tuple[Claim, Visible]], now_ms: int) -> list[Claim]:
        """What these claims asked for was announced. Of whom something changed meanwhile."""
        async with self._redis.pipeline(transaction=False) as pipe:
            for claim, seen in told:
                key = topics.presence_key(claim.user_id)
                args = (claim.token, CLAIM_MS, claim.version, seen.text())
                await self._settle.queue(pipe, key, now_ms, *args)
            answers = await pipe.execute()
        outcomes = (
            _outcome(claim.user_id, claim.token, answer)
            for (claim, _), answer in zip(told, answers, strict=True)
        )
        return [each.claim for each in outcomes if each.claim is not None]

    async def pick_due(self, now_ms: int, limit: int) -> tuple[list[UserId], int]:
        """People to look at now, and the mark to put them back with. They are nobody else's for a
        while.
        """
        mark = now_ms + _HOLD_MS
        found = await self._pick(_DUE_KEY, now_ms, mark, limit)
        return [UserId(int(member)) for member in found], mark

    async def put_back(self, due: Mapping[UserId, int], mark: int) -> None:
        """When to look at them again (0 = never), unless somebody set an earlier moment since."""
        args = [str(int(part)) for pair in due.items() for part in pair]
        await self._put_back(_DUE_KEY, mark, *args)

    async def sessions_of(self, instance: str) -> dict[str, UserId]:
        """What is kept of a gateway, whoever heard it."""
        raw = await self._redis.hgetall(topics.presence_instance_key(instance))
        return {_text(name): UserId(int(user)) for name, user in raw.items()}

    async def list_sessions(
        self, instance: str, opened: Iterable[Seat], closed: Iterable[str], *, keep_s: float
    ) -> None:
        """Keep the list of a gateway's sessions; it lapses when it is not kept up."""
        key = topics.presence_instance_key(instance)
        async with self._redis.pipeline(transaction=False) as pipe:
            here: dict[Any, Any] = {seat.session_id: int(seat.user_id) for seat in opened}
            gone = list(closed)
            if here:
                pipe.hset(key, mapping=here)
            if gone:
                pipe.hdel(key, *gone)
            pipe.pexpire(key, int(keep_s * 1000))
            await pipe.execute()

    async def read(self, user_ids: Sequence[UserId]) -> dict[UserId, tuple[Lease, ...]]:
        """The leases of people, as they are kept."""
        found: dict[UserId, tuple[Lease, ...]] = {}
        people = iter(user_ids)
        while chunk := list(islice(people, CHUNK)):
            async with self._redis.pipeline(transaction=False) as pipe:
                for user_id in chunk:
                    pipe.hgetall(topics.presence_key(user_id))
                for user_id, raw in zip(chunk, await pipe.execute(), strict=True):
                    found[user_id] = tuple(
                        _lease(value) for name, value in raw.items() if name[:1] != b"!"
                    )
        return found


def _text(value: str | bytes) -> str:
    return value if isinstance(value, str) else value.decode()


def _told(change: Change) -> list[Any]:
    match change:
        case Hold():
            kind = "renew" if change.is_renewal else "hold"
            text = change.seat.encode().decode()
            return [kind, change.seat.session_id, change.instance, change.until_ms, text]
        case Leave():
            return ["leave", change.session_id, change.instance, change.until_ms]


def _due(change: Change, now_ms: int) -> int:
    if isinstance(change, Hold) and change.is_renewal:
        return change.until_ms
    return min(change.until_ms, now_ms + CLAIM_MS)


def _outcome(user_id: UserId, token: str, answer: list[Any]) -> Outcome:
    is_claimed, due_ms, version, told, *leases = answer
    if not is_claimed:
        return Outcome(user_id, due_ms, None)
    claim = Claim(user_id, token, version, Visible.parse(told.decode()), tuple(map(_lease, leases)))
    return Outcome(user_id, due_ms, claim)


def _lease(value: bytes) -> Lease:
    raw = orjson.loads(value)
    return Lease(
        seat=Seat.model_validate_json(raw["s"]),
        expires_ms=int(raw["x"]),
        changed_ms=int(raw["a"]),
        is_leaving=bool(raw.get("l")),
    )


_READ = """
local key, now, token, claim_ms = KEYS[1], tonumber(ARGV[1]), ARGV[2], tonumber(ARGV[3])
local held, meta = {}, {}
local raw = redis.call('HGETALL', key)
for i = 1, #raw, 2 do
  if string.sub(raw[i], 1, 1) == '!' then meta[raw[i]] = raw[i + 1]
  else held[raw[i]] = cjson.decode(raw[i + 1]) end
end
local function write(id, entry)
  held[id] = entry
  redis.call('HSET', key, id, cjson.encode(entry))
end
local function answer(is_claimed, version)
  local due, found = 0, {is_claimed, 0, version, meta['!p'] or ''}
  for _, entry in pairs(held) do
    if due == 0 or entry.x < due then due = entry.x end
    if is_claimed == 1 then found[#found + 1] = cjson.encode(entry) end
  end
  found[2] = due
  return found
end
"""

_APPLY = (
    _READ
    + """
local keep_ms, changed = tonumber(ARGV[4]), false
for _, change in ipairs(cjson.decode(ARGV[5])) do
  local kind, id, instance, expires = change[1], change[2], change[3], change[4]
  local old = held[id]
  local is_live = old and not old.l and old.x > now
  if kind == 'leave' then
    if is_live and old.i == instance then
      old.l, old.x = true, math.min(old.x, expires)
      write(id, old)
      changed = true
    end
  elseif kind == 'hold' or not is_live or old.i == instance then
    local is_same = is_live and old.s == change[5]
    local entry = {i = instance, x = expires, s = change[5], a = now}
    if is_same then entry.a = old.a else changed = true end
    write(id, entry)
  end
end
local last = 0
for id, entry in pairs(held) do
  if entry.x <= now then
    redis.call('HDEL', key, id)
    held[id] = nil
    changed = true
  elseif entry.x > last then last = entry.x end
end
local version = tonumber(meta['!v'] or '0')
if changed then version = redis.call('HINCRBY', key, '!v', 1) end
if last > 0 then redis.call('PEXPIRE', key, last - now + keep_ms) end
if version == tonumber(meta['!d'] or '0') then return answer(0, version) end
local until_ms = tonumber(string.match(meta['!c'] or '0 ', '^(%d+) '))
if until_ms > now and string.match(meta['!c'], ' (.*)$') ~= token then
  local found = answer(0, version)
  if found[2] == 0 or found[2] > until_ms then found[2] = until_ms end
  return found
end
redis.call('HSET', key, '!c', string.format('%.0f %s', now + claim_ms, token))
return answer(1, version)
"""
)

_SETTLE = (
    _READ
    + """
local seen, told = tonumber(ARGV[4]), ARGV[5]
local version = tonumber(meta['!v'] or '0')
if string.match(meta['!c'] or '', '^%d+ (.*)$') ~= token then return answer(0, version) end
meta['!p'] = told
if version ~= seen then
  redis.call('HSET', key, '!p', told, '!c', string.format('%.0f %s', now + claim_ms, token))
  return answer(1, version)
end
if told == '' and next(held) == nil then
  redis.call('DEL', key)
else
  redis.call('HSET', key, '!p', told, '!d', version)
  redis.call('HDEL', key, '!c')
end
return answer(0, version)
"""
)

_PICK = """
local found = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', ARGV[1], 'LIMIT', 0, ARGV[3])
for _, member in ipairs(found) do redis.call('ZADD', KEYS[1], ARGV[2], member) end
return found
"""

_PUT_BACK = """
for i = 2, #ARGV, 2 do
  local score = redis.call('ZSCORE', KEYS[1], ARGV[i])
  if score and tonumber(score) == tonumber(ARGV[1]) then
    if ARGV[i + 1] == '0' then redis.call('ZREM', KEYS[1], ARGV[i])
    else redis.call('ZADD', KEYS[1], ARGV[i + 1], ARGV[i]) end
  end
end
"""
