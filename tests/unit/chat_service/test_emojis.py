"""Emojis as paths name them."""

from __future__ import annotations

import pytest

from chat_service.domain.emojis import Emoji, read

UNICODE = [*"👍☃ℹ©™‼◾↔Ⓜ㊗", "❤️", "1️⃣", "#⃣", "🇰🇷", "👩🏽‍🚀", "👨‍👩‍👧‍👦", "🏴󠁧󠁢󠁳󠁣󠁴󠁿", "🏳️‍🌈"]
CUSTOM = {
    "blob:71": Emoji("blob", 71),
    ":blob:71": Emoji("blob", 71),
    "a:blob:71": Emoji("blob", 71, is_animated=True),
    "<:blob:71>": Emoji("blob", 71),
    "블롭:71": Emoji("블롭", 71),
}
NONE = [
    "",
    "\ufffd",
    "\ufffc\ufe0f",
    "a",
    "hi",
    "1",
    "가",
    "👍a",
    " 👍",
    "👍" * 41,
    "\ufe0f",
    "blob:",
    ":71",
    f"b:{1 << 63}",
    "=",
]


@pytest.mark.parametrize("text", UNICODE)
def test_a_unicode_emoji_is_its_own_key(text: str) -> None:
    assert read(text) == Emoji(text)
    assert Emoji(text).key == text


@pytest.mark.parametrize("text", CUSTOM)
def test_a_guilds_emoji_is_known_by_its_id(text: str) -> None:
    assert read(text) == CUSTOM[text]
    assert CUSTOM[text].key == "71"


@pytest.mark.parametrize("text", NONE)
def test_everything_else_is_no_emoji(text: str) -> None:
    assert read(text) is None
