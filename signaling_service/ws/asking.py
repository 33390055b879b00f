"""How a client of LiveKit's protocol asks to come in: in words of its query (version 0, two
connections), or in one packed request that brings its first offer along (version 1, one).
"""

from __future__ import annotations

import zlib
from base64 import urlsafe_b64decode
from binascii import Error as NotBase64
from collections.abc import Mapping
from dataclasses import dataclass

from google.protobuf.message import DecodeError
from livekit.protocol import rtc

from contracts.rpc.media import Manner

_UNPACKED_MOST = 256 << 10
_GZIP = 31
"""zlib's word for "with the head and the sum of gzip"."""
_TRACKS_MOST = 32


@dataclass(frozen=True, slots=True)
class Asked:
    """What a client wants of its connection."""

    manner: Manner
    subscribes_by_itself: bool = True
    was: str | None = None
    """Who it was, for somebody who comes back."""
    says: tuple[rtc.SignalRequest, ...] = ()
    """What it would have said first."""


def by_query(query: Mapping[str, str]) -> Asked:
    """Version 0."""
    is_back = query.get("reconnect") in ("1", "true")
    return Asked(
        Manner.TWO,
        subscribes_by_itself=query.get("auto_subscribe") not in ("0", "false"),
        was=query.get("sid", "") if is_back else None,
    )


def by_request(query: Mapping[str, str]) -> Asked:
    """Version 1; ValueError when it can not be read."""
    told = query.get("join_request", "")
    try:
        packed = urlsafe_b64decode(told + "=" * (-len(told) % 4))
        wrapped = rtc.WrappedJoinRequest.FromString(packed)
        request = rtc.JoinRequest.FromString(_unpacked(wrapped))
    except (NotBase64, DecodeError, zlib.error) as error:
        raise ValueError("join_request can not be read") from error
    settings = request.connection_settings
    says = [rtc.SignalRequest(add_track=one) for one in request.add_track_requests[:_TRACKS_MOST]]
    if request.HasField("publisher_offer"):
        says.append(rtc.SignalRequest(offer=request.publisher_offer))
    return Asked(
        Manner.ONE,
        subscribes_by_itself=not request.HasField("connection_settings") or settings.auto_subscribe,
        was=request.participant_sid if request.reconnect else None,
        says=tuple(says),
    )


def _unpacked(wrapped: rtc.WrappedJoinRequest) -> bytes:
    if wrapped.compression != rtc.WrappedJoinRequest.Compression.GZIP:
        return wrapped.join_request
    unpacking = zlib.decompressobj(_GZIP)
    request = unpacking.decompress(wrapped.join_request, _UNPACKED_MOST)
    if not unpacking.eof:
        raise ValueError("join_request is cut off, or far too long")
    return request
