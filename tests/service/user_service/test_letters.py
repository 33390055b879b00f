"""Letters leave by SMTP, in the reader's language, once, whenever the server takes them."""

from __future__ import annotations

from tests.fixtures.letters import Office, serving
from tests.fixtures.patience import until
from tests.service.user_service.house import House, Open, read_letter

MINA = "mina@example.org"
POSTPONED = "SELECT count(*) = 1 FROM letters WHERE due < now() + interval '100 s' AND tries = 1"
"""Sooner than the two minutes for which a letter is held while it is being sent."""


async def until_true(house: House, statement: str) -> None:
    await until(lambda: house.rows(statement), lambda rows: rows[0][0])


async def test_wait_for_a_server_that_refuses_for_now_and_are_dropped_by_a_final_no(
    open_house: Open,
) -> None:
    office = Office("451 try later", "554 never")
    async with serving(office) as url:
        house = await open_house(smtp_url=url, mail_from="Moim <moim@example.net>")
        await house.register("mina", email=MINA, locale="ko-KR")
        await office.hears()
        await until_true(house, POSTPONED)
        await house.rows("UPDATE letters SET due = now()")
        await office.hears()
        await until_true(house, "SELECT count(*) = 0 FROM letters")
        assert (office.refused, office.taken) == (2, [])
        await house.running.nobody.post("/auth/verify/resend", json={"login": "mina"})
        await office.hears()
        await until_true(house, "SELECT count(*) = 0 FROM letters")
        (raw,) = office.taken
        letter = read_letter(raw)
        assert (letter.to, letter.subject) == (MINA, "이메일 주소를 확인해 주세요")
        assert b"Auto-Submitted: auto-generated" in raw
        assert letter.token in letter.html
        form = {"token": letter.token}
        answer = await house.running.nobody.post("/auth/verify", json=form)
        assert answer.status_code == 200


async def test_survive_a_server_that_is_away_and_are_worth_nothing_after_a_day(
    open_house: Open,
) -> None:
    house = await open_house(smtp_url="smtp://127.0.0.1:9")
    await house.register("mina", email=MINA)
    await until_true(house, POSTPONED)
    await house.rows("UPDATE letters SET due = now(), expires = now()")
    await until_true(house, "SELECT count(*) = 0 FROM letters")


async def test_tell_no_password_to_a_server_without_tls(open_house: Open) -> None:
    office = Office()
    async with serving(office) as url:
        house = await open_house(smtp_url=url.replace("//", "//mina:secret@"))
        await house.register("mina", email=MINA)
        await until_true(house, POSTPONED)
    assert office.taken == []
