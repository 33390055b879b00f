"""The words of digests, in Korean and English. Pure: links are passed in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

from chassis.post import Mail
from notification_service.domain.digests import Line

_ENGLISH: Mapping[str, str] = {
    "subject": "{count} unread messages are waiting for you",
    "hello": "Hello {name}, this happened in Moim while you were away:",
    "open": "Open Moim",
    "end": "No more of these letters",
}
_KOREAN: Mapping[str, str] = {
    "subject": "읽지 않은 메시지 {count}개가 기다리고 있습니다",
    "hello": "{name} 님, 자리를 비우신 동안 모임에서 있었던 일입니다.",
    "open": "모임 열기",
    "end": "이 메일 그만 받기",
}


def digest(locale: str, name: str, lines: Sequence[Line], *, public_url: str, end_url: str) -> Mail:
    """What waits for somebody. Mail programs can end it with one click (RFC 8058)."""
    is_korean = locale.startswith("ko")
    words = _KOREAN if is_korean else _ENGLISH
    count = sum(line.count for line in lines)
    hello = words["hello"].format(name=name)
    listed = [f"{line.place}: {line.count}" for line in lines]
    text = "\n".join(
        [
            hello,
            "",
            *(f"- {line}" for line in listed),
            "",
            public_url,
            "",
            words["end"],
            end_url,
            "",
        ]
    )
    items = "".join(f"<li>{escape(line)}</li>\n" for line in listed)
    html = (
        f'<!doctype html>\n<html lang="{"ko" if is_korean else "en"}"><meta charset="utf-8">\n'
        f'<body style="font-family:sans-serif;max-width:36em">\n<p>{escape(hello)}</p>\n'
        f"<ul>\n{items}</ul>\n"
        f'<p><a href="{escape(public_url, quote=True)}">{words["open"]}</a></p>\n'
        f'<p><small><a href="{escape(end_url, quote=True)}">{words["end"]}</a></small></p>\n'
        "</body></html>\n"
    )
    headers = {
        "List-Unsubscribe": f"<{end_url}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }
    return Mail(words["subject"].format(count=count), text, html, headers)
