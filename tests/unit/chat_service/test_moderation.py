"""What rules of automatic moderation see in a text."""

from __future__ import annotations

from typing import Any

import pytest

from chat_service.domain.moderation import Said, Watch
from contracts.guild_facts import GuildFacts
from contracts.ids import GuildId, UserId
from contracts.lookalikes import forms
from contracts.objects.automod import AutoModRule

GUILD = 1


def facts(trigger: int, metadata: dict[str, Any], **how: Any) -> GuildFacts:
    rule = {
        "id": 7,
        "guild_id": GUILD,
        "creator_id": 2,
        "name": "rule",
        "trigger_type": trigger,
        "trigger_metadata": metadata,
        "actions": [{"type": 1}],
        "enabled": True,
        **how,
    }
    rules = (AutoModRule.model_validate(rule),)
    return GuildFacts(
        id=GuildId(GUILD), owner_id=UserId(2), roles={GUILD: 0}, channels={}, rules=rules
    )


def words(*keywords: str, allowed: tuple[str, ...] = (), regex: tuple[str, ...] = ()) -> GuildFacts:
    lists = {"keyword_filter": keywords, "allow_list": allowed, "regex_patterns": regex}
    return facts(1, lists)


def said(text: str, *, at: float = 0, author: int = 3, **how: Any) -> Said:
    given = {"mentioned": 0, "places": frozenset({5}), "roles": frozenset({6}), **how}
    return Said(text=text, guild_id=GUILD, author_id=author, at=at, **given)


def met(rules: GuildFacts, text: str) -> tuple[str | None, str | None] | None:
    found = Watch().book(rules).verdicts(said(text))
    return (found[0].keyword, found[0].matched) if found else None


@pytest.mark.parametrize(
    ("keyword", "text", "is_met"),
    [
        ("cat", "a cat!", True),
        ("cat", "concatenate cats", False),
        ("cat*", "Catalogue", True),
        ("cat*", "concat", False),
        ("*cat", "concat", True),
        ("*cat", "cats", False),
        ("*cat*", "concatenate", True),
        ("the cat", "is  THE\n cat here", True),
        ("cat", "c\u200bat", True),
        ("cat", "ｃａｔ", True),
        ("cat", "c\u0301a\u0308t", True),
        ("CAT", "cat", True),
        ("straße", "STRASSE", True),
        ("나쁜말", "이건 나쁜말 이야", True),
        ("나쁜말", "나쁜말이야", False),
        ("나쁜말*", "나쁜말이야", True),
        ("나쁜말", "ㄴㅏㅃㅡㄴㅁㅏㄹ", True),
        ("나쁜말", "\u1102\u1161\u1108\u1173\u11ab\u1106\u1161\u11af", True),
        ("*시바*", "시발", False),
        ("바", "바ㅋㅋ", False),
        ("강아지", "강아지", True),
        ("*", "anything", False),
    ],
)
def test_a_keyword_is_met_in_whatever_it_is_dressed(keyword: str, text: str, is_met: bool) -> None:
    assert (met(words(keyword), text) is not None) is is_met


def test_what_is_allowed_is_no_match() -> None:
    rules = words("bad*", allowed=("badminton",))
    assert met(rules, "we play badminton") is None
    assert met(rules, "badminton is bad") == ("bad*", "bad")


def test_patterns_are_searched_in_linear_time() -> None:
    """A pattern that would take others for ever."""
    rules = words(regex=(r"(a+)+$", r"(x+x+)+y", r"\d{3}-\d{4}"))
    assert met(rules, "x" * 1_999) is None
    assert met(rules, "call 555-0199") == (r"\d{3}-\d{4}", "555-0199")
    assert met(rules, "５５５-０１９９") == (r"\d{3}-\d{4}", "555-0199")


def test_presets_bring_their_words() -> None:
    rules = facts(4, {"presets": [1], "allow_list": []})
    assert met(rules, "oh SH1T") is None
    assert met(rules, "Bullshit.") == ("bullshit", "bullshit")


def test_many_mentions_are_too_many() -> None:
    book = Watch().book(facts(5, {"mention_total_limit": 3}))
    assert not book.verdicts(said("x", mentioned=3))
    assert book.verdicts(said("x", mentioned=4))


def test_many_people_who_mention_many_are_a_raid() -> None:
    raid = {"mention_total_limit": 50, "mention_raid_protection_enabled": True}
    book = Watch().book(facts(5, raid))
    calls = [book.verdicts(said("x", mentioned=5, author=n % 4, at=n)) for n in range(12)]
    assert [bool(one) for one in calls] == [False] * 9 + [True] * 3
    assert not book.verdicts(said("x", mentioned=5, at=500))


def test_the_same_again_and_again_is_spam() -> None:
    book = Watch().book(facts(3, {}))
    again = [bool(book.verdicts(said("Buy this now", at=n))) for n in range(5)]
    assert again == [False, False, False, True, True]
    assert not book.verdicts(said("Buy this now", at=4, author=9))
    assert not book.verdicts(said("Buy this now", at=100))
    assert book.verdicts(said(" https://a.example" * 6))


def test_who_and_where_is_exempt() -> None:
    for exempt in ({"exempt_roles": [6]}, {"exempt_channels": [5]}):
        rules = facts(
            1, {"keyword_filter": ["x"], "allow_list": [], "regex_patterns": []}, **exempt
        )
        assert met(rules, "x") is None


def test_a_book_stands_as_long_as_its_facts() -> None:
    watch, rules = Watch(), words("x")
    assert watch.book(rules) is watch.book(rules)
    assert watch.book(words("y")) is not watch.book(rules)


def test_forms_leave_plain_text_as_it_is() -> None:
    assert forms("Plain  text") == ("plain text",)
    assert forms("강아지 한 마리") == ("강아지 한 마리",)
