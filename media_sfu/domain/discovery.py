"""IP discovery as Discord's voice libraries do it: a client behind a router asks from which address
it is seen. 74 bytes: type and length, SSRC, the address as text, its port.
"""

from __future__ import annotations

from struct import Struct

_ASKED = Struct("!HHI64sH")
_REQUEST, _RESPONSE, _LENGTH = 1, 2, 70

BYTES = _ASKED.size


def read(data: bytes) -> int | None:
    """The SSRC of who asks; None for anything else."""
    if len(data) != BYTES:
        return None
    kind, length, ssrc, _, _ = _ASKED.unpack(data)
    return ssrc if (kind, length) == (_REQUEST, _LENGTH) else None


def answer(ssrc: int, address: tuple[str, int]) -> bytes:
    """From where it was asked."""
    host, port = address
    return _ASKED.pack(_RESPONSE, _LENGTH, ssrc, host.encode(), port)
