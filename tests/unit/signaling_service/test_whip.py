"""Fragments of descriptions, as programs send them by PATCH."""

from __future__ import annotations

from signaling_service.ws.whip_door import Door, fragment_of

OFFER = "\r\n".join(
    (
        *("v=0", "m=audio 9 UDP/TLS/RTP/SAVPF 111", "a=mid:0"),
        *("a=ice-ufrag:one", "a=ice-pwd:secret", "a=candidate:1 1 udp 1 127.0.0.1 9 typ host"),
    )
)


def test_candidates_are_read_with_their_sections_and_what_is_strange_is_left_out() -> None:
    said = fragment_of(
        "a=ice-ufrag:one\r\na=ice-pwd:secret\r\nm=audio 9 UDP 0\r\na=mid:0\r\n"
        "a=candidate:1 1 udp 1 10.0.0.1 9 typ host\r\nnonsense\r\na=mid:1\r\na=candidate:2\r\n"
    )
    assert (said.ufrag, said.password) == ("one", "secret")
    assert said.candidates == (
        ("0", "candidate:1 1 udp 1 10.0.0.1 9 typ host"),
        ("1", "candidate:2"),
    )
    assert not Door("key", "secret", OFFER).is_another(said)


def test_other_credentials_are_a_restart_of_the_same_offer() -> None:
    door = Door("key", "secret", OFFER)
    said, etag = fragment_of("a=ice-ufrag:two\na=ice-pwd:other"), door.etag
    assert door.is_another(said)
    offer = door.restarted(said)
    assert offer == OFFER.replace(":one", ":two").replace("pwd:secret", "pwd:other").replace(
        "\r\na=candidate:1 1 udp 1 127.0.0.1 9 typ host", ""
    )
    door.renew(offer)
    assert door.etag != etag
    assert not door.is_another(said)
    shown = door.fragment("v=0\r\na=ice-ufrag:ours\r\na=ice-lite\r\na=ice-pwd:word\r\n")
    assert shown == "a=ice-ufrag:ours\r\na=ice-pwd:word\r\n"


def test_a_session_is_opened_by_the_key_that_began_it() -> None:
    door = Door("key", "secret", OFFER)
    assert door.is_named("secret")
    assert door.is_opened_by("key")
    assert not door.is_named("key")
    assert not door.is_opened_by("secret")
