"""Digests: for who wants them and is away for long, once, and ended by one click."""

from __future__ import annotations

from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest

from tests.fixtures.letters import Office, serving
from tests.service.notification_service.conftest import OpenHouse
from tests.service.notification_service.house import House, fresh, user

WISHES = "/users/@me/notification-settings"


def letters(folder: Path) -> list[EmailMessage]:
    """Everything that was posted."""
    read = (
        message_from_bytes(each.read_bytes(), policy=policy.default)
        for each in folder.glob("*.eml")
    )
    return [each for each in read if isinstance(each, EmailMessage)]


async def digests(house: House) -> None:
    """Let the clock strike."""
    await house.running.job("digests")


async def away(house: House, who: int) -> None:
    """They were seen last three days ago."""
    asked = "UPDATE people SET active = now() - interval '3 days' WHERE user_id = $1"
    await house.rows.execute(asked, who)


async def test_who_wants_one_and_is_away_gets_one_digest_and_ends_them_by_a_click(
    open_house: OpenHouse, tmp_path: Path
) -> None:
    async with open_house(mail_folder=str(tmp_path), digest_hours=48) as house:
        mina = house.person("민아", locale="ko", email="mina@example.org")
        other = house.person(email="other@example.org")
        client = house.running.as_(mina)
        assert (await client.get(WISHES)).json() == {"hide_content": False, "email_digest": False}
        assert (await client.patch(WISHES, json={"email_digest": True})).json()["email_digest"]
        await house.watched(mina)
        browser = await house.browser(other)
        guild = house.guild(name="책모임")
        for who in (mina, other):
            house.joins(guild, who)
        await house.hears_of(guild)
        channel, message = house.general(guild), 0
        for text in ("one", "two"):
            message = house.says(fresh(), channel, text, guild=guild, mentions=(user(mina),))
        await house.noted(mina, channel, message)
        await house.noted(other, channel, message)
        await digests(house)
        assert letters(tmp_path) == []

        for who in (mina, other):
            await away(house, who)
        await digests(house)
        await digests(house)
        (letter,) = letters(tmp_path)
        assert letter["To"] == "mina@example.org"
        assert letter["Subject"] == "읽지 않은 메시지 2개가 기다리고 있습니다"
        body = letter.get_body(("plain",))
        assert body is not None
        text = body.get_content()
        assert "#general · 책모임: 2" in text
        assert "one" not in text, "what was said stays in the house"
        assert letter["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        link = letter["List-Unsubscribe"].strip("<>")
        assert link.startswith("https://moim.example/api/v10/notifications/unsubscribe/")

        path = link.partition("/api/v10")[2]
        nobody = house.running.nobody
        assert "<form" in (await nobody.get(path)).text
        assert (await client.get(WISHES)).json()["email_digest"], "looking ends nothing"
        assert (await nobody.post(path[:-1] + "x")).status_code == 404
        assert (await nobody.post(path)).status_code == 200
        assert not (await client.get(WISHES)).json()["email_digest"]
        await house.rows.execute("UPDATE people SET digested = NULL")
        await digests(house)
        assert len(letters(tmp_path)) == 1
        assert browser.endpoint


@pytest.mark.parametrize("email", [None, "mina@example.org"])
async def test_nobody_is_written_to_who_has_read_everything_or_has_no_address(
    open_house: OpenHouse, tmp_path: Path, email: str | None
) -> None:
    async with open_house(mail_folder=str(tmp_path)) as house:
        mina, channel = house.person(email=email), fresh()
        await house.running.as_(mina).patch(WISHES, json={"email_digest": True})
        await house.watched(mina)
        message = house.says(fresh(), channel, "hello", to=(mina,))
        await house.noted(mina, channel, message)
        if email is not None:
            house.reads(mina, channel, message)
            await house.is_read(mina, channel, message)
        await away(house, mina)
        await digests(house)
        assert letters(tmp_path) == []


async def test_a_digest_waits_for_a_mail_server_and_says_how_to_end_it(
    open_house: OpenHouse,
) -> None:
    """A whole conversation: what can not be taken now is written again at the next turn."""
    office = Office("451 try later")
    async with (
        serving(office) as url,
        open_house(smtp_url=url, mail_from="Moim <moim@example.net>") as house,
    ):
        mina, channel = house.person("mina", email="mina@example.org"), fresh()
        await house.running.as_(mina).patch(WISHES, json={"email_digest": True})
        await house.watched(mina)
        message = house.says(fresh(), channel, "hello", to=(mina,))
        await house.noted(mina, channel, message)
        await away(house, mina)
        await digests(house)
        assert (office.refused, office.taken) == (1, [])
        await digests(house)
        await digests(house)
        (raw,) = office.taken
        letter = message_from_bytes(raw, policy=policy.default)
        assert (letter["From"], letter["To"]) == ("Moim <moim@example.net>", "mina@example.org")
        # RFC 8058: one click, by the mail program itself.
        assert letter["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        path = letter["List-Unsubscribe"].strip("<>").partition("/api/v10")[2]
        form = {"List-Unsubscribe": "One-Click"}
        assert (await house.running.nobody.post(path, data=form)).status_code == 200
        wishes = (await house.running.as_(mina).get(WISHES)).json()
        assert not wishes["email_digest"]
