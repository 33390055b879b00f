"""How clients of LiveKit's protocol ask to come in."""

from __future__ import annotations

import gzip
from base64 import urlsafe_b64encode

import pytest
from livekit.protocol import rtc

from contracts.rpc.media import Manner
from signaling_service.ws import asking

_PACKED = rtc.WrappedJoinRequest.Compression.GZIP


def packed(request: rtc.JoinRequest, *, is_zipped: bool = True) -> dict[str, str]:
    plain = request.SerializeToString()
    wrapped = rtc.WrappedJoinRequest(join_request=plain)
    if is_zipped:
        wrapped = rtc.WrappedJoinRequest(compression=_PACKED, join_request=gzip.compress(plain))
    text = urlsafe_b64encode(wrapped.SerializeToString()).decode()
    return {"join_request": text.rstrip("=") if is_zipped else text}


@pytest.mark.parametrize("is_zipped", [True, False])
def test_one_request_brings_tracks_and_then_the_offer_along(is_zipped: bool) -> None:
    request = rtc.JoinRequest(
        connection_settings=rtc.ConnectionSettings(auto_subscribe=False),
        publisher_offer=rtc.SessionDescription(type="offer", sdp="v=0", id=7),
        add_track_requests=[rtc.AddTrackRequest(cid="voice")],
    )
    asked = asking.by_request(packed(request, is_zipped=is_zipped))
    assert (asked.manner, asked.subscribes_by_itself, asked.was) == (Manner.ONE, False, None)
    track, offer = asked.says
    assert (track.add_track.cid, offer.offer.id) == ("voice", 7)


def test_who_comes_back_says_who_they_were() -> None:
    request = rtc.JoinRequest(reconnect=True, participant_sid="PA_1")
    asked = asking.by_request(packed(request))
    assert (asked.was, asked.subscribes_by_itself, asked.says) == ("PA_1", True, ())
    asked = asking.by_query({"reconnect": "1", "sid": "PA_1", "auto_subscribe": "0"})
    assert (asked.manner, asked.was, asked.subscribes_by_itself) == (Manner.TWO, "PA_1", False)
    assert asking.by_query({}).was is None


def _wrapped(content: bytes) -> str:
    wrapped = rtc.WrappedJoinRequest(compression=_PACKED, join_request=content)
    return urlsafe_b64encode(wrapped.SerializeToString()).decode()


@pytest.mark.parametrize(
    "told",
    [
        "ä",
        "AAAA",
        _wrapped(b"no gzip"),
        _wrapped(gzip.compress(b"x" * 100)[:-9]),
        _wrapped(gzip.compress(bytes(64 << 20), 9)),
        _wrapped(gzip.compress(b"\xff" * 100)),
    ],
    ids=["no base64", "no message", "no gzip", "cut off", "a bomb", "no request"],
)
def test_what_can_not_be_read_is_refused(told: str) -> None:
    with pytest.raises(ValueError):
        asking.by_request({"join_request": told})
