"""Who is told of a message, why, and how soon: a table of rules."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from contracts.ids import ChannelId, GuildId, UserId
from contracts.objects.settings import (
    ChannelNotifications,
    GuildNotifications,
    MuteConfig,
    NotifyLevel,
)
from contracts.objects.thread import ThreadMember
from notification_service.domain.deciding import (
    Circumstances,
    Listener,
    Reason,
    Said,
    Way,
    reason_for,
    way_of,
    way_of_news,
)
from notification_service.domain.wishes import level_in_thread

NOW = datetime(2026, 1, 1, tzinfo=UTC)
AUTHOR, ME, OTHER = 1, 2, 3
GUILD, CHANNEL, CATEGORY, THREAD, ROLE = 10, 11, 12, 13, 14


def wish(**settings: Any) -> GuildNotifications:
    return GuildNotifications(guild_id=GuildId(GUILD), **settings)


def of_place(place: int, **settings: Any) -> GuildNotifications:
    override = ChannelNotifications(channel_id=ChannelId(place), **settings)
    return wish(channel_overrides=(override,))


def said(**more: Any) -> Said:
    given: dict[str, Any] = {"guild_id": GUILD, "category_id": CATEGORY}
    return Said(author_id=AUTHOR, channel_id=CHANNEL, message_id=99, **{**given, **more})


ALL, MENTIONS, NOTHING = NotifyLevel.ALL, NotifyLevel.MENTIONS, NotifyLevel.NOTHING
TO_ME = {"mentions": frozenset({ME})}
TO_ROLE = {"roles": frozenset({ROLE})}

REASONS: list[tuple[str, dict[str, Any], dict[str, Any], Reason | None]] = [
    ("a direct message", {"guild_id": None}, {}, Reason.DM),
    ("one's own", TO_ME, {"user_id": AUTHOR}, None),
    ("unseen", TO_ME, {"can_see": False}, None),
    ("any message, as the guild says", {}, {}, Reason.MESSAGE),
    ("the guild tells mentions only", {"default": MENTIONS}, {}, None),
    (
        "oneself wants all",
        {"default": MENTIONS},
        {"wish": wish(message_notifications=ALL)},
        Reason.MESSAGE,
    ),
    ("oneself wants mentions", {}, {"wish": wish(message_notifications=MENTIONS)}, None),
    ("a mention", {"default": MENTIONS, **TO_ME}, {}, Reason.MENTION),
    ("a mention of another", {"default": MENTIONS, "mentions": frozenset({OTHER})}, {}, None),
    ("a reply", {"replied_to": ME, **TO_ME}, {}, Reason.REPLY),
    ("a reply that mentions nobody", {"default": MENTIONS, "replied_to": ME}, {}, None),
    ("nothing at all", TO_ME, {"wish": wish(message_notifications=NOTHING)}, None),
    (
        "nothing of the channel",
        TO_ME,
        {"wish": of_place(CHANNEL, message_notifications=NOTHING)},
        None,
    ),
    (
        "nothing of the category",
        TO_ME,
        {"wish": of_place(CATEGORY, message_notifications=NOTHING)},
        None,
    ),
    (
        "the channel before the guild",
        {"default": MENTIONS},
        {"wish": of_place(CHANNEL, message_notifications=ALL)},
        Reason.MESSAGE,
    ),
    (
        "another channel",
        {"default": MENTIONS},
        {"wish": of_place(OTHER, message_notifications=ALL)},
        None,
    ),
    ("a role of mine", {"default": MENTIONS, **TO_ROLE}, {"roles": (ROLE,)}, Reason.ROLE),
    ("a role of others", {"default": MENTIONS, **TO_ROLE}, {"roles": (OTHER,)}, None),
    (
        "roles are suppressed",
        {"default": MENTIONS, **TO_ROLE},
        {"roles": (ROLE,), "wish": wish(suppress_roles=True)},
        None,
    ),
    ("everyone", {"default": MENTIONS, "everyone": True}, {}, Reason.EVERYONE),
    (
        "everyone is suppressed",
        {"default": MENTIONS, "everyone": True},
        {"wish": wish(suppress_everyone=True)},
        None,
    ),
    (
        "everyone is suppressed, and me too",
        {"everyone": True, **TO_ME},
        {"wish": wish(suppress_everyone=True)},
        Reason.MENTION,
    ),
    ("a thread I am in", {"followers": {ME: NotifyLevel.INHERIT}}, {}, Reason.THREAD),
    ("a thread I am not in", {"followers": {OTHER: NotifyLevel.INHERIT}}, {}, None),
    ("a thread I am not in names me", {"followers": {}, **TO_ME}, {}, Reason.MENTION),
    (
        "a thread of which I want all",
        {"default": MENTIONS, "followers": {ME: ALL}},
        {},
        Reason.THREAD,
    ),
    ("a thread of which I want nothing", {"followers": {ME: NOTHING}, **TO_ME}, {}, None),
    (
        "a thread in a channel of which I want nothing",
        {"parent_id": CHANNEL, "channel_id": THREAD, "followers": {ME: NotifyLevel.INHERIT}},
        {"wish": of_place(CHANNEL, message_notifications=NOTHING)},
        None,
    ),
]


@pytest.mark.parametrize(
    ("message", "listener", "reason"),
    [case[1:] for case in REASONS],
    ids=[case[0] for case in REASONS],
)
def test_why_somebody_is_told(
    message: dict[str, Any], listener: dict[str, Any], reason: Reason | None
) -> None:
    given = {"author_id": AUTHOR, "channel_id": CHANNEL, "message_id": 99}
    told = Said(**{**given, "guild_id": GUILD, "category_id": CATEGORY, **message})
    assert reason_for(told, Listener(**{"user_id": ME, **listener})) is reason


def until(delta: timedelta) -> MuteConfig:
    return MuteConfig(end_time=NOW + delta)


SOON, AGO = until(timedelta(minutes=1)), until(-timedelta(minutes=1))
WAYS: list[tuple[str, dict[str, Any], GuildNotifications | None, dict[str, Any], Way]] = [
    ("away", {}, None, {}, Way.NOW),
    ("awake elsewhere", {}, None, {"is_active": True}, Way.LATER),
    ("looking at it", {}, None, {"is_active": True, "is_looking": True}, Way.NOT),
    ("blocked", {}, None, {"is_cut": True}, Way.NOT),
    ("not to be disturbed", {}, None, {"is_dnd": True}, Way.QUIET),
    ("a silent message", {"is_silent": True}, None, {}, Way.QUIET),
    ("muted for good", {}, wish(muted=True), {}, Way.QUIET),
    ("muted until soon", {}, wish(muted=True, mute_config=SOON), {}, Way.QUIET),
    ("muted until a while ago", {}, wish(muted=True, mute_config=AGO), {}, Way.NOW),
    ("a muted channel", {}, of_place(CHANNEL, muted=True), {}, Way.QUIET),
    ("a muted category", {}, of_place(CATEGORY, muted=True, mute_config=SOON), {}, Way.QUIET),
    ("another one is muted", {}, of_place(OTHER, muted=True), {}, Way.NOW),
    ("looking at it, and muted", {}, wish(muted=True), {"is_looking": True}, Way.NOT),
]


@pytest.mark.parametrize(
    ("message", "wished", "around", "way"), [case[1:] for case in WAYS], ids=[c[0] for c in WAYS]
)
def test_how_somebody_is_told(
    message: dict[str, Any], wished: GuildNotifications | None, around: dict[str, Any], way: Way
) -> None:
    listener = Listener(ME, wish=wished)
    assert way_of(said(**message), listener, Circumstances(**around), NOW) is way


@pytest.mark.parametrize(
    ("reason", "around", "way"),
    [
        (Reason.FRIEND_REQUEST, {}, Way.NOW),
        (Reason.FRIEND_REQUEST, {"is_active": True}, Way.LATER),
        (Reason.FRIEND_REQUEST, {"is_cut": True}, Way.NOT),
        (Reason.FRIEND_ACCEPTED, {"is_dnd": True}, Way.QUIET),
        (Reason.RING, {"is_active": True}, Way.NOW),
        (Reason.RING, {"is_dnd": True}, Way.QUIET),
        (Reason.EVENT, {}, Way.NOW),
        (Reason.EVENT, {"is_active": True}, Way.LATER),
        (Reason.EVENT, {"is_muted": True}, Way.QUIET),
    ],
)
def test_how_somebody_is_told_what_is_no_message(
    reason: Reason, around: dict[str, Any], way: Way
) -> None:
    assert way_of_news(reason, Circumstances(**around)) is way


@pytest.mark.parametrize(
    ("flags", "muted", "level"),
    [
        (0, None, NotifyLevel.INHERIT),
        (2, False, ALL),
        (4, None, MENTIONS),
        (8, None, NOTHING),
        (2, True, NOTHING),
    ],
)
def test_what_one_wants_of_a_thread_is_read_from_flags(
    flags: int, muted: bool | None, level: NotifyLevel
) -> None:
    member = ThreadMember(
        id=ChannelId(THREAD), user_id=UserId(ME), join_timestamp=NOW, flags=flags, muted=muted
    )
    assert level_in_thread(member) is level
