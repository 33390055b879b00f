"""Languages of people."""

from __future__ import annotations

import pytest

from user_service.domain import locales


@pytest.mark.parametrize(
    ("given", "accepted", "expected"),
    [
        (None, "", "en-US"),
        ("ko", "en-GB", "ko"),
        ("ko_KR", "", "ko"),
        (None, "ko-KR,ko;q=0.9,en;q=0.8", "ko"),
        (None, "tlh, en-GB", "en-GB"),
        ("zh", "", "zh-CN"),
        ("en-AU", "", "en-US"),
        ("nonsense", "*", "en-US"),
    ],
)
def test_are_chosen_by_the_client_or_the_browser(
    given: str | None, accepted: str, expected: str
) -> None:
    assert locales.chosen(given, accepted) == expected
