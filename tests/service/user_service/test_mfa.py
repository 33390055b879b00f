"""The second factor: codes by the clock, backup codes, tickets."""

from __future__ import annotations

import asyncio
import secrets
from base64 import b32encode
from typing import Any

import httpx

from contracts import topics
from contracts.events.user import UserUpdate
from contracts.identity import Kind
from tests.service.user_service.house import PASSWORD, House, refused, wrong
from user_service.domain import totp
from user_service.domain.seals import Seals

KEY = b"twenty bytes of luck"
SECRET = b32encode(KEY).decode()


def code(house: House, steps: int = 0) -> str:
    """What an authenticator shows, now or some steps away."""
    now = house.running.service.clock.now_ms() // 1000
    return totp.code_at(KEY, now // 30 + steps)


async def protect(house: House, client: httpx.AsyncClient) -> dict[str, Any]:
    """Turn the second factor on, by the current code: `code(house, 1)` is the next one that works,
    even if half a minute ends in between.
    """
    form = {"password": PASSWORD, "secret": SECRET, "code": code(house)}
    answer = await client.post("/users/@me/mfa/totp/enable", json=form)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def second(house: House, ticket: str, typed: str, way: str = "totp") -> httpx.Response:
    form = {"ticket": ticket, "code": typed, "login_instance_id": None}
    return await house.running.nobody.post(f"/auth/mfa/{way}", json=form)


async def test_a_code_is_asked_for_and_works_once(house: House) -> None:
    old = await house.register("mina")
    client = await house.as_token(old["token"])
    assert house.running.ears is not None
    await house.running.ears.to(topics.user(int(old["user_id"])))
    for form, status, number in (
        ({"password": PASSWORD, "secret": "x", "code": "000000"}, 400, 60005),
        ({"password": PASSWORD, "secret": SECRET, "code": code(house, 9)}, 400, 60008),
        ({"password": "wrong horse", "secret": SECRET, "code": code(house)}, 400, 50035),
    ):
        answer = await client.post("/users/@me/mfa/totp/enable", json=form)
        refused(answer, status, number)
    protected = await protect(house, client)
    assert (await house.authenticate(old["token"])).kind is Kind.NOBODY
    assert (await house.authenticate(protected["token"])).has_second_factor
    (told,) = await house.running.ears.hear(UserUpdate)
    assert told.mfa_enabled is True
    client = await house.as_token(protected["token"])
    form = {"password": PASSWORD, "secret": SECRET, "code": code(house)}
    refused(await client.post("/users/@me/mfa/totp/enable", json=form), 400, 60001)

    first = (await house.login("mina")).json()
    assert (first["mfa"], first["totp"], "token" in first) == (True, True, False)
    other = (await house.login("mina")).json()
    refused(await second(house, first["ticket"], code(house, -1)), 400, 60008)
    fresh = code(house, 1)
    answers = await asyncio.gather(
        *(second(house, one["ticket"], fresh) for one in (first, other, first))
    )
    assert sorted(answer.status_code for answer in answers) == [200, 400, 400]
    token = next(answer.json()["token"] for answer in answers if answer.status_code == 200)
    assert (await house.authenticate(token)).kind is Kind.USER


async def test_backup_codes_work_once_and_are_made_anew(house: House) -> None:
    protected = await protect(house, await house.person("mina"))
    codes = [one["code"] for one in protected["backup_codes"]]
    assert len(set(codes)) == 10
    ticket = (await house.login("mina")).json()["ticket"]
    entered = await second(house, ticket, codes[0].upper(), "backup")
    assert entered.status_code == 200
    refused(await second(house, ticket, codes[1]), 400, 60006)
    ticket = (await house.login("mina")).json()["ticket"]
    refused(await second(house, ticket, codes[0]), 400, 60008)
    client = await house.as_token(entered.json()["token"])
    path = "/users/@me/mfa/codes-verification"
    form = {"password": PASSWORD, "code": codes[1], "regenerate": False}
    wrong(await client.post(path, json=form), regenerate="BACKUP_CODES_HASHED")
    fresh = (await client.post(path, json={**form, "regenerate": True})).json()["backup_codes"]
    refused(await second(house, ticket, codes[2]), 400, 60008)
    assert (await second(house, ticket, fresh[0]["code"])).status_code == 200


async def test_its_secret_lies_sealed_and_an_old_one_is_sealed_at_its_next_use(
    house: House,
) -> None:
    protected = await protect(house, await house.person("mina"))
    kept = "SELECT totp_secret FROM credentials"
    (row,) = await house.rows(kept)
    assert KEY not in row["totp_secret"]
    lay = "UPDATE credentials SET totp_secret = $1, totp_step = 0"
    await house.rows(lay, KEY)
    ticket = (await house.login("mina")).json()["ticket"]
    assert (await second(house, ticket, code(house, 1))).status_code == 200
    (row,) = await house.rows(kept)
    assert KEY not in row["totp_secret"]
    await house.rows(lay, Seals((bytes(32),), secrets.token_bytes).seal(KEY, 0))
    ticket = (await house.login("mina")).json()["ticket"]
    refused(await second(house, ticket, code(house, 1)), 400, 60008)
    spare = protected["backup_codes"][0]["code"]
    assert (await second(house, ticket, spare, "backup")).status_code == 200


async def test_a_ticket_is_good_for_five_tries(house: House) -> None:
    await protect(house, await house.person("mina"))
    ticket = (await house.login("mina")).json()["ticket"]
    tries = await asyncio.gather(*(second(house, ticket, "000000") for _ in range(8)))
    assert sorted(one.json()["code"] for one in tries) == [60006] * 3 + [60008] * 5
    refused(await second(house, ticket, code(house)), 400, 60006)
    refused(await second(house, "0-" + "A" * 32, code(house)), 400, 60006)


async def test_a_lost_password_does_not_open_a_protected_account(house: House) -> None:
    await protect(house, await house.person("mina", email="mina@example.org"))
    await house.running.nobody.post("/auth/forgot", json={"login": "mina"})
    letters = await house.letters("mina@example.org", 2)
    letter = next(one for one in letters if "/reset#" in one.text)
    form = {"token": letter.token, "password": "another horse"}
    answer = (await house.running.nobody.post("/auth/reset", json=form)).json()
    assert "token" not in answer
    assert (await second(house, answer["ticket"], code(house, 1))).status_code == 200


async def test_it_is_turned_off_by_its_owner(house: House) -> None:
    client = await house.as_token((await protect(house, await house.person("mina")))["token"])
    path = "/users/@me/mfa/totp/disable"
    refused(await client.post(path, json={"password": PASSWORD, "code": "000000"}), 400, 60008)
    refused(await client.post("/users/@me/delete", json={"password": PASSWORD}), 400, 60008)
    answer = await client.post(path, json={"password": PASSWORD, "code": code(house, 1)})
    client = await house.as_token(answer.json()["token"])
    assert (await client.get("/users/@me")).json()["mfa_enabled"] is False
    refused(await client.post(path, json={"password": PASSWORD, "code": ""}), 400, 60002)
    assert (await house.login("mina")).json()["token"]
