"""What a guild can begin with: plans for common occasions, in Korean and in English.

Only data and how it is read. Beside general words, keep to what such a community needs in its first
week: whoever wants more makes it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import count
from typing import Any

from community_service.domain.channels import ChannelDraft
from community_service.domain.founding import EVERYONE, ChannelPlan, Plan, RolePlan
from contracts.ids import Snowflake
from contracts.objects.channel import ChannelOverwrite, ChannelType, OverwriteType
from contracts.permissions import EVERYONE_DEFAULT, Permission


@dataclass(frozen=True, slots=True)
class Word:
    """The same in both languages."""

    en: str
    ko: str

    def said(self, language: str) -> str:
        """In one of them."""
        return self.ko if language == "ko" else self.en


@dataclass(frozen=True, slots=True)
class Room:
    """A channel of a template."""

    name: Word
    type: ChannelType = ChannelType.TEXT
    is_for_staff_to_write: bool = False
    tags: tuple[Word, ...] = ()


@dataclass(frozen=True, slots=True)
class Wing:
    """A category with its channels."""

    name: Word
    rooms: tuple[Room, ...]


@dataclass(frozen=True, slots=True)
class Badge:
    """A role of a template, from the lowest."""

    name: Word
    color: int
    is_staff: bool = False


@dataclass(frozen=True, slots=True)
class Template:
    """What a guild can begin with. Newcomers are greeted where all can write first."""

    name: Word
    description: Word
    wings: tuple[Wing, ...]
    badges: tuple[Badge, ...] = ()


_STAFF = (
    EVERYONE_DEFAULT
    | Permission.KICK_MEMBERS
    | Permission.MANAGE_MESSAGES
    | Permission.MANAGE_THREADS
    | Permission.MANAGE_NICKNAMES
    | Permission.MODERATE_MEMBERS
    | Permission.MUTE_MEMBERS
    | Permission.MOVE_MEMBERS
    | Permission.MANAGE_EVENTS
)
_RED, _GREEN, _BLUE, _GOLD = 0xE0534F, 0x3BA55D, 0x4E7DE0, 0xE0A63A

_VOICE, _FORUM = ChannelType.VOICE, ChannelType.FORUM
_TEXTS, _VOICES = Word("Text channels", "채팅 채널"), Word("Voice channels", "음성 채널")
_INFORMATION = Word("Information", "안내")
_GENERAL, _LOUNGE = Word("general", "일반"), Room(Word("Lounge", "라운지"), _VOICE)
_NEWS = Room(Word("announcements", "공지"), is_for_staff_to_write=True)
_RULES = Room(Word("rules", "규칙"), is_for_staff_to_write=True)
_WELCOME = Room(Word("welcome", "환영합니다"), is_for_staff_to_write=True)

PLAIN = Template(
    Word("Plain", "기본"),
    Word("One place to write and one to talk.", "글을 쓰는 곳 하나와 이야기하는 곳 하나."),
    (
        Wing(_TEXTS, (Room(_GENERAL),)),
        Wing(_VOICES, (Room(Word("General", "일반"), _VOICE),)),
    ),
)
"""What a guild begins with when nobody asks for anything."""

TEMPLATES: Mapping[str, Template] = {
    "gaming": Template(
        Word("Gaming", "게임"),
        Word("Find a party and play together.", "파티를 찾아 함께 플레이해요."),
        (
            Wing(_INFORMATION, (_RULES, _NEWS)),
            Wing(
                _TEXTS,
                (
                    Room(_GENERAL),
                    Room(Word("looking for group", "파티 모집")),
                    Room(Word("clips and highlights", "명장면")),
                ),
            ),
            Wing(
                _VOICES,
                (
                    Room(Word("Lobby", "로비"), _VOICE),
                    Room(Word("Party 1", "파티 1"), _VOICE),
                    Room(Word("Party 2", "파티 2"), _VOICE),
                ),
            ),
        ),
        (
            Badge(Word("Player", "플레이어"), _BLUE),
            Badge(Word("Moderator", "운영진"), _RED, is_staff=True),
        ),
    ),
    "study_group": Template(
        Word("Study group", "스터디 그룹"),
        Word("Learn together, and ask.", "함께 공부하고 서로 물어봐요."),
        (
            Wing(_INFORMATION, (_WELCOME, _NEWS)),
            Wing(
                Word("Study", "공부"),
                (
                    Room(_GENERAL),
                    Room(
                        Word("questions", "질문"),
                        _FORUM,
                        tags=(Word("homework", "과제"), Word("solved", "해결됨")),
                    ),
                    Room(Word("resources", "자료")),
                    Room(Word("daily goals", "오늘의 목표")),
                ),
            ),
            Wing(
                _VOICES,
                (
                    _LOUNGE,
                    Room(Word("Study room 1", "스터디룸 1"), _VOICE),
                    Room(Word("Study room 2", "스터디룸 2"), _VOICE),
                ),
            ),
        ),
        (Badge(Word("Leader", "스터디장"), _GREEN, is_staff=True),),
    ),
    "class": Template(
        Word("Class", "수업"),
        Word("For lessons, assignments and groups.", "수업과 과제, 조별 활동을 위해."),
        (
            Wing(
                _INFORMATION,
                (
                    _NEWS,
                    Room(Word("assignments", "과제"), is_for_staff_to_write=True),
                    Room(Word("materials", "수업 자료"), is_for_staff_to_write=True),
                ),
            ),
            Wing(
                _TEXTS,
                (
                    Room(_GENERAL),
                    Room(Word("questions", "질문"), _FORUM, tags=(Word("solved", "해결됨"),)),
                ),
            ),
            Wing(
                _VOICES,
                (
                    Room(Word("Classroom", "강의실"), _VOICE),
                    Room(Word("Group 1", "1조"), _VOICE),
                    Room(Word("Group 2", "2조"), _VOICE),
                ),
            ),
        ),
        (
            Badge(Word("Student", "학생"), _BLUE),
            Badge(Word("Assistant", "조교"), _GREEN, is_staff=True),
            Badge(Word("Teacher", "선생님"), _GOLD, is_staff=True),
        ),
    ),
    "friends": Template(
        Word("Friends", "친구"),
        Word("A place of our own.", "우리끼리 모이는 곳."),
        (
            Wing(
                _TEXTS,
                (Room(_GENERAL), Room(Word("photos", "사진")), Room(Word("games", "게임"))),
            ),
            Wing(_VOICES, (_LOUNGE, Room(Word("Watch together", "같이 보기"), _VOICE))),
        ),
    ),
    "club": Template(
        Word("Club", "동아리"),
        Word("Meetings, plans and ideas of a club.", "모임과 일정, 아이디어를 나눠요."),
        (
            Wing(_INFORMATION, (_WELCOME, _NEWS, _RULES)),
            Wing(
                _TEXTS,
                (
                    Room(_GENERAL),
                    Room(Word("introductions", "자기소개")),
                    Room(Word("meetings", "모임 일정")),
                    Room(Word("ideas", "아이디어"), _FORUM, tags=(Word("planned", "계획됨"),)),
                ),
            ),
            Wing(_VOICES, (_LOUNGE, Room(Word("Meeting room", "회의실"), _VOICE))),
        ),
        (
            Badge(Word("Member", "회원"), _BLUE),
            Badge(Word("Organizer", "운영진"), _GOLD, is_staff=True),
        ),
    ),
}


def language_of(locale: str | None) -> str:
    """The language of names for somebody with this locale, or list of them: `ko` or `en`."""
    return "ko" if (locale or "").strip().lower().startswith("ko") else "en"


def plan_of(template: Template, language: str) -> Plan:
    """The plan of a template in one language."""
    keys = count(EVERYONE + 1)
    badges = [(next(keys), badge) for badge in template.badges]
    staff = [key for key, badge in badges if badge.is_staff]
    channels = tuple(_channels(template, language, keys, staff))
    roles = [RolePlan(key, _wanted(badge, language)) for key, badge in badges]
    return Plan(
        channels,
        (RolePlan(EVERYONE, {}), *roles),
        {"system_channel_id": _greeting(channels), "preferred_locale": _LOCALES[language]},
    )


_LOCALES = {"ko": "ko", "en": "en-US"}


def _wanted(badge: Badge, language: str) -> dict[str, Any]:
    bits = _STAFF if badge.is_staff else EVERYONE_DEFAULT
    return {
        "name": badge.name.said(language),
        "color": badge.color,
        "permissions": int(bits),
        "hoist": True,
        "mentionable": True,
    }


def _channels(
    template: Template, language: str, keys: Iterator[int], staff: list[int]
) -> Iterator[ChannelPlan]:
    for wing in template.wings:
        category = next(keys)
        yield ChannelPlan(category, ChannelDraft(ChannelType.CATEGORY, wing.name.said(language)))
        for room in wing.rooms:
            tags = [
                {"id": None, "name": tag.said(language), "moderated": False} for tag in room.tags
            ]
            rules = _read_only(staff) if room.is_for_staff_to_write else None
            more = {"available_tags": tags} if tags else {}
            draft = ChannelDraft(room.type, room.name.said(language), category, rules, more)
            yield ChannelPlan(next(keys), draft)


def _read_only(staff: list[int]) -> tuple[ChannelOverwrite, ...]:
    bits, kind = int(Permission.SEND_MESSAGES), OverwriteType.ROLE
    all_of_us = ChannelOverwrite(id=Snowflake(EVERYONE), type=kind, deny=bits)
    own = (ChannelOverwrite(id=Snowflake(key), type=kind, allow=bits) for key in staff)
    return (all_of_us, *own)


def _greeting(channels: tuple[ChannelPlan, ...]) -> int:
    texts = (one for one in channels if one.draft.type is ChannelType.TEXT)
    return next(one.key for one in texts if one.draft.overwrites is None)
