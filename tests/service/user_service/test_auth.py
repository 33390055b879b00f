"""Registering, logging in and out; what the edge learns of a token."""

from __future__ import annotations

import asyncio
import unicodedata
from typing import Any
from unittest.mock import patch

import asyncpg
import pytest
from argon2 import PasswordHasher, extract_parameters

from contracts.errors import Invalid
from contracts.events.session import LoginEnded
from contracts.identity import Kind
from contracts.rpc.users import Authenticate, GetUsers
from tests.fixtures.services import running
from tests.service.user_service.house import PASSWORD, SEAL_KEY, House, refused, wrong
from user_service.app import build
from user_service.settings import Settings


class TestRegister:
    async def test_makes_an_account_that_is_logged_in(self, house: House) -> None:
        answer = await house.register("mina", email="Mina@Example.org", global_name="민아")
        found = await house.authenticate(answer["token"])
        assert (found.kind, str(found.user_id)) == (Kind.USER, answer["user_id"])
        me = (await (await house.as_token(answer["token"])).get("/users/@me")).json()
        assert me["username"] == "mina"
        assert me["global_name"] == "민아"
        assert me["email"] == "Mina@Example.org"

    async def test_can_give_no_standing_seeds_a1(self, house: House) -> None:
        """A1: nobody becomes an administrator by asking."""
        more = {"role": "ADMIN", "public_flags": 1, "flags": 1, "is_verified": True, "bot": True}
        client = await house.person("mina", email="mina@example.org", **more)
        me = (await client.patch("/users/@me", json={**more, "verified": True})).json()
        assert (me["flags"], me["public_flags"], me["verified"]) == (0, 0, False)
        assert "bot" not in me

    async def test_ignores_keys_it_does_not_know_and_nulls(self, house: House) -> None:
        more = {"email": None, "consent": True, "date_of_birth": "2000-01-01", "invite": None}
        assert await house.register("mina", fingerprint="x", **more)

    async def test_makes_a_username_from_the_shown_name(self, house: House) -> None:
        names = set()
        for _ in range(3):
            client = await house.person(None, global_name="김 민수")  # type: ignore[arg-type]
            names.add((await client.get("/users/@me")).json()["username"])
        assert len(names) == 3
        assert "김 민수" in names
        assert all(name.startswith("김 민수") for name in names)

    async def test_refuses_a_name_or_an_address_that_is_taken(self, house: House) -> None:
        await house.register("mina", email="mina@example.org")
        ask = house.running.nobody.post
        form = {"username": "ＭＩＮＡ", "password": PASSWORD}
        wrong(await ask("/auth/register", json=form), username="USERNAME_ALREADY_TAKEN")
        form = {"username": "other", "password": PASSWORD, "email": "MINA@example.org"}
        wrong(await ask("/auth/register", json=form), email="EMAIL_ALREADY_REGISTERED")
        assert await house.register("other", email="other@example.org")

    async def test_tells_everything_that_is_wrong(self, house: House) -> None:
        form = {"username": "m", "password": "short", "email": "nowhere", "global_name": "\u3164"}
        wrong(
            await house.running.nobody.post("/auth/register", json=form),
            username="BASE_TYPE_BAD_LENGTH",
            password="BASE_TYPE_BAD_LENGTH",
            email="EMAIL_TYPE_INVALID_EMAIL",
            global_name="NAME_INVALID_CHARACTERS",
        )

    async def test_gives_a_name_to_exactly_one_of_fifty_seeds_a20(self, house: House) -> None:
        """A20: a name means one account, whoever comes at the same time."""
        form = {"username": "wanted", "password": PASSWORD}
        ask = house.running.nobody.post

        async def insist() -> int:
            # In such a crowd the database may keep somebody waiting for too long.
            while (status := (await ask("/auth/register", json=form)).status_code) == 503:
                pass
            return status

        statuses = await asyncio.gather(*(insist() for _ in range(50)))
        assert sorted(statuses) == [201] + [400] * 49

    async def test_gives_an_address_to_exactly_one_of_fifty(self, house: House) -> None:
        def form(number: int) -> dict[str, str]:
            return {"username": f"user{number}", "password": PASSWORD, "email": "a@b.co"}

        ask = house.running.nobody.post
        answers = await asyncio.gather(*(ask("/auth/register", json=form(n)) for n in range(50)))
        assert sum(answer.status_code == 201 for answer in answers) == 1
        lost = next(n for n, answer in enumerate(answers) if answer.status_code != 201)
        assert await house.register(f"user{lost}"), "a refused form takes no name"


