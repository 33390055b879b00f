"""The servers below: what services may and may not do there, and servers that are given."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import asyncpg
import pytest
import redis.asyncio

from stack.backing import Backing
from stack.trouble import Trouble


async def test_a_role_owns_its_schema_and_has_no_rights_elsewhere(tmp_path: Path) -> None:
    async with Backing(tmp_path, durable=False) as backing:
        mine = await asyncpg.connect(backing.database_url("user"))
        await mine.execute("CREATE TABLE people (name citext)")
        assert await mine.fetchval(
            "SELECT schemaname FROM pg_tables WHERE tablename = 'people'"
        ) == ("users")
        for forbidden in (
            "CREATE TABLE public.x (a int)",
            "CREATE TABLE chat.x (a int)",
            "CREATE DATABASE x",
            "CREATE ROLE x",
        ):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await mine.execute(forbidden)
        other = await asyncpg.connect(backing.database_url("chat"))
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await other.fetch("SELECT * FROM users.people")
        await mine.close()
        await other.close()


async def test_text_of_every_alphabet_is_ordered_and_found(tmp_path: Path) -> None:
    async with Backing(tmp_path, durable=False) as backing:
        connection = await asyncpg.connect(backing.database_url("chat"))
        assert await connection.fetchval("SELECT lower('ПРИВЕТ')") == "привет"
        assert await connection.fetchval("SELECT 'Été'::citext = 'éTÉ'")
        assert await connection.fetchval("SELECT cardinality(show_trgm('안녕하세요'))") > 1
        await connection.close()


async def test_nobody_comes_in_without_the_password(tmp_path: Path) -> None:
    async with Backing(tmp_path, durable=False) as backing:
        wrong = backing.database_url("chat").replace("chat:", "chat:0")
        with pytest.raises(asyncpg.InvalidPasswordError):
            await asyncpg.connect(wrong)
        anonymous = redis.asyncio.from_url("redis://" + backing.redis_url.split("@")[1])
        with pytest.raises(redis.exceptions.AuthenticationError):
            await anonymous.ping()
        await anonymous.aclose()
        for name in ("secret", "valkey/valkey.conf"):
            assert stat.S_IMODE(os.stat(tmp_path / name).st_mode) == 0o600


async def test_another_database_can_be_made_for_a_test(tmp_path: Path) -> None:
    async with Backing(tmp_path, durable=False) as backing:
        await backing.bootstrap("worker_1")
        connection = await asyncpg.connect(backing.database_url("chat", "worker_1"))
        await connection.execute("CREATE TABLE note (text text)")
        await connection.close()


async def test_given_servers_take_the_place_of_ours(tmp_path: Path) -> None:
    async with Backing(tmp_path / "theirs", durable=False) as theirs:
        await theirs.bootstrap()  # twice does no harm
        given = {"database_url": theirs.admin_url, "redis_url": theirs.redis_url}
        async with Backing(tmp_path / "ours", **given) as ours:
            assert ours.servers == []
            assert ours.redis_url == theirs.redis_url
            connection = await asyncpg.connect(ours.database_url("user"))
            assert await connection.fetchval("SELECT current_user") == "users"
            await connection.close()


async def test_given_servers_that_do_not_answer_are_named(tmp_path: Path) -> None:
    url = "postgresql://postgres:secret@127.0.0.1:1/postgres"
    with pytest.raises(Trouble, match=r"PostgreSQL at 127\.0\.0\.1 cannot be reached") as caught:
        await Backing(tmp_path, database_url=url).start()
    assert "secret" not in str(caught.value)
    backing = Backing(tmp_path, redis_url="redis://:secret@127.0.0.1:1/0", durable=False)
    with pytest.raises(Trouble, match=r"at 127\.0\.0\.1:1 does not answer"):
        await backing.start()
