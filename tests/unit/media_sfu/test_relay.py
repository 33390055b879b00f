"""What clients are told of addresses and of help behind strict routers."""

from __future__ import annotations

import base64
import hmac

from media_sfu.relay import Turn
from media_sfu.settings import Settings
from tests.fixtures.identity import keyring


def _settings(**given: str) -> Settings:
    return Settings.model_validate({"keyring": keyring(), **given})


def test_credentials_for_turn_are_those_that_coturn_computes_and_they_end() -> None:
    settings = _settings(turn_urls="turn:a:3478, turns:b:5349", turn_secret="secret")
    (server,) = settings.turn().servers("jun", 1_000)
    assert server.urls == ("turn:a:3478", "turns:b:5349")
    assert server.username == f"{1_000 + settings.turn_seconds}:jun"
    expected = hmac.digest(b"secret", server.username.encode(), "sha1")
    assert base64.b64decode(server.credential) == expected
    assert "secret" not in repr(settings.turn_secret)


def test_without_turn_servers_nobody_is_sent_to_any() -> None:
    assert Turn((), b"", 60).servers("jun", 0) == ()


def test_clients_are_told_the_given_addresses_or_the_bound_one() -> None:
    assert _settings(public_ips="192.0.2.1, 2001:db8::1").hosts() == ("192.0.2.1", "2001:db8::1")
    assert _settings(udp_bind="127.0.0.1").hosts() == ("127.0.0.1",)
    assert _settings(udp_bind="0.0.0.0").hosts() != ("0.0.0.0",)