class TestLogin:
    async def test_takes_a_name_or_an_address(self, house: House) -> None:
        registered = await house.register("mina", email="mina@example.org")
        for login in ("mina", "ＭINA", "mina@example.org", " Mina@Example.org "):
            form = {"login": login, "password": PASSWORD, "undelete": False}
            response = await house.running.nobody.post("/auth/login", json=form)
            assert response.status_code == 200
            answer = response.json()
            assert answer["user_id"] == registered["user_id"]
            assert answer["token"] != registered["token"]
            assert answer["user_settings"] == {"locale": "en-US", "theme": "dark"}
            assert (await house.authenticate(answer["token"])).kind is Kind.USER
        assert (await house.authenticate(registered["token"])).kind is Kind.USER

    async def test_takes_a_password_typed_on_another_keyboard(self, house: House) -> None:
        await house.register("mina", password="비밀번호여덟글자")
        form = {"login": "mina", "password": unicodedata.normalize("NFD", "비밀번호여덟글자")}
        assert (await house.running.nobody.post("/auth/login", json=form)).status_code == 200

    async def test_answers_unknown_and_wrong_alike(self, house: House) -> None:
        client = await house.person("mina")
        application = (await client.post("/applications", json={"name": "ping"})).json()
        await client.post(f"/applications/{application['id']}/bot")
        bodies = []
        for login, password in (
            ("mina", "wrong horse"),
            ("nobody", PASSWORD),
            ("no@body.org", PASSWORD),
            ("@@", PASSWORD),
            ("ping", PASSWORD),
            ("", PASSWORD),
            ("x" * 10_000, PASSWORD),
            ("mina", "x" * 100_000),
            ("mina", ""),
        ):
            form = {"login": login, "password": password}
            response = await house.running.nobody.post("/auth/login", json=form)
            wrong(response, login="INVALID_LOGIN", password="INVALID_LOGIN")
            bodies.append(response.content)
        assert len(set(bodies)) == 1

    async def test_hashes_as_much_for_an_unknown_name_as_for_a_wrong_password(
        self, house: House
    ) -> None:
        """How long an answer takes tells nobody which names there are: hashing is what takes."""
        await house.register("mina")
        verify = PasswordHasher.verify
        with patch.object(PasswordHasher, "verify", autospec=True, side_effect=verify) as hashing:
            for name in ("mina", "nobody"):
                assert (await house.login(name, "wrong horse")).status_code == 400
        wrong, unknown = (asked.args[1] for asked in hashing.call_args_list)
        assert extract_parameters(wrong) == extract_parameters(unknown)


class TestLogout:
    async def test_ends_the_token_and_says_so_seeds_a19(self, house: House) -> None:
        """A19: a logout revokes; there is no second token that lives on."""
        first = await house.register("mina")
        form = {"login": "mina", "password": PASSWORD}
        second = (await house.running.nobody.post("/auth/login", json=form)).json()
        login_id = (await house.authenticate(first["token"])).login_id
        client = await house.as_token(first["token"])
        assert (await client.post("/auth/logout", json={"provider": None})).status_code == 204
        assert house.running.ears is not None
        (ended,) = await house.running.ears.hear(LoginEnded)
        assert (str(ended.user_id), ended.login_id) == (first["user_id"], login_id)
        assert (await house.authenticate(first["token"])).kind is Kind.NOBODY
        assert (await house.authenticate(second["token"])).kind is Kind.USER
        assert (await client.post("/auth/logout")).status_code == 204, "twice is as good as once"
        assert len(house.running.ears.heard(LoginEnded)) == 1

    async def test_cannot_end_a_session_of_another(self, house: House) -> None:
        mina = await house.register("mina")
        login_id = (await house.authenticate(mina["token"])).login_id
        stranger = await house.register("stranger")
        client = house.running.as_(int(stranger["user_id"]), session=login_id)
        assert (await client.post("/auth/logout")).status_code == 204
        assert (await house.authenticate(mina["token"])).kind is Kind.USER

    async def test_is_for_people(self, house: House) -> None:
        refused(await house.running.nobody.post("/auth/logout"), 401, 0)
        bot = house.running.as_(5, kind=Kind.BOT)
        refused(await bot.post("/auth/logout"), 403, 20001)


