"""How long sounds and films last: files written by FFmpeg, and files cut anywhere."""

from __future__ import annotations

from fractions import Fraction
from io import BytesIO

import av
import pytest

from chat_service.domain.measures import PIECE_BYTES, Measure, measured
from contracts.kinds import kind_of

SECONDS, RATE, FRAME = 2, 48_000, 960


def sound(container: str, codec: str) -> bytes:
    """Silence."""
    out = BytesIO()
    with av.open(out, "w", format=container) as file:
        stream = file.add_stream(codec, rate=RATE)
        for at in range(0, SECONDS * RATE, FRAME):
            frame = av.AudioFrame("s16", "mono", FRAME)
            frame.planes[0].update(bytes(frame.planes[0].buffer_size))
            frame.sample_rate, frame.pts, frame.time_base = RATE, at, Fraction(1, RATE)
            file.mux(stream.encode(frame))
        file.mux(stream.encode(None))
    return out.getvalue()


def film(container: str, codec: str) -> bytes:
    """Green darkness."""
    out = BytesIO()
    with av.open(out, "w", format=container) as file:
        stream = file.add_stream(codec, rate=10)
        stream.width, stream.height, stream.pix_fmt = 160, 90, "yuv420p"
        for _ in range(SECONDS * 10):
            frame = av.VideoFrame(160, 90, "yuv420p")
            for plane in frame.planes:
                plane.update(bytes(plane.buffer_size))
            file.mux(stream.encode(frame))
        file.mux(stream.encode(None))
    return out.getvalue()


def measure(data: bytes) -> Measure:
    kind = kind_of(data[:4_096])
    return measured(kind, data[:PIECE_BYTES], data[-PIECE_BYTES:], len(data))


@pytest.mark.parametrize(
    ("container", "codec", "kind"),
    [
        ("wav", "pcm_s16le", "audio/x-wav"),
        ("flac", "flac", "audio/flac"),
        ("ogg", "libopus", "audio/ogg"),
        ("mp3", "libmp3lame", "audio/mpeg"),
        ("ipod", "aac", "audio/mp4"),
    ],
)
def test_a_sound_lasts_as_long_as_it_says(container: str, codec: str, kind: str) -> None:
    data = sound(container, codec)
    assert kind_of(data[:4_096]).media_type == kind
    assert measure(data).facts() == {"duration_secs": pytest.approx(SECONDS, abs=0.1)}
    for cut in range(0, min(len(data), 4_000), 7):
        assert set(measure(data[:cut]).facts()) <= {"duration_secs"}


@pytest.mark.parametrize(
    ("container", "codec", "kind"),
    [
        ("mp4", "mpeg4", "video/mp4"),
        ("mov", "mpeg4", "video/quicktime"),
        ("webm", "libvpx", "video/webm"),
    ],
)
def test_a_film_says_how_large_it_is_too(container: str, codec: str, kind: str) -> None:
    data = film(container, codec)
    assert kind_of(data[:4_096]).media_type == kind
    about = pytest.approx(SECONDS, abs=0.1)
    assert measure(data).facts() == {"duration_secs": about, "width": 160, "height": 90}
    for cut in range(0, len(data), 7):
        measure(data[:cut])
        measure(data[:cut] + b"\xff" * 8 + data[cut + 8 :]).facts()
