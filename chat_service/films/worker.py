"""The worker's side: a film on stdin, what it shows first on stdout."""

from __future__ import annotations

import sys
from base64 import b64encode
from io import BytesIO
from typing import TYPE_CHECKING, Any

import orjson

from chassis.confine import confine
from chat_service.domain.thumbhash import SIDE, thumbhash

if TYPE_CHECKING:
    from PIL.Image import Image

MEMORY_BYTES = 1 << 30
CPU_S = 10
_FILES = 64
MOST_PIXELS = 16_000_000
"""Of one picture, before it is made: more than cameras film."""
_POSTER_SIDE = 1_280
_CODECS = frozenset(("h264", "hevc", "vp8", "vp9", "av1", "mpeg4", "libdav1d"))
_FORMATS = {"mp4": "mov", "webm": "matroska"}
_LOOKED_AT = 200
"""Packets until the first picture."""


def main() -> None:
    """Look at one film, of the format that is the argument; an answer of nothing: it shows none."""
    confine(memory_bytes=MEMORY_BYTES, cpu_s=CPU_S, open_files=_FILES)
    film = sys.stdin.buffer.read()
    said, poster = _seen(film, _FORMATS[sys.argv[1]])
    sys.stdout.buffer.write(orjson.dumps(said) + b"\n" + poster)


def _seen(film: bytes, form: str) -> tuple[dict[str, Any], bytes]:
    import av

    av.logging.set_level(None)
    # Only this format: others open files and addresses that a film names.
    opened = av.open(BytesIO(film), "r", format=form, options={"protocol_whitelist": ""})
    with opened as container:
        stream = container.streams.video[0]
        context = stream.codec_context
        if context.name not in _CODECS or context.width * context.height > MOST_PIXELS:
            return {}, b""
        context.options = {"max_pixels": str(MOST_PIXELS)}
        context.thread_count = 1
        for number, packet in enumerate(container.demux(stream)):
            if number == _LOOKED_AT:
                break
            for frame in packet.decode():
                seen: Image = frame.to_image()  # type: ignore[no-untyped-call]
                return _told(_upright(seen, frame.rotation))
    return {}, b""


def _upright(picture: Image, rotation: int) -> Image:
    return picture.rotate(rotation, expand=True) if rotation % 360 else picture


def _told(picture: Image) -> tuple[dict[str, Any], bytes]:
    from PIL import Image

    width, height = picture.size
    picture.thumbnail((_POSTER_SIDE, _POSTER_SIDE), Image.Resampling.LANCZOS)
    out = BytesIO()
    picture.convert("RGB").save(out, "JPEG", quality=85, progressive=True)
    share = SIDE / max(picture.size)
    size = max(1, round(picture.width * share)), max(1, round(picture.height * share))
    small = picture.resize(size, Image.Resampling.BOX).convert("RGBA").tobytes()
    said = {
        "width": width,
        "height": height,
        "placeholder": b64encode(thumbhash(*size, small)).decode(),
        "placeholder_version": 1,
    }
    return said, out.getvalue()