class TestSessions:
    async def test_lists_ones_own_living_sessions(self, house: House) -> None:
        await house.register("other")
        client = await house.person("mina")
        form = {"login": "mina", "password": PASSWORD}
        phone = {"user-agent": "Moim/1 CFNetwork/1498 Darwin/23"}
        logged_in = await house.running.nobody.post("/auth/login", json=form, headers=phone)
        sessions = (await client.get("/auth/sessions")).json()["user_sessions"]
        assert len(sessions) == 2
        newest = sessions[0]
        assert newest["client_info"] == {"os": "iOS", "platform": "Moim iOS", "location": None}
        assert len({session["id_hash"] for session in sessions}) == 2
        assert newest["approx_last_used_time"].endswith("+00:00")
        await (await house.as_token(logged_in.json()["token"])).post("/auth/logout")
        assert len((await client.get("/auth/sessions")).json()["user_sessions"]) == 1

    async def test_ends_those_of_ones_own_that_are_named(self, house: House) -> None:
        tokens = [(await house.register("mina"))["token"]]
        tokens += [(await house.login("mina")).json()["token"] for _ in range(3)]
        client = await house.as_token(tokens[0])
        shown = (await client.get("/auth/sessions")).json()["user_sessions"]
        stranger = await house.person("stranger")
        theirs = (await stranger.get("/auth/sessions")).json()["user_sessions"]
        named = [one["id_hash"] for one in (*shown[:2], *theirs)]
        form = {"session_id_hashes": [*named, "nonsense", ""]}
        assert (await client.post("/auth/sessions/logout", json=form)).status_code == 204
        kinds = [(await house.authenticate(token)).kind for token in tokens]
        assert kinds == [Kind.USER, Kind.USER, Kind.NOBODY, Kind.NOBODY]
        assert (await stranger.get("/auth/sessions")).json()["user_sessions"] == theirs
        assert house.running.ears is not None
        await house.running.ears.hear(LoginEnded, count=2)
        refused(await client.post("/auth/sessions/logout", json={}), 400, 50035)

    async def test_are_at_most_a_hundred_and_the_longest_unused_give_way(
        self, house: House
    ) -> None:
        first = (await house.register("mina"))["token"]
        found = await house.authenticate(first)
        await house.rows(
            "INSERT INTO logins SELECT id + n, user_id, n::text::bytea, kind, system, platform,"
            " created, last_used + n * interval '1 s', NULL FROM logins, generate_series(1, 99) n"
            " WHERE id = $1",
            found.login_id,
        )
        token = (await house.login("mina")).json()["token"]
        shown = (await (await house.as_token(token)).get("/auth/sessions")).json()["user_sessions"]
        assert len(shown) == 100
        assert (await house.authenticate(first)).kind is Kind.NOBODY


