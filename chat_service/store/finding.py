"""Searching: in which messages of a guild or conversation everything is found that was asked for.

What is rare comes from the inverted index, all of it; what is common is met soon enough by walking
from the newest on. Either way the work is bounded by what can be answered, not by what was ever
said.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from chat_service.domain.finding import Question

Key = tuple[int, int]
"""Channel and message."""

MOST = 10_000
"""So many are counted, and can be paged through."""
_RANKED = 1_000
"""Of so many, the newest, those that fit best come first."""

_PREPARE = r"""
WITH asked AS (
  SELECT t, length(t) = 1 AND t COLLATE "C" < U&'\1100' AS is_letter
  FROM unnest($2::text[]) AS raw(one), LATERAL (SELECT folded(one)) AS f(t) WHERE t <> ''
)
SELECT
  ARRAY(SELECT t FROM asked),
  ARRAY(SELECT CASE WHEN is_letter THEN '% ' ELSE '%' END
    || regexp_replace(t, '([\\%_])', '\\\1', 'g') || '%' FROM asked),
  ARRAY(SELECT DISTINCT g FROM asked,
    unnest(grams(CASE WHEN is_letter THEN ' ' ELSE '' END || t, $1, length(t) = 1)) AS g),
  ARRAY(SELECT hashtextextended(m, $1) FROM unnest($3::text[]) WITH ORDINALITY AS u(m, n)
    ORDER BY n)
"""
"""A lone letter is looked for where words begin with it."""
_PRIVATE_THREADS = """
SELECT t.id FROM threads t WHERE t.parent_id = ANY($1::bigint[]) AND t.type = 12 AND (
  t.parent_id = ANY($2::bigint[])
  OR EXISTS (SELECT 1 FROM thread_members m WHERE m.thread_id = t.id AND m.user_id = $3)
) ORDER BY t.id DESC LIMIT 1000
"""
_SELECTED = "SELECT f.channel_id, f.id FROM findable f WHERE @all"
_RANK = """
SELECT f.channel_id, f.id FROM unnest($1::bigint[], $2::bigint[]) AS k(channel_id, id)
JOIN findable f USING (channel_id, id)
ORDER BY ts_rank_cd(to_tsvector('simple', f.folded), websearch_to_tsquery('simple', $3), 1) DESC,
  f.id DESC
"""
BY_INDEX = {"enable_seqscan": "off", "enable_indexscan": "off"}
BY_AGE = {"enable_seqscan": "off", "enable_bitmapscan": "off", "enable_sort": "off"}
"""What is common is unknown to the planner, as every guild has words of its own; so the way is
said, and tried in this order.
"""
_ALONE = {"max_parallel_workers_per_gather": "0"}
_WAY = "SELECT set_config(n, v, true) FROM unnest($1::text[], $2::text[]) AS way(n, v)"


@dataclass(frozen=True, slots=True)
class Hits:
    """A page of what was found, and how many there are, up to a bound."""

    keys: list[Key]
    total: int


@dataclass(slots=True)
class Search:
    """A question as conditions on rows."""

    texts: list[str] = field(default_factory=list)
    conditions: list[str] = field(default_factory=list)
    given: list[Any] = field(default_factory=list)
    is_indexed: bool = False
    """Whether the inverted index knows something of it."""

    def require(self, condition: str, value: Any) -> None:
        """One more; `?` stands for the value."""
        self.given.append(value)
        self.conditions.append(condition.replace("?", f"${len(self.given)}"))

    def hits(self) -> str:
        """Any of the rows, one more than are counted."""
        # Where the inverted index leads to the rows, age is no way to them.
        age = "(0 + f." if self.is_indexed else "(f."
        return f"{self._selected(age)} LIMIT {MOST + 1}"

    def walk(self, *, is_rising: bool, limit: int) -> str:
        """The first of the rows by age."""
        order = "" if is_rising else " DESC"
        return f"{self._selected('(f.')} ORDER BY f.id{order} LIMIT {limit}"

    def _selected(self, age: str) -> str:
        conditions = " AND ".join(self.conditions)
        for name in ("scope_id", "id"):
            conditions = conditions.replace(f"@{name}", f"{age}{name})")
        return _SELECTED.replace("@all", conditions)


async def find(pool: Any, scope_id: int, places: Sequence[int], question: Question) -> Hits:
    """The page that is asked for, of what lies in these places."""
    async with pool.acquire(timeout=2) as connection:
        search = await prepared(connection, scope_id, places, question)
        if question.texts and not search.texts:
            return Hits([], 0)  # only signs that nobody sees
        way = BY_INDEX if search.is_indexed else BY_AGE
        found = await _fetch(connection, search.hits(), search.given, way=way)
        end = question.offset + question.limit
        is_rising = question.is_rising and not question.by_rank
        if len(found) > MOST:
            most = max(end, _RANKED) if question.by_rank else end
            walk = search.walk(is_rising=is_rising, limit=most)
            keys = await _fetch(connection, walk, search.given, way=BY_AGE)
        else:
            keys = sorted(found, key=lambda key: key[1], reverse=not is_rising)
        if question.by_rank and search.texts:
            keys = await _ranked(connection, keys, search.texts, is_rising=question.is_rising)
    return Hits(keys[question.offset : end], min(len(found), MOST))


async def private_threads(
    pool: Any, user_id: int, channel_ids: Sequence[int], governed: Sequence[int]
) -> list[int]:
    """Those in these channels that somebody is in, or governs; the youngest, if they are many."""
    rows = await pool.fetch(_PRIVATE_THREADS, list(channel_ids), list(governed), user_id)
    return [row[0] for row in rows]


async def prepared(
    connection: Any, scope_id: int, places: Sequence[int], question: Question
) -> Search:
    """The question in the index's own words."""
    flat = [mark for group in (*question.marks, question.without) for mark in group]
    row = await connection.fetchrow(_PREPARE, scope_id, list(question.texts), flat)
    texts, patterns, grams, marks = row
    hashed = dict(zip(flat, marks, strict=True))
    search = Search(texts)
    if grams:
        search.require("f.grams @> ?::int[]", grams)
    if patterns:
        search.require("' ' || f.folded LIKE ALL(?::text[])", patterns)
    for group in question.marks:
        search.require("f.marks && ?::bigint[]", [hashed[mark] for mark in group])
    if question.without:
        without = [hashed[mark] for mark in question.without]
        search.require("NOT f.marks && ?::bigint[]", without)
    search.is_indexed = bool(grams or question.marks)
    search.require("f.place_id = ANY(?::bigint[])", list(places))
    search.require("@scope_id = ?", scope_id)
    search.require("@id > ?", question.above)
    search.require("@id < ?", question.below)
    return search


async def _fetch(
    connection: Any, statement: str, given: Sequence[Any], *, way: Mapping[str, str]
) -> list[Key]:
    chosen = {**way, **_ALONE}
    async with connection.transaction(readonly=True):
        await connection.execute(_WAY, list(chosen), list(chosen.values()))
        return [tuple(row) for row in await connection.fetch(statement, *given)]


async def _ranked(
    connection: Any, keys: list[Key], texts: Sequence[str], *, is_rising: bool
) -> list[Key]:
    best, rest = keys[:_RANKED], keys[_RANKED:]
    channels, ids = [key[0] for key in best], [key[1] for key in best]
    rows = await connection.fetch(_RANK, channels, ids, " or ".join(texts))
    ranked = [*(tuple(row) for row in rows), *rest]
    return ranked[::-1] if is_rising else ranked
