"""Web Push by the letter of its RFCs."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from notification_service.domain.devices import WebKeys
from notification_service.domain.webpush import (
    BODY_MOST,
    PLAIN_MOST,
    are_keys,
    audience_of,
    b64,
    encrypt,
    identification,
    private_key,
    public_bytes,
    unb64,
)

THEIRS = WebKeys(
    "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
    "BTBZMqHH6r4Tts7J_aSIgg",
)
OURS = ec.derive_private_key(
    int.from_bytes(unb64("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"), "big"), ec.SECP256R1()
)
SALT = unb64("DGv6ra1nlYgDCS1FRnbzlw")


def test_the_example_of_rfc_8291() -> None:
    plain = b"When I grow up, I want to be a watermelon"
    assert b64(encrypt(plain, THEIRS, ephemeral=OURS, salt=SALT)) == (
        "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWA"
        "mS6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxs"
        "j_Qulcy4a-fN"
    )


def test_the_longest_text_fits_what_every_service_takes() -> None:
    assert len(encrypt(bytes(PLAIN_MOST), THEIRS, ephemeral=OURS, salt=SALT)) == BODY_MOST


@pytest.mark.parametrize(
    "keys",
    [
        WebKeys("", ""),
        WebKeys(THEIRS.p256dh, "short"),
        WebKeys("BA", THEIRS.auth),
        WebKeys(b64(b"\x04" + bytes(64)), THEIRS.auth),
        WebKeys("no base64 €", THEIRS.auth),
    ],
)
def test_keys_that_no_browser_made_are_told(keys: WebKeys) -> None:
    assert are_keys(THEIRS)
    assert not are_keys(keys)


def test_the_same_secret_is_the_same_identity() -> None:
    secrets = (bytes(32), b"\xff" * 32, b"\x01" * 32)
    assert len({public_bytes(private_key(one)) for one in secrets}) == len(secrets)
    key = private_key(bytes(32))
    assert public_bytes(private_key(bytes(32))) == public_bytes(key)
    audience = audience_of("https://push.example:8443/send/abc?x=y")
    assert audience == "https://push.example:8443"
    text = identification(key, audience, contact="mailto:a@b.c", expires_s=5)
    assert text.startswith("vapid t=")
    assert text.endswith(f", k={b64(public_bytes(key))}")
