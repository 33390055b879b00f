"""Pages of history."""

import pytest

from chat_service.domain.history import Page, page
from contracts.errors import Invalid

LAST = (1 << 63) - 1


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({}, Page(LAST, 50, 0)),
        ({"limit": "1"}, Page(LAST, 1, 0)),
        ({"before": "7"}, Page(7, 50, 0)),
        ({"after": "7"}, Page(8, 0, 50)),
        ({"after": "0", "limit": "100"}, Page(1, 0, 100)),
        ({"around": "7", "limit": "5"}, Page(7, 2, 3)),
    ],
)
def test_a_page_is_what_the_query_says(asked: dict[str, str], expected: Page) -> None:
    assert page(asked) == expected


@pytest.mark.parametrize(
    "asked",
    [
        {"limit": "0"},
        {"limit": "101"},
        {"limit": "x"},
        {"before": "-1"},
        {"after": "1e3"},
        {"around": "9" * 20},
        {"before": "٣"},
    ],
)
def test_a_query_that_makes_no_sense_is_a_form_error(asked: dict[str, str]) -> None:
    with pytest.raises(Invalid):
        page(asked)
