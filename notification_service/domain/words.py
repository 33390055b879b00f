"""The words of a notification, in Korean and English."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from notification_service.domain.deciding import Reason
from notification_service.domain.notices import Notice

PRODUCT = "Moim"


@dataclass(frozen=True, slots=True)
class Words:
    """What a lock screen shows."""

    title: str
    body: str


_ENGLISH: Mapping[str, str] = {
    "many": "{count} new messages",
    "picture": "sent a picture",
    "file": "sent a file",
    "empty": "sent a message",
    "hidden": "You have a new message",
    "hidden_many": "You have {count} new messages",
    "hidden_other": "You have a new notification",
    "hidden_ring": "Incoming call",
    Reason.RING: "is calling you",
    Reason.FRIEND_REQUEST: "sent you a friend request",
    Reason.FRIEND_ACCEPTED: "accepted your friend request",
    Reason.EVENT: "begins now in {guild}",
    "greeting": "Pushes reach this device.",
}
_KOREAN: Mapping[str, str] = {
    "many": "새 메시지 {count}개",
    "picture": "사진을 보냈습니다",
    "file": "파일을 보냈습니다",
    "empty": "메시지를 보냈습니다",
    "hidden": "새 메시지가 있습니다",
    "hidden_many": "새 메시지가 {count}개 있습니다",
    "hidden_other": "새 알림이 있습니다",
    "hidden_ring": "전화가 왔습니다",
    Reason.RING: "전화를 걸고 있습니다",
    Reason.FRIEND_REQUEST: "친구 요청을 보냈습니다",
    Reason.FRIEND_ACCEPTED: "친구 요청을 수락했습니다",
    Reason.EVENT: "지금 {guild}에서 시작합니다",
    "greeting": "이 기기로 알림이 옵니다.",
}
_OTHER = frozenset({Reason.FRIEND_REQUEST, Reason.FRIEND_ACCEPTED, Reason.EVENT})


def language(locale: str) -> Mapping[str, str]:
    """The words of a language; English for those that nobody has translated."""
    return _KOREAN if locale.startswith("ko") else _ENGLISH


def compose(notice: Notice, locale: str, *, hides_content: bool) -> Words:
    """What is shown of a notice. Whoever hides content shows neither names nor places."""
    words = language(locale)
    if hides_content:
        return Words(PRODUCT, _hidden(notice, words))
    author = str(notice.body.get("author", ""))
    if notice.reason in _OTHER or notice.reason is Reason.RING:
        return Words(author, words[notice.reason].format(guild=notice.body.get("guild")))
    place = _place(notice)
    if notice.fresh > 1:
        return Words(place or author, words["many"].format(count=notice.fresh))
    return Words(f"{author} ({place})" if place else author, _text(notice, words))


def greeting(locale: str) -> Words:
    """What an operator pushes to see whether it arrives."""
    return Words(PRODUCT, language(locale)["greeting"])


def _hidden(notice: Notice, words: Mapping[str, str]) -> str:
    if notice.reason is Reason.RING:
        return words["hidden_ring"]
    if notice.reason in _OTHER:
        return words["hidden_other"]
    return words["hidden_many" if notice.fresh > 1 else "hidden"].format(count=notice.fresh)


def _place(notice: Notice) -> str:
    """`#general, Book club`; the name of a group; nothing between two people."""
    channel, guild = notice.body.get("channel"), notice.body.get("guild")
    if guild and channel:
        return f"#{channel}, {guild}"
    return str(channel or "")


def _text(notice: Notice, words: Mapping[str, str]) -> str:
    text = str(notice.body.get("text", ""))
    if text:
        return text
    if notice.body.get("image"):
        return words["picture"]
    return words["file" if notice.body.get("files") else "empty"]
