from __future__ import annotations

import random

import pytest
from nacl import bindings

from contracts.rpc.media_cords import MODES, XCHACHA
from media_sfu.domain import discovery
from media_sfu.domain.freshness import WINDOW, Freshness
from media_sfu.domain.sealing import Seal, XChaCha20Poly1305, hchacha20

KEY = bytes(range(32))
HEAD = bytes.fromhex("8078000100000003cafecafe")
PAUSE = b"\xf8\xff\xfe"


def test_keys_are_derived_as_the_draft_of_xchacha_shows_it() -> None:
    nonce = bytes.fromhex("000000090000004a0000000031415927")
    made = "82413b4227b27bfed30e42508a877d73a0f9e4d58a74a853c12ec41326d3ecdc"
    assert hchacha20(KEY, nonce).hex() == made


def test_the_draft_s_example_is_encrypted_as_it_shows_it() -> None:
    key, nonce = bytes(range(0x80, 0xA0)), bytes(range(0x40, 0x58))
    text = (
        b"Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the "
        b"future, sunscreen would be it."
    )
    about = bytes.fromhex("50515253c0c1c2c3c4c5c6c7")
    made = XChaCha20Poly1305(key).encrypt(nonce, text, about)
    assert made[:8].hex() == "bd6d179d3e83d43b"
    assert made[-16:].hex() == "c0875924c1c7987947deafd8780acf49"


def test_libsodium_opens_what_is_sealed_and_the_other_way_round() -> None:
    seal = Seal(XCHACHA, KEY)
    for count, size in enumerate((0, 1, 3, 63, 64, 65, 200, 1_275), start=(1 << 32) - 3):
        said = random.Random(size).randbytes(size)
        nonce = (count & 0xFFFFFFFF).to_bytes(4, "big")
        sealed = bindings.crypto_aead_xchacha20poly1305_ietf_encrypt(
            said, HEAD, nonce + bytes(20), KEY
        )
        assert seal.seal(HEAD, said, count & 0xFFFFFFFF) == HEAD + sealed + nonce
        assert seal.open(HEAD + sealed + nonce) == HEAD + said


@pytest.mark.parametrize("mode", MODES)
def test_sources_extensions_and_padding_are_left_behind(mode: str) -> None:
    seal = Seal(mode, KEY)
    begin = bytes([0x80 | 32 | 16 | 2]) + HEAD[1:]
    clear = begin + bytes(8) + b"\xbe\xde\x00\x02"
    said = bytes(8) + b"opus" + b"\x00\x00\x03"
    assert seal.open(seal.seal(clear, said, 5)) == HEAD + b"opus"


@pytest.mark.parametrize("mode", MODES)
def test_what_was_changed_anywhere_is_not_opened(mode: str) -> None:
    seal, dice = Seal(mode, KEY), random.Random(mode)
    sealed = seal.seal(HEAD, b"something to say", 9)
    assert seal.open(sealed) == HEAD + b"something to say"
    assert Seal(mode, bytes(32)).open(sealed) is None
    for at in range(len(sealed)):
        assert (
            seal.open(sealed[:at] + bytes([sealed[at] ^ 1 << dice.randrange(8)]) + sealed[at + 1 :])
            is None
        )
    for size in range(len(sealed)):
        assert seal.open(sealed[:size]) is None


@pytest.mark.parametrize("mode", MODES)
def test_no_length_or_flag_leads_out_of_a_packet(mode: str) -> None:
    """Also of packets whose sender has the key: sources, extensions and padding beyond the end."""
    seal, dice = Seal(mode, KEY), random.Random(7)
    for _ in range(1_000):
        first = 0x80 | dice.randrange(64)
        clear = 12 + 4 * (first & 15) + (4 if first & 16 else 0)
        head = bytes([first]) + dice.randbytes(clear - 1)
        packet = seal.open(seal.seal(head, dice.randbytes(dice.randrange(30)), 1))
        assert packet is not None
        assert packet[:12] == b"\x80" + head[1:12]
        assert len(packet) <= 12 + 30
        seal.open(dice.randbytes(dice.randrange(120)))


def test_nothing_is_fresh_twice() -> None:
    """The numbers wrap around, and may come in another order."""
    fresh, dice = Freshness(), random.Random(3)
    begun = (1 << 32) - 500
    seen: set[int] = set()
    for number in range(2_000):
        shuffled = max(0, number - dice.choice((0, 0, 0, 1, 5, 60)))
        is_fresh = fresh.is_fresh(begun + shuffled & 0xFFFFFFFF)
        assert is_fresh is (shuffled not in seen)
        if is_fresh:
            fresh.note(begun + shuffled & 0xFFFFFFFF)
            seen.add(shuffled)
    newest = max(seen)
    assert not fresh.is_fresh(begun + newest - WINDOW & 0xFFFFFFFF)
    fresh.note(begun + newest + 3 * WINDOW & 0xFFFFFFFF)
    assert not fresh.is_fresh(begun + newest & 0xFFFFFFFF)
    assert fresh.is_fresh(begun + newest + 3 * WINDOW - 1 & 0xFFFFFFFF)


def test_who_asks_is_told_from_where() -> None:
    asked = bytes.fromhex("00010046000003e7") + bytes(66)
    assert discovery.read(asked) == 999
    told = discovery.answer(999, ("192.0.2.7", 5_004))
    assert told[:8] == bytes.fromhex("00020046000003e7")
    assert told[8:].partition(b"\0")[0] == b"192.0.2.7"
    assert (len(told), int.from_bytes(told[-2:], "big")) == (74, 5_004)


@pytest.mark.parametrize(
    "said", [b"", bytes(74), bytes.fromhex("00020046") + bytes(70), bytes.fromhex("00010046")]
)
def test_nobody_else_is_answered(said: bytes) -> None:
    assert discovery.read(said) is None
