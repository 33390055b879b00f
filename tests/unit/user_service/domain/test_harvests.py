"""Harvests and the links to them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from contracts.ids import UserId
from user_service.domain import harvests
from user_service.domain.harvests import AGAIN_AFTER, KEPT_FOR, LINK_LIVES, Harvest

NOW = datetime(2026, 1, 1, tzinfo=UTC)
KEY = bytes(32)


def test_a_link_opens_one_harvest_for_an_hour() -> None:
    link = harvests.link(KEY, 7, NOW)
    assert harvests.opens(KEY, link, NOW)
    assert not harvests.opens(KEY, link, NOW + LINK_LIVES)
    for forged in (
        replace(link, harvest_id=8),
        replace(link, until=link.until + 1),
        replace(link, signature=""),
    ):
        assert not harvests.opens(KEY, forged, NOW)
    assert not harvests.opens(bytes([1]) * 32, link, NOW)


def test_one_a_day_lies_for_a_week() -> None:
    asked = Harvest(1, UserId(7), NOW)
    done = replace(asked, completed=NOW)
    assert asked.is_enough(NOW + 9 * AGAIN_AFTER), "it is still being gathered"
    assert done.is_enough(NOW)
    assert not done.is_enough(NOW + AGAIN_AFTER)
    assert not asked.is_there(NOW)
    assert done.is_there(NOW)
    assert not done.is_there(NOW + KEPT_FOR)
    assert asked.next_try(NOW) < replace(asked, tries=5).next_try(NOW) <= NOW + timedelta(hours=1)
