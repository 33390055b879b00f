"""Devices by their User-Agent."""

from __future__ import annotations

import pytest

from user_service.domain.clients import NO_CLIENT, Client, describe

CHROME = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/140.0 Safari/537.36"


@pytest.mark.parametrize(
    ("user_agent", "client"),
    [
        (CHROME, Client("Windows", "Chrome")),
        (CHROME + " Edg/140.0", Client("Windows", "Edge")),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) Safari/604",
            Client("iOS", "Safari"),
        ),
        ("Moim/3 CFNetwork/1498 Darwin/23.0", Client("iOS", "Moim iOS")),
        ("Mozilla/5.0 (Linux; Android 16) Chrome/140.0", Client("Android", "Chrome")),
        ("", NO_CLIENT),
        ("\0<script>", NO_CLIENT),
        ("x" * 100_000 + "curl", NO_CLIENT),
    ],
)
def test_only_known_words_are_kept(user_agent: str, client: Client) -> None:
    assert describe(user_agent) == client
