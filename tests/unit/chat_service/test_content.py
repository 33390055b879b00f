"""What a message may say."""

import pytest

from chat_service.domain.content import (
    check,
    mentioned_roles,
    mentioned_users,
    mentions_everyone,
)
from contracts.errors import DomainError, ErrorCode, Invalid
from contracts.permissions import NONE, Permission


@pytest.mark.parametrize("text", ["", "  ", "\n\t"])
def test_an_empty_message_is_refused(text: str) -> None:
    with pytest.raises(DomainError) as refusal:
        check(text)
    assert refusal.value.error is ErrorCode.EMPTY_MESSAGE


@pytest.mark.parametrize("text", ["a" * 2001, "nul \x00", "half \ud800 a pair"])
def test_text_that_can_not_be_stored_is_a_form_error_at_content(text: str) -> None:
    with pytest.raises(Invalid) as refusal:
        check(text)
    assert "content" in refusal.value.fields


@pytest.mark.parametrize("text", ["a", "모임" * 1000, "👨‍👩‍👧", "  kept as it is "])
def test_text_is_kept_as_it_was_written(text: str) -> None:
    assert check(text) == text


def test_users_are_mentioned_once_each_in_order() -> None:
    assert mentioned_users("<@2> hi <@!1> and <@2>, <@&3>") == (2, 1)


def test_roles_are_mentioned_by_their_own_mark() -> None:
    assert mentioned_roles("<@&3> <@4> <@&3>") == (3,)


def test_everyone_is_mentioned_only_by_those_who_may() -> None:
    assert mentions_everyone("@everyone", Permission.MENTION_EVERYONE)
    assert mentions_everyone("look, @here!", Permission.MENTION_EVERYONE)
    assert not mentions_everyone("@everyone", NONE)
    assert not mentions_everyone("me@everyones.example", Permission.MENTION_EVERYONE)
