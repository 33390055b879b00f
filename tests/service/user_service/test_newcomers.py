"""Houses that let in only whom they know."""

from __future__ import annotations

import asyncio

import pytest

from contracts.identity import Kind
from contracts.rpc.users import MakeRegistrationCode
from tests.service.user_service.house import PASSWORD, Open, refused, wrong
from user_service.settings import Settings

MINA = "mina@example.org"


class TestAHouseThatWantsVerifiedAddresses:
    async def test_lets_in_whoever_reads_theirs(self, open_house: Open) -> None:
        house = await open_house(require_verified_email=True)
        form = {"username": "mina", "password": PASSWORD}
        ask = house.running.nobody.post
        wrong(await ask("/auth/register", json=form), email="BASE_TYPE_REQUIRED")
        assert (await house.register("mina", email=MINA))["token"] is None
        refused(await house.login("mina"), 403, 40002)
        wrong(
            await house.login("mina", "wrong horse"),
            login="INVALID_LOGIN",
            password="INVALID_LOGIN",
        )
        assert (await ask("/auth/verify/resend", json={"login": "mina"})).status_code == 204
        *_, letter = await house.letters(MINA, 2)
        answer = (await ask("/auth/verify", json={"token": letter.token})).json()
        assert (await house.authenticate(answer["token"])).kind is Kind.USER
        assert (await house.login("mina")).status_code == 200

    def test_is_refused_where_no_letter_can_arrive(self) -> None:
        given = {"require_verified_email": True, "keyring": "", "database_url": "", "redis_url": ""}
        with pytest.raises(ValueError, match="nobody could be verified"):
            Settings.model_validate(given)


class TestAnInviteOnlyHouse:
    async def test_lets_in_as_many_as_a_code_says(self, open_house: Open) -> None:
        house = await open_house(invite_only=True)
        calls = await house.running.calls_from("gateway")
        code = (await calls.ask(MakeRegistrationCode(uses=3))).code

        def form(number: int, **more: str) -> dict[str, str]:
            return {"username": f"person{number}", "password": PASSWORD, **more}

        ask = house.running.nobody.post
        for more in ({}, {"registration_code": "x"}, {"registration_code": code[:-1] + "-"}):
            answer = await ask("/auth/register", json=form(0, **more))
            wrong(answer, registration_code="REGISTRATION_CODE_INVALID")
        taken = [form(n, registration_code=code) for n in range(12)]
        answers = await asyncio.gather(*(ask("/auth/register", json=one) for one in taken))
        assert sorted(answer.status_code for answer in answers) == [201] * 3 + [400] * 9
