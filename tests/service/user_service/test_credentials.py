"""Addresses and passwords: verified, changed, lost and found again, by links in letters."""

from __future__ import annotations

import asyncio

from contracts.events.session import LoginEnded
from contracts.identity import Kind
from tests.fixtures.patience import until
from tests.service.user_service.house import FORGOT_S, PASSWORD, House, refused, wrong

MINA = "mina@example.org"
NEW = "another horse"


class TestVerifying:
    async def test_is_by_a_link_that_works_once(self, house: House) -> None:
        client = await house.person("mina", email=MINA)
        (letter,) = await house.letters(MINA)
        form = {"token": letter.token}
        ask = house.running.nobody.post
        answers = await asyncio.gather(*(ask("/auth/verify", json=form) for _ in range(20)))
        assert sorted(answer.status_code for answer in answers) == [200] + [400] * 19
        assert (await client.get("/users/@me")).json()["verified"] is True
        wrong(await ask("/auth/verify", json=form), token="TOKEN_INVALID")

    async def test_secrets_are_only_in_the_letter_seeds_a2(self, house: House) -> None:
        """A2: no answer tells the code, and a code is good for the address it was mailed to."""
        answer = await house.register("mina", email=MINA)
        client = await house.as_token(answer["token"])
        (letter,) = await house.letters(MINA)
        assert letter.token not in str(answer)
        kept = await house.rows("SELECT secret_hash::text FROM proofs")
        assert letter.token.encode().hex() not in str(kept)
        await until(lambda: house.rows("SELECT id FROM letters"), lambda rows: not rows)
        form = {"email": "typo@example.org", "password": PASSWORD}
        assert (await client.patch("/users/@me", json=form)).status_code == 200
        ask = await house.running.nobody.post("/auth/verify", json={"token": letter.token})
        wrong(ask, token="TOKEN_INVALID")
        assert (await client.get("/users/@me")).json()["verified"] is False

    async def test_touches_nothing_but_its_own_proof_seeds_a3(self, house: House) -> None:
        """A3: naming somebody's address, id or another kind of secret does nothing."""
        answer = await house.register("mina", email=MINA)
        await house.running.nobody.post("/auth/forgot", json={"login": MINA})
        verify, reset = await house.letters(MINA, 2)
        if "#token" in reset.text and "verify" in reset.text:
            verify, reset = reset, verify
        for token in (MINA, answer["user_id"], answer["token"], reset.token, "", "0-" + "A" * 32):
            response = await house.running.nobody.post("/auth/verify", json={"token": token})
            wrong(response, token="TOKEN_INVALID")
        assert (await house.authenticate(answer["token"])).kind is Kind.USER
        form = {"token": verify.token, "password": NEW}
        wrong(await house.running.nobody.post("/auth/reset", json=form), token="TOKEN_INVALID")
        form = {"token": reset.token, "password": NEW}
        assert (await house.running.nobody.post("/auth/reset", json=form)).status_code == 200

    async def test_can_be_asked_for_again_and_not_for_ever(self, house: House) -> None:
        client = await house.person("mina", email=MINA)
        await house.letters(MINA)
        codes = [(await client.post("/auth/verify/resend")).status_code for _ in range(6)]
        assert codes == [204] * 5 + [429]
        letters = await house.letters(MINA, 6)
        token = {"token": letters[-1].token}
        assert (await house.running.nobody.post("/auth/verify", json=token)).status_code == 200


