"""How news join, how long they wait, and what a lock screen says of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from notification_service.domain import digests, notices, words
from notification_service.domain.deciding import Reason, Way
from notification_service.domain.notices import News, Notice, Pace, Recipient
from notification_service.domain.outcomes import Fate, Outcome, again_in, of_status, patience
from notification_service.domain.pushes import Push, push_of, withdrawal
from notification_service.domain.texts import MOST, shown

NOW = datetime(2026, 1, 1, tzinfo=UTC)
BODY = {"author": "mina", "text": "hello", "guild": "Book club", "channel": "general", "image": "u"}
NOTICE = Notice(
    subject="c11",
    reason=Reason.MENTION,
    about_id=99,
    fresh=1,
    body=BODY,
    guild_id=10,
    channel_id=11,
)


def news(about: int, subject: str = "c11") -> News:
    return News(subject, about, {"text": str(about)}, NOW, guild_id=10, channel_id=11)


def test_a_flood_becomes_one_notice_with_the_strongest_reason_and_the_soonest_way() -> None:
    told = [
        (news(1), Recipient(1, Reason.MESSAGE, Way.LATER)),
        (news(2), Recipient(1, Reason.MENTION, Way.NOW)),
        (news(3), Recipient(1, Reason.MESSAGE, Way.QUIET)),
        (news(3), Recipient(2, Reason.MESSAGE, Way.LATER)),
        (news(4, "c12"), Recipient(1, Reason.MESSAGE, Way.LATER)),
    ]
    flood, other, elsewhere = notices.joined(told)
    assert (flood.reason, flood.way, flood.count, flood.fresh) == (Reason.MENTION, Way.NOW, 3, 2)
    assert flood.news.about_id == 3
    assert (other.user_id, other.count, elsewhere.news.subject) == (2, 1, "c12")
    assert notices.rejoined([flood, other, elsewhere]) == [flood, other, elsewhere]


@pytest.mark.parametrize(
    ("way", "reason", "seconds"),
    [
        (Way.NOW, Reason.DM, 1),
        (Way.LATER, Reason.DM, 20),
        (Way.QUIET, Reason.DM, None),
        (Way.NOW, Reason.RING, 0),
    ],
)
def test_a_push_waits_for_more_and_for_who_is_awake(
    way: Way, reason: Reason, seconds: int | None
) -> None:
    pace = Pace(timedelta(seconds=1), timedelta(seconds=20), timedelta(seconds=10))
    wait = pace.wait(way, reason)
    assert (wait and wait.total_seconds()) == (seconds if seconds else wait and 0)


@pytest.mark.parametrize(
    ("change", "locale", "title", "body"),
    [
        ({}, "en-US", "mina (#general, Book club)", "hello"),
        ({"fresh": 12}, "en-US", "#general, Book club", "12 new messages"),
        ({"fresh": 12}, "ko", "#general, Book club", "새 메시지 12개"),
        ({"body": {"author": "mina", "text": "hi"}}, "fr", "mina", "hi"),
        (
            {"body": {"author": "mina", "channel": "Trip", "image": "u"}},
            "ko",
            "mina (Trip)",
            "사진을 보냈습니다",
        ),
        ({"body": {"author": "mina", "files": 2}}, "en-US", "mina", "sent a file"),
        ({"body": {"author": "mina", "files": 0}}, "en-US", "mina", "sent a message"),
        ({"reason": Reason.FRIEND_REQUEST}, "en-US", "mina", "sent you a friend request"),
        ({"reason": Reason.RING}, "ko", "mina", "전화를 걸고 있습니다"),
        ({"reason": Reason.EVENT}, "en-US", "mina", "begins now in Book club"),
    ],
)
def test_words_in_the_language_of_the_reader(
    change: dict[str, object], locale: str, title: str, body: str
) -> None:
    notice = replace(NOTICE, **change)  # type: ignore[arg-type]
    assert words.compose(notice, locale, hides_content=False) == words.Words(title, body)


@pytest.mark.parametrize("reason", Reason)
@pytest.mark.parametrize("fresh", [1, 5])
@pytest.mark.parametrize("locale", ["ko", "en-US"])
def test_whoever_hides_content_shows_neither_names_nor_words(
    reason: Reason, fresh: int, locale: str
) -> None:
    notice = replace(NOTICE, reason=reason, fresh=fresh)
    said = words.compose(notice, locale, hides_content=True)
    push = push_of(notice, said, badge=1, public_url="https://x", hides_content=True)
    for secret in ("mina", "hello", "Book club", "general"):
        assert secret not in str(push)
    assert push.image is None


def test_a_push_leads_to_the_message_and_survives_the_queue() -> None:
    said = words.Words("title", "body")
    push = push_of(NOTICE, said, badge=3, public_url="https://x", hides_content=False)
    assert push.link == "https://x/channels/10/11/99"
    assert (push.tag, push.image, push.badge, push.is_urgent) == ("c11", "u", 3, True)
    assert Push.load({**push.dump(), "later": "unknown"}) == push
    assert withdrawal("c11", 0).is_withdrawal


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("hi <@7>, <@!7> and <@8>", "hi @mina, @mina and @?"),
        ("see <#5> <@&9>", "see #general @…"),
        ("<:wave:12> <a:dance:13>", ":wave: :dance:"),
        ("the end: ||he dies||", "the end: ▒▒▒"),
        ("two\n\n  lines", "two lines"),
        ("x" * (MOST + 5), "x" * (MOST - 1) + "…"),
    ],
)
def test_b9_markup_never_appears_raw(text: str, expected: str) -> None:
    """seeds.md B9."""
    assert shown(text, {7: "mina"}, {5: "general"}) == expected


@pytest.mark.parametrize(
    ("status", "header", "fate", "wait", "is_outage"),
    [
        (201, None, Fate.SENT, None, False),
        (404, None, Fate.GONE, None, False),
        (410, None, Fate.GONE, None, False),
        (429, "30", Fate.LATER, 30, False),
        (429, "Thu, 01 Jan 2026 00:01:00 GMT", Fate.LATER, 60, False),
        (503, "nonsense", Fate.LATER, None, True),
        (503, "999999", Fate.LATER, 3600, True),
        (400, None, Fate.REFUSED, None, False),
    ],
)
def test_what_an_answer_of_a_push_service_means(
    status: int, header: str | None, fate: Fate, wait: float | None, is_outage: bool
) -> None:
    outcome = of_status(status, header, NOW)
    assert (outcome.fate, outcome.retry_after_s, outcome.is_outage) == (fate, wait, is_outage)
    assert patience("-5", NOW) == 0


@pytest.mark.parametrize("dice", [0.0, 0.999])
def test_each_try_waits_longer_and_never_less_than_asked_for(dice: float) -> None:
    waits = [again_in(n, Outcome(Fate.LATER), lambda: dice).total_seconds() for n in range(1, 30)]
    assert waits == sorted(waits)
    assert waits[-1] <= 600
    asked = again_in(1, Outcome(Fate.LATER, 100.0), lambda: dice).total_seconds()
    assert 100 <= asked <= 120


def test_a_link_that_ends_digests_can_not_be_made_up() -> None:
    ticket = digests.ticket(7, b"key")
    assert digests.redeem(ticket, b"key") == 7
    for forged in (ticket.replace("7.", "8.", 1), ticket[:-1], "7.", "x.y", "", "7" * 40):
        assert digests.redeem(forged, b"key") is None
    assert digests.redeem(ticket, b"other") is None
