"""The servers below: what services may and may not do there, and servers that are given."""

from __future__ import annotations

import os
import stat
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import asyncpg
import pytest
import redis.asyncio

from stack.backing import Backing
from stack.trouble import Trouble
from tests.fixtures.homes import move
from tests.fixtures.postgres import Cluster


@pytest.fixture
async def another(cluster: Cluster) -> AsyncIterator[Callable[[str], str]]:
    """A database beside the house's own; how a service reaches it."""
    await cluster.backing.bootstrap("another")
    yield lambda service: cluster.backing.database_url(service, "another")
    await cluster.drop("another")


async def test_a_role_owns_its_schema_and_has_no_rights_elsewhere(
    another: Callable[[str], str],
) -> None:
    mine, other = [await asyncpg.connect(another(service)) for service in ("user", "chat")]
    await mine.execute("CREATE TABLE people (name citext)")
    await other.execute("CREATE TABLE note (text text)")
    places = "SELECT schemaname FROM pg_tables WHERE tablename IN ('people', 'note') ORDER BY 1"
    assert [row["schemaname"] for row in await mine.fetch(places)] == ["chat", "users"]
    for forbidden in (
        "CREATE TABLE public.x (a int)",
        "CREATE TABLE chat.x (a int)",
        "CREATE DATABASE x",
        "CREATE ROLE x",
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await mine.execute(forbidden)
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await other.fetch("SELECT * FROM users.people")
    await mine.close()
    await other.close()


async def test_text_of_every_alphabet_is_ordered_and_found(cluster: Cluster) -> None:
    connection = await asyncpg.connect(cluster.backing.database_url("chat"))
    assert await connection.fetchval("SELECT lower('ПРИВЕТ')") == "привет"
    assert await connection.fetchval("SELECT 'Été'::citext = 'éTÉ'")
    assert await connection.fetchval("SELECT cardinality(show_trgm('안녕하세요'))") > 1
    await connection.close()


async def test_nobody_comes_in_without_the_password(bare_home: Path, tmp_path: Path) -> None:
    async with Backing(move(bare_home, tmp_path), durable=False) as backing:
        wrong = backing.database_url("chat").replace("chat:", "chat:0")
        with pytest.raises(asyncpg.InvalidPasswordError):
            await asyncpg.connect(wrong)
        anonymous = redis.asyncio.from_url("redis://" + backing.redis_url.split("@")[1])
        with pytest.raises(redis.exceptions.AuthenticationError):
            await anonymous.ping()
        await anonymous.aclose()
        for name in ("secret", "valkey/valkey.conf"):
            assert stat.S_IMODE(os.stat(tmp_path / name).st_mode) == 0o600


async def test_given_servers_take_the_place_of_ours(bare_home: Path, tmp_path: Path) -> None:
    async with Backing(move(bare_home, tmp_path / "theirs"), durable=False) as theirs:
        await theirs.bootstrap()  # twice does no harm
        given = {"database_url": theirs.admin_url, "redis_url": theirs.redis_url}
        async with Backing(tmp_path / "ours", **given) as ours:
            assert ours.servers == []
            assert ours.redis_url == theirs.redis_url
            connection = await asyncpg.connect(ours.database_url("user"))
            assert await connection.fetchval("SELECT current_user") == "users"
            await connection.close()
        nowhere = given | {"redis_url": "redis://:secret@127.0.0.1:1/0"}
        with pytest.raises(Trouble, match=r"at 127\.0\.0\.1:1 does not answer"):
            await Backing(tmp_path / "lost", **nowhere).start()


async def test_a_given_server_that_cannot_be_reached_is_named(tmp_path: Path) -> None:
    url = "postgresql://postgres:secret@127.0.0.1:1/postgres"
    with pytest.raises(Trouble, match=r"PostgreSQL at 127\.0\.0\.1 cannot be reached") as caught:
        await Backing(tmp_path, database_url=url).start()
    assert "secret" not in str(caught.value)