class TestAnAddress:
    async def test_changes_when_the_new_one_is_read_and_the_old_one_knows(
        self, house: House
    ) -> None:
        client = await house.person("mina", email=MINA, locale="ko")
        (first,) = await house.letters(MINA)
        await house.running.nobody.post("/auth/verify", json={"token": first.token})
        form = {"email": "new@example.org"}
        wrong(await client.patch("/users/@me", json=form), password="PASSWORD_DOES_NOT_MATCH")
        form["password"] = PASSWORD
        assert (await client.patch("/users/@me", json=form)).json()["email"] == MINA
        notice = (await house.letters(MINA, 2))[1]
        assert notice.subject == "이메일 주소 변경 요청이 있습니다"
        assert "new@example.org" in notice.text
        (letter,) = await house.letters("new@example.org")
        verified = await house.running.nobody.post("/auth/verify", json={"token": letter.token})
        assert verified.json()["token"] is None
        me = (await client.get("/users/@me")).json()
        assert (me["email"], me["verified"]) == ("new@example.org", True)

    async def test_goes_to_whoever_reads_it_first(self, house: House) -> None:
        letters = []
        for name in ("mina", "jun"):
            client = await house.person(name, email=f"{name}@example.org")
            (letter,) = await house.letters(f"{name}@example.org")
            await house.running.nobody.post("/auth/verify", json={"token": letter.token})
            form = {"email": "wanted@example.org", "password": PASSWORD}
            assert (await client.patch("/users/@me", json=form)).status_code == 200
        letters = await house.letters("wanted@example.org", 2)
        ask = house.running.nobody.post
        forms = [{"token": letter.token} for letter in letters]
        answers = await asyncio.gather(*(ask("/auth/verify", json=form) for form in forms))
        assert sorted(answer.status_code for answer in answers) == [200, 400]


class TestAPassword:
    async def test_ends_every_other_session_when_it_changes(self, house: House) -> None:
        first = await house.register("mina", email=MINA)
        second = (await house.login("mina")).json()["token"]
        client = await house.as_token(first["token"])
        form = {"password": "wrong horse", "new_password": NEW}
        wrong(await client.patch("/users/@me", json=form), password="PASSWORD_DOES_NOT_MATCH")
        form = {"password": PASSWORD, "new_password": "short"}
        wrong(await client.patch("/users/@me", json=form), new_password="BASE_TYPE_BAD_LENGTH")
        assert (await house.authenticate(second)).kind is Kind.USER
        changed = await client.patch("/users/@me", json={"password": PASSWORD, "new_password": NEW})
        token = changed.json()["token"]
        kinds = [(await house.authenticate(one)).kind for one in (first["token"], second, token)]
        assert kinds == [Kind.NOBODY, Kind.NOBODY, Kind.USER]
        assert house.running.ears is not None
        await house.running.ears.hear(LoginEnded, count=2)
        assert (await house.login("mina")).status_code == 400
        assert (await house.login("mina", NEW)).status_code == 200

    async def test_takes_back_every_link_when_it_changes(self, house: House) -> None:
        """Whoever knew the old one may have asked for another address, and wait for the letter."""
        client = await house.person("mina", email=MINA)
        (letter,) = await house.letters(MINA)
        user_id = (await client.get("/users/@me")).json()["id"]
        await house.rows(
            "INSERT INTO letters VALUES (1, 'change', NULL, $1, 'thief@example.org', NULL, 0,"
            " now() + interval '1 h', now() + interval '1 d')",
            int(user_id),
        )
        form = {"password": PASSWORD, "new_password": NEW}
        assert (await client.patch("/users/@me", json=form)).status_code == 200
        assert not await house.rows("SELECT FROM letters WHERE kind = 'change'")
        form = {"token": letter.token}
        wrong(await house.running.nobody.post("/auth/verify", json=form), token="TOKEN_INVALID")

    async def test_opens_nothing_once_it_is_the_old_one(self, house: House) -> None:
        """Logins that were being checked while it changed do not outlive the change."""
        client = await house.person("mina")
        form = {"password": PASSWORD, "new_password": NEW}
        racing = [house.login("mina") for _ in range(8)]
        changed, *answers = await asyncio.gather(client.patch("/users/@me", json=form), *racing)
        tokens = [one.json()["token"] for one in answers if one.status_code == 200]
        kinds = [(await house.authenticate(token)).kind for token in tokens]
        assert set(kinds) <= {Kind.NOBODY}
        assert (await house.authenticate(changed.json()["token"])).kind is Kind.USER

    async def test_is_nothing_that_a_bot_has(self, house: House) -> None:
        bot = house.running.as_(5, kind=Kind.BOT)
        form = {"password": PASSWORD, "new_password": NEW, "email": MINA}
        refused(await bot.patch("/users/@me", json=form), 403, 20001)

    async def test_cannot_be_guessed_inside_a_stolen_session(self, house: House) -> None:
        client = await house.person("mina")
        form = {"password": "wrong horse", "new_password": NEW}
        answers = await asyncio.gather(*(client.patch("/users/@me", json=form) for _ in range(30)))
        assert sorted(answer.status_code for answer in answers) == [400] * 10 + [429] * 20
        assert (await house.login("mina")).status_code == 200


