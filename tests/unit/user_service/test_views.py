"""What is shown of accounts, and above all what is not."""

from __future__ import annotations

from datetime import UTC, datetime

from contracts.identity import Kind
from contracts.ids import ApplicationId, UserId
from user_service import views
from user_service.domain import applications
from user_service.domain.accounts import Account, Credentials
from user_service.domain.clients import NO_CLIENT
from user_service.domain.logins import Login, NewToken
from user_service.views.applications import shown_application

MINA = Account(UserId(1), "mina", "민아", None, is_bot=False, email="mina@example.org")
PING = Account(UserId(7), "ping", None, None, is_bot=True)


def test_others_see_no_secret_and_no_false_bot() -> None:
    assert views.user(MINA).dump() == {
        "id": "1",
        "username": "mina",
        "discriminator": "0",
        "global_name": "민아",
        "avatar": None,
        "avatar_decoration_data": None,
        "primary_guild": None,
        "banner": None,
        "accent_color": None,
        "public_flags": 0,
        "flags": 0,
    }


def test_a_bot_is_said_to_be_one() -> None:
    assert views.user(PING).dump()["bot"] is True


def test_a_person_sees_their_address_and_whether_it_is_proven() -> None:
    shown = views.current_user(MINA).dump()
    assert (shown["email"], shown["verified"]) == ("mina@example.org", False)


def test_a_bot_has_nothing_to_prove() -> None:
    shown = views.current_user(PING).dump()
    assert (shown["email"], shown["verified"], shown["bot"]) == (None, True, True)


def test_an_update_is_what_the_person_sees() -> None:
    assert views.user_update(MINA).dump() == views.current_user(MINA).dump()


def test_an_application_shows_its_people() -> None:
    kept = applications.Application(
        ApplicationId(7), UserId(1), "ping", "says pong", "ab" * 32, applications.TURNED
    )
    shown = shown_application(applications.Owned(kept, MINA, PING)).dump()
    assert (shown["owner"]["id"], shown["bot"]["id"]) == ("1", "7")
    assert "email" not in shown["owner"]
    assert shown["flags_new"] == str(shown["flags"]) == str(1 << 13 | 1 << 15 | 1 << 19)
    assert "bot" not in shown_application(applications.Owned(kept, MINA, None)).dump()


def test_a_token_is_shown_where_it_was_asked_for() -> None:
    token = NewToken("a.b.c", UserId(1), 5)
    known = Credentials(UserId(1), "mina", None, False, "$argon2id$", "ko", "light")
    assert views.registered(UserId(1), token).dump() == {"token": "a.b.c", "user_id": "1"}
    assert views.registered(UserId(1), None).dump() == {"token": None, "user_id": "1"}
    assert views.token_only(token).dump() == {"token": "a.b.c"}
    settings = {"locale": "ko", "theme": "light"}
    assert views.logged_in(token, known).dump()["user_settings"] == settings
    assert "argon2id" not in views.logged_in(token, known).encode().decode()


def test_a_session_is_shown_without_its_token() -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    login = Login(5, UserId(1), Kind.USER, b"\x01" * 32, NO_CLIENT, now, now)
    (shown,) = views.sessions([login]).dump()["user_sessions"]
    assert set(shown) == {"id_hash", "approx_last_used_time", "client_info"}
    assert shown["approx_last_used_time"] == "2026-01-01T00:00:00.000000+00:00"
