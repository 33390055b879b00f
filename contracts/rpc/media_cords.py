"""What signaling_service asks of a media worker for a participant that is opened with
`Manner.CORD`: one that speaks plain RTP over UDP, sealed with a key that signaling hands out, as
libraries of bots do. There is no description; a cord carries one voice up, and every voice down.

First `LayCord` says where the client shall send to and under which SSRC; the client asks there from
which address it is seen (`domain/discovery.py`), tells signaling, and `KeyCord` ties the cord to
that address. A microphone that is announced (`media.Publish`) is up at once.
"""

from __future__ import annotations

from hashlib import sha256

from pydantic import Field

from contracts.rpc.base import Call
from contracts.rpc.media import ASKERS
from contracts.wire import Wire

AES = "aead_aes256_gcm_rtpsize"
XCHACHA = "aead_xchacha20_poly1305_rtpsize"
MODES = (AES, XCHACHA)
"""How packets may be sealed, the cheaper one first."""


def heard_as(track: str) -> int:
    """The SSRC under which every cord of a room gets a track: so nobody has to be told."""
    return int.from_bytes(sha256(track.encode()).digest()[:4], "big") or 1


class CordLaid(Wire):
    """Where the client sends to."""

    host: str
    port: int
    ssrc: int
    """Of what it sends: a secret between it and us, for others get its voice under another."""


class LayCord(Call[CordLaid]):
    """Lay a cord for a participant, or say again where it is."""

    service = "media"
    callers = ASKERS

    room: str
    participant: str


class CordKeyed(Wire):
    """What seals packets both ways."""

    key: str
    """In hexadecimal."""


class KeyCord(Call[CordKeyed]):
    """Tie a cord to an address and a fresh key. Refused (Invalid) unless the client was seen there:
    nobody can have packets sent to somebody else.
    """

    service = "media"
    callers = ASKERS
    idempotent = False

    room: str
    participant: str
    mode: str
    host: str = Field(max_length=64)
    port: int = Field(ge=1, le=65_535)