class TestForgetting:
    async def test_gives_nothing_away(self, house: House) -> None:
        await house.register("mina", email=MINA)
        await house.register("noaddress")
        answers = [
            await house.running.nobody.post("/auth/forgot", json={"login": login})
            for login in ("mina", MINA, "noaddress", "nobody", "no@body.org", "@@", "")
        ]
        assert {(answer.status_code, answer.content) for answer in answers} == {(204, b"")}
        # Whether a letter is written happens within the time that every answer takes.
        assert min(answer.elapsed.total_seconds() for answer in answers) >= FORGOT_S

    async def test_resets_once_and_ends_every_session(self, house: House) -> None:
        old = (await house.register("mina", email=MINA))["token"]
        for _ in range(2):
            await house.running.nobody.post("/auth/forgot", json={"login": "mina"})
        letters = [one for one in await house.letters(MINA, 3) if "/reset#" in one.text]
        form = {"token": letters[0].token, "password": "short"}
        ask = house.running.nobody.post
        wrong(await ask("/auth/reset", json=form), password="BASE_TYPE_BAD_LENGTH")
        form["password"] = NEW
        answers = await asyncio.gather(*(ask("/auth/reset", json=form) for _ in range(10)))
        assert sorted(answer.status_code for answer in answers) == [200] + [400] * 9
        token = next(one.json()["token"] for one in answers if one.status_code == 200)
        assert (await house.authenticate(token)).kind is Kind.USER
        assert (await house.authenticate(old)).kind is Kind.NOBODY
        form = {"token": letters[1].token, "password": PASSWORD}
        wrong(await ask("/auth/reset", json=form), token="TOKEN_INVALID")
        client = await house.as_token(token)
        assert (await client.get("/users/@me")).json()["verified"] is True

    async def test_expires(self, house: House) -> None:
        await house.register("mina", email=MINA)
        await house.running.nobody.post("/auth/forgot", json={"login": "mina"})
        letters = await house.letters(MINA, 2)
        await house.rows("UPDATE proofs SET expires = now() - interval '1 second'")
        for letter in letters:
            form = {"token": letter.token, "password": NEW}
            wrong(await house.running.nobody.post("/auth/reset", json=form), token="TOKEN_INVALID")

    async def test_floods_nobody(self, house: House) -> None:
        await house.register("mina", email=MINA)
        await house.letters(MINA)
        for _ in range(20):
            await house.running.nobody.post("/auth/forgot", json={"login": "mina"})
        await house.letters(MINA, 6)


class TestGuessing:
    async def test_is_slowed_down_where_it_happens_and_keeps_no_owner_out(
        self, house: House
    ) -> None:
        home = {"x-forwarded-for": "192.0.2.1"}
        away = {"x-forwarded-for": "198.51.100.7"}
        await house.register("mina")
        assert (await house.login("mina", **home)).status_code == 200
        guesses = await asyncio.gather(
            *(house.login("mina", f"wrong {n}", **away) for n in range(30))
        )
        assert sorted(one.status_code for one in guesses) == [400] * 10 + [429] * 20
        late = next(one for one in guesses if one.status_code == 429)
        assert late.json()["retry_after"] > 0
        assert (await house.login("mina", **away)).status_code == 429
        assert (await house.login("mina", **home)).status_code == 200

    async def test_is_counted_for_accounts_that_do_not_exist_as_well(self, house: House) -> None:
        away = {"x-forwarded-for": "198.51.100.7"}
        guesses = await asyncio.gather(*(house.login("nobody", **away) for _ in range(12)))
        assert sorted(one.status_code for one in guesses) == [400] * 10 + [429] * 2
