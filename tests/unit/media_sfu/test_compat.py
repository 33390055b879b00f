"""What compat.py relies on is there: a rename inside aiortc or pylibsrtp fails here first."""

from __future__ import annotations

import asyncio
from typing import Any

from aiortc.rtcdtlstransport import RTCDtlsTransport

from media_sfu import compat
from tests.fixtures.patience import PATIENCE


async def _wired() -> tuple[compat.Dtls, compat.Dtls, list[bool]]:
    ends: list[compat.Dtls] = []
    certificates = [compat.certificate(), compat.certificate()]
    for number, certificate in enumerate(certificates):
        ends.append(compat.Dtls(certificate, lambda data, to=1 - number: ends[to].inlet.put(data)))
    prints = [compat.fingerprint(certificate) for certificate in certificates]
    done = await asyncio.gather(
        ends[0].shake_hands("sha-256", prints[1], is_server=True),
        ends[1].shake_hands("sha-256", prints[0], is_server=False),
    )
    return ends[0], ends[1], done


async def test_two_ends_shake_hands_and_share_keys_of_aes_gcm() -> None:
    server, client, done = await _wired()
    assert done == [True, True]
    assert compat.PROFILES[0].openssl_profile == b"SRTP_AEAD_AES_128_GCM"
    assert server._ssl is not None
    assert server._ssl.get_selected_srtp_profile() == b"SRTP_AEAD_AES_128_GCM"
    receiving, _ = server.keys()
    _, sending = client.keys()
    packet = bytes((0x80, 96, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3)) + b"payload"
    memory, length = compat.ffi.new("char[]", 2_048), compat.ffi.new("int *")
    compat.ffi.buffer(memory)[: len(packet)] = packet
    length[0] = len(packet)
    assert compat.protect(sending.session, memory, length) == 0
    assert length[0] == len(packet) + 16
    assert compat.unprotect(receiving.session, memory, length) == 0
    assert bytes(compat.ffi.buffer(memory)[: length[0]]) == packet
    report = bytes((0x80, 201, 0, 1, 0, 0, 0, 3))
    assert receiving.unprotect_rtcp(sending.protect_rtcp(report)) == report
    assert receiving.unprotect_rtcp(b"x" * 40) == b""
    for end in (server, client):
        await end.hang_up()


async def test_who_cannot_prove_the_fingerprint_is_not_let_in() -> None:
    ends: list[compat.Dtls] = []
    for number in range(2):
        ends.append(
            compat.Dtls(compat.certificate(), lambda data, to=1 - number: ends[to].inlet.put(data))
        )
    wrong = ":".join(["00"] * 32)
    done = await asyncio.gather(
        ends[0].shake_hands("sha-256", wrong, is_server=True),
        ends[1].shake_hands("sha-256", wrong, is_server=False),
    )
    assert done == [False, False]
    for end in ends:
        await end.hang_up()


async def test_the_end_of_one_is_told_to_the_other() -> None:
    server, client, _ = await _wired()
    ended = asyncio.Event()
    server.on_end(ended.set)
    await client.hang_up()
    async with asyncio.timeout(PATIENCE):
        await ended.wait()
    await server.hang_up()


def test_the_private_names_are_still_there() -> None:
    made: Any = compat.Dtls(compat.certificate(), lambda data: None)
    for name in ("_rx_srtp", "_tx_srtp", "_srtp_profiles", "_ssl", "_task", "_role"):
        assert hasattr(made, name), name
    for name in ("_set_role", "_send_data", "_register_data_receiver", "start", "stop"):
        assert callable(getattr(RTCDtlsTransport, name)), name
