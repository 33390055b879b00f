"""The end of a cord as a bot's library holds it: what it seals and opens is libsodium's business or
OpenSSL's, not that of the worker.
"""

from __future__ import annotations

import asyncio
import struct
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from nacl import bindings

from contracts.rpc import media, media_cords
from contracts.rpc.media import Manner, TrackSpec
from contracts.rpc.media_cords import AES
from tests.fixtures.patience import PATIENCE
from tests.service.media_sfu.stand import Stand


@dataclass
class Heard:
    """One packet that came down."""

    number: int
    stamp: int
    ssrc: int
    payload: bytes


@dataclass(eq=False)
class Bot(asyncio.DatagramProtocol):
    """A participant on a cord."""

    stand: Stand
    name: str
    mode: str = AES
    room: str = "room"
    heard: list[Heard] = field(default_factory=list)
    answers: asyncio.Queue[bytes] = field(default_factory=asyncio.Queue)
    count: int = 0
    key: bytes = b""
    laid: media_cords.CordLaid = field(init=False)
    transport: asyncio.DatagramTransport = field(init=False)

    @classmethod
    async def at(cls, stand: Stand, name: str, **how: Any) -> Bot:
        """In the room, tied, with a voice that is announced."""
        bot = cls(stand, name, how.pop("mode", AES))
        await bot.opens(**how)
        await bot.ties(await bot.discovers())
        await bot.ask(
            media.Publish, track=TrackSpec(track=f"{name}s-voice", kind="audio", is_stereo=True)
        )
        return bot

    async def opens(self, **how: Any) -> None:
        """Come in, and be told where to send to."""
        await self.ask(media.OpenParticipant, manner=Manner.CORD, **how)
        self.laid = await self.ask(media_cords.LayCord)
        await self.binds()

    async def binds(self) -> None:
        """From another port than before, if there was one."""
        loop = asyncio.get_running_loop()
        where = (self.laid.host, self.laid.port)
        self.transport, _ = await loop.create_datagram_endpoint(lambda: self, remote_addr=where)
        self.stand.sockets.append(self.transport)

    async def discovers(self, ssrc: int | None = None) -> tuple[str, int]:
        """Where one is seen."""
        asked = struct.pack("!HHI66x", 1, 70, self.laid.ssrc if ssrc is None else ssrc)
        self.transport.sendto(asked)
        async with asyncio.timeout(PATIENCE):
            told = await self.answers.get()
        return told[8:].partition(b"\0")[0].decode(), int.from_bytes(told[-2:], "big")

    async def ties(self, address: tuple[str, int]) -> None:
        """With a fresh key."""
        host, port = address
        keyed = await self.ask(media_cords.KeyCord, mode=self.mode, host=host, port=port)
        self.key = bytes.fromhex(keyed.key)

    async def ask(self, call: Any, **fields: Any) -> Any:
        """Something about oneself."""
        return await self.stand.ask(call(room=self.room, participant=self.name, **fields))

    def sealed(self, payload: bytes, *, ssrc: int | None = None) -> bytes:
        """The next packet."""
        self.count += 1
        said_by = self.laid.ssrc if ssrc is None else ssrc
        stamp = self.count * 960
        head = struct.pack("!BBHII", 0x80, 120, self.count & 0xFFFF, stamp, said_by)
        nonce = self.count.to_bytes(4, "big")
        if self.mode == AES:
            body = AESGCM(self.key).encrypt(nonce + bytes(8), payload, head)
        else:
            body = bindings.crypto_aead_xchacha20poly1305_ietf_encrypt(
                payload, head, nonce + bytes(20), self.key
            )
        return head + body + nonce

    def says(self, payload: bytes, **how: Any) -> bytes:
        """A packet goes up."""
        packet = self.sealed(payload, **how)
        self.transport.sendto(packet)
        return packet

    def payloads(self, track: str) -> list[bytes]:
        """What was heard of a track."""
        ssrc = media_cords.heard_as(track)
        return [each.payload for each in self.heard if each.ssrc == ssrc]

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """An answer, or a packet."""
        if data[0] < 4:
            self.answers.put_nowait(data)
            return
        head, body, nonce = data[:12], data[12:-4], data[-4:]
        if self.mode == AES:
            plain = AESGCM(self.key).decrypt(nonce + bytes(8), body, head)
        else:
            plain = bindings.crypto_aead_xchacha20poly1305_ietf_decrypt(
                body, head, nonce + bytes(20), self.key
            )
        _, _, number, stamp, ssrc = struct.unpack("!BBHII", head)
        self.heard.append(Heard(number, stamp, ssrc, plain))