class TestAuthenticate:
    async def test_of_what_is_no_token_is_nobody(self, house: House) -> None:
        calls = await house.running.calls_from("gateway")
        for token in ("", "x", "Bot x.y.z", "MQ.AAAAAAAA." + "a" * 43, "\0", "민" * 999):
            assert (await calls.ask(Authenticate(token=token))).kind is Kind.NOBODY

    async def test_of_a_changed_token_is_nobody(self, house: House) -> None:
        token = (await house.register("mina"))["token"]
        calls = await house.running.calls_from("gateway")
        assert (await calls.ask(Authenticate(token=token))).kind is Kind.USER
        for place in (0, len(token) // 2, -1):
            sign = "A" if token[place] != "A" else "B"
            changed = token[:place] + sign + (token[place + 1 :] if place != -1 else "")
            assert (await calls.ask(Authenticate(token=changed))).kind is Kind.NOBODY


class TestLastUse:
    async def test_is_written_once_an_hour(self, house: House) -> None:
        token = (await house.register("mina"))["token"]
        login_id = (await house.authenticate(token)).login_id
        settings = house.running.service.settings
        assert isinstance(settings, Settings)
        database = await asyncpg.connect(settings.database_url.get_secret_value())
        seen = "SELECT last_used FROM logins WHERE id = $1"
        try:
            fresh = await database.fetchval(seen, login_id)
            await house.authenticate(token)
            assert await database.fetchval(seen, login_id) == fresh
            worn = "UPDATE logins SET last_used = last_used - interval '61 minutes'"
            await database.execute(worn)
            await house.authenticate(token)
            touched = await database.fetchval(seen, login_id)
            assert touched >= fresh
            await house.authenticate(token)
            assert await database.fetchval(seen, login_id) == touched
        finally:
            await database.close()


class TestOverload:
    async def test_puts_off_whom_it_cannot_serve_soon(self, postgres: str, redis: str) -> None:
        few = {"password_threads": 1, "password_queue": 1, "password_memory_kib": 8}
        stores = {"database_url": postgres, "redis_url": redis, "seal_keys": SEAL_KEY}
        async with running(Settings, build, **stores, **few) as service:
            forms = [{"username": f"user{n}", "password": PASSWORD} for n in range(20)]
            ask = service.nobody.post
            answers = await asyncio.gather(*(ask("/auth/register", json=form) for form in forms))
            assert {answer.status_code for answer in answers} == {201, 429}
            late = next(answer for answer in answers if answer.status_code == 429)
            assert late.json()["retry_after"] > 0
            assert int(late.headers["retry-after"]) > 0


FORMS: list[Any] = [
    None, [], "x", 1, {}, {"username": 1, "password": PASSWORD},
    {"username": "mina", "password": None},
    {"username": "a\0b", "password": PASSWORD}, {"username": "mina", "password": "12345678\0"},
    {"username": "mina", "password": PASSWORD, "email": "a\0@b.co"},
    {"username": "mina", "password": PASSWORD, "global_name": {"a": 1}},
    {"username": 10**400, "password": PASSWORD}, {"login": 1, "password": True},
    {"login": "a\0b", "password": PASSWORD},
]  # fmt: skip


BROKEN = (
    b"",
    b"{",
    b"\xff\xfe",
    b'{"password":1e999}',
    b"[" * 100_000,
    b'{"password":' + b"9" * 5_000 + b"}",
)
HALF = b'{"username":"mina","login":"mina","password":"12345678","%s":"12345678\\ud800"}'


class TestBadForms:
    async def test_are_refused_and_never_a_fault(self, house: House) -> None:
        for path in ("/auth/register", "/auth/login"):
            for form in FORMS:
                refused(await house.running.nobody.post(path, json=form), 400, 50035)

    async def test_of_broken_json_are_refused(self, house: House) -> None:
        kind = {"content-type": "application/json"}
        for path in ("/auth/register", "/auth/login"):
            for body in BROKEN:
                response = await house.running.nobody.post(path, content=body, headers=kind)
                assert response.status_code == 400, body[:20]
                assert set(response.json()) >= {"message", "code"}

    async def test_with_half_a_character_are_refused(self, house: House) -> None:
        kind = {"content-type": "application/json"}
        for path, fields in (
            ("/auth/register", (b"username", b"email", b"global_name", b"password")),
            ("/auth/login", (b"login", b"password")),
        ):
            for field in fields:
                response = await house.running.nobody.post(path, content=HALF % field, headers=kind)
                refused(response, 400, 50035)


async def test_refusals_of_calls_reach_the_asker(house: House) -> None:
    calls = await house.running.calls_from("gateway")
    with pytest.raises(Invalid):
        await calls.ask(GetUsers(user_ids=tuple(range(2_001))))
