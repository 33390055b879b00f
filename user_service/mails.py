"""The words of letters, in Korean and English, as plain text and simple HTML. Pure: secrets and
links are passed in, sending is the post's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape

from chassis.post import Mail
from user_service.domain.letters import Kind

PATHS = {Kind.VERIFY: "verify", Kind.CHANGE: "verify", Kind.RESET: "reset"}
"""Pages of the house that take a secret. It stands behind a #, where no server's log sees it."""


@dataclass(frozen=True, slots=True)
class Words:
    """One letter in one language. `{name}` and `{address}` are filled in."""

    subject: str
    body: str
    button: str = ""


_ENGLISH: Mapping[Kind, Words] = {
    Kind.VERIFY: Words(
        "Confirm your e-mail address",
        "Somebody registered with Moim and gave this address. If it was you, confirm it within"
        " 24 hours.\n\nIf it was not you, do nothing: the address stays unconfirmed.",
        "Confirm the address",
    ),
    Kind.CHANGE: Words(
        "Confirm your new e-mail address",
        "The account {name} wants to use this address. If it is yours, confirm it within 2 hours."
        "\n\nIf it is not, do nothing: nothing will change.",
        "Confirm the new address",
    ),
    Kind.CHANGING: Words(
        "Your e-mail address is about to change",
        "Somebody who knows the password of {name} asked to change its address to {address}.\n\n"
        "If it was not you, change your password now: this ends all other logins.",
    ),
    Kind.RESET: Words(
        "Choose a new password",
        "Somebody asked for a new password for the account {name}. The link works once, for 30"
        " minutes.\n\nIf it was not you, do nothing: your password stays as it is.",
        "Choose a new password",
    ),
    Kind.PASSWORD_CHANGED: Words(
        "Your password was changed",
        "The password of {name} was changed, and every other login was ended.\n\n"
        "If it was not you, ask for a new password at the login page at once.",
    ),
}

_KOREAN: Mapping[Kind, Words] = {
    Kind.VERIFY: Words(
        "이메일 주소를 확인해 주세요",
        "이 주소로 모임 가입 신청이 들어왔습니다. 본인이 맞다면 24시간 안에 주소를 확인해 주세요."
        "\n\n본인이 아니라면 아무것도 하지 않으셔도 됩니다. 주소는 확인되지 않은 채로 남습니다.",
        "주소 확인하기",
    ),
    Kind.CHANGE: Words(
        "새 이메일 주소를 확인해 주세요",
        "{name} 계정이 이 주소를 쓰려고 합니다. 본인의 주소라면 2시간 안에 확인해 주세요."
        "\n\n아니라면 아무것도 하지 않으셔도 됩니다. 바뀌는 것은 없습니다.",
        "새 주소 확인하기",
    ),
    Kind.CHANGING: Words(
        "이메일 주소 변경 요청이 있습니다",
        "{name} 계정의 비밀번호를 아는 누군가가 주소를 {address}(으)로 바꾸려고 합니다.\n\n"
        "본인이 아니라면 지금 비밀번호를 바꿔 주세요. 다른 모든 로그인이 끊깁니다.",
    ),
    Kind.RESET: Words(
        "새 비밀번호를 정해 주세요",
        "{name} 계정의 비밀번호를 새로 정하려는 요청이 있었습니다. 링크는 30분 동안 한 번만 쓸 수"
        " 있습니다.\n\n본인이 아니라면 아무것도 하지 않으셔도 됩니다. 비밀번호는 그대로입니다.",
        "새 비밀번호 정하기",
    ),
    Kind.PASSWORD_CHANGED: Words(
        "비밀번호가 바뀌었습니다",
        "{name} 계정의 비밀번호가 바뀌었고 다른 모든 로그인이 끊겼습니다.\n\n"
        "본인이 아니라면 바로 로그인 화면에서 비밀번호를 새로 정해 주세요.",
    ),
}


def compose(
    kind: Kind, locale: str, *, name: str, address: str, public_url: str, secret: str = ""
) -> Mail:
    """The letter in the language of its reader."""
    is_korean = locale.startswith("ko")
    words = (_KOREAN if is_korean else _ENGLISH)[kind]
    body = words.body.format(name=name, address=address)
    if not words.button:
        return Mail(words.subject, f"{body}\n", _page("ko" if is_korean else "en", body, ""))
    link = f"{public_url}/{PATHS[kind]}#token={secret}"
    url = escape(link, quote=True)
    button = f'<p><a href="{url}">{escape(words.button)}</a></p>\n<p><small>{url}</small></p>\n'
    html = _page("ko" if is_korean else "en", body, button)
    return Mail(words.subject, f"{body}\n\n{link}\n", html)


def _page(language: str, body: str, button: str) -> str:
    paragraphs = "".join(f"<p>{escape(part)}</p>\n" for part in body.split("\n\n"))
    return (
        f'<!doctype html>\n<html lang="{language}"><meta charset="utf-8">\n'
        f'<body style="font-family:sans-serif;max-width:36em">\n{paragraphs}{button}'
        "<p><small>Moim</small></p>\n</body></html>\n"
    )
