"""People by the thousand, in a second: copies of the one who founded the community, written as rows
where registering and joining would have put them. For benches only, before anybody looks: nothing
is announced.
"""

from __future__ import annotations

import time
from base64 import urlsafe_b64decode
from secrets import token_bytes

import asyncpg

from contracts.ids import UserId
from stack.backing import Backing
from user_service.domain import tokens

_COPIED = """
INSERT INTO {table} SELECT (jsonb_populate_record(one, other.told)).*
FROM {table} one, unnest($2::jsonb[]) AS other (told) WHERE one.{key} = $1
"""
_USERS = """
SELECT array_agg(jsonb_build_object('id', id, 'username', 'copy' || n, 'username_key', 'copy' || n))
FROM unnest($1::bigint[]) WITH ORDINALITY AS made (id, n)
"""
_CREDENTIALS = """
SELECT array_agg(jsonb_build_object('user_id', id, 'email', null, 'email_key', null))
FROM unnest($1::bigint[]) AS id
"""
_LOGINS = """
SELECT array_agg(jsonb_build_object('id', id, 'user_id', id, 'token_hash', hash))
FROM unnest($1::bigint[], $2::bytea[]) AS made (id, hash)
"""
_PEOPLE = """
SELECT array_agg(jsonb_build_object('user_id', id, 'username', 'copy' || n,
  'username_key', 'copy' || n))
FROM unnest($1::bigint[]) WITH ORDINALITY AS made (id, n)
"""
_MEMBERS = "SELECT array_agg(jsonb_build_object('user_id', id)) FROM unnest($1::bigint[]) AS id"


async def copies(backing: Backing, founder: str, count: int) -> list[str]:
    """The tokens of so many people like this one, who are where this one is."""
    one = int(urlsafe_b64decode(founder.partition(".")[0] + "=="))
    ids = [UserId(one + 1 + number) for number in range(count)]
    now_ms = int(time.time() * 1000)
    made = [tokens.build(user_id, now_ms, token_bytes) for user_id in ids]
    rows = await asyncpg.connect(backing.database_url("user"))
    await _copy(rows, "users", "id", one, _USERS, ids)
    await _copy(rows, "credentials", "user_id", one, _CREDENTIALS, ids)
    await _copy(rows, "logins", "user_id", one, _LOGINS, ids, list(map(tokens.fingerprint, made)))
    await rows.close()
    rows = await asyncpg.connect(backing.database_url("community"))
    await _copy(rows, "people", "user_id", one, _PEOPLE, ids)
    await _copy(rows, "members", "user_id", one, _MEMBERS, ids)
    await rows.close()
    return made


async def _copy(
    rows: asyncpg.Connection[asyncpg.Record],
    table: str,
    key: str,
    one: int,
    told: str,
    *given: object,
) -> None:
    found = await rows.fetchval(told, *given)
    await rows.execute(_COPIED.format(table=table, key=key), one, found)
    await rows.execute(f"ANALYZE {table}")
