"""Pictures from strangers: recognised by content, turned upright, made small enough, and written
anew, so that nothing is kept but what one sees. Pillow works on two threads of its own, off the
event loop, and is imported by the first picture.
"""

from __future__ import annotations

import asyncio
import binascii
from base64 import b64decode
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from hashlib import sha256
from io import BytesIO
from typing import TYPE_CHECKING, Protocol, TypeVar

from contracts.errors import Invalid

if TYPE_CHECKING:
    from PIL.Image import Image

T = TypeVar("T")

MOST_PIXELS = 32_000_000
"""Of one frame: about what a telephone photographs."""
MOST_MOVING_PIXELS = 64_000_000
"""Of all frames together, as they come: what they cost to read."""
MOST_HELD_PIXELS = 32_000_000
"""Of all frames together, made smaller: they are in memory at once, 4 bytes each."""
MOST_FRAMES = 400
MOVING_SIDE = 640
"""The longer side of what moves, however large a still one may be."""
_READ = ("PNG", "JPEG", "GIF", "WEBP")
_QUALITY = 88
_FRAME_MS = 100
_THREADS = ThreadPoolExecutor(2, thread_name_prefix="pictures")


class Measure(Protocol):
    """How large a picture may be; contracts/assets.py has one for each kind."""

    @property
    def side(self) -> int:
        """The longer side of what is kept."""

    @property
    def most_bytes(self) -> int:
        """Of what is sent."""

    @property
    def may_move(self) -> bool:
        """Whether an animation is kept as one."""


@dataclass(frozen=True, slots=True)
class _AsItIs:
    side: int = 1 << 16
    most_bytes: int = 1 << 30
    may_move: bool = True


_AS_IT_IS = _AsItIs()


@dataclass(frozen=True, slots=True)
class Picture:
    """Ready to be kept."""

    data: bytes
    digest: str
    """The public name: a digest of the content, with `a_` before it when it moves."""
    media_type: str
    width: int
    height: int

    @property
    def moves(self) -> bool:
        """Whether it is animated."""
        return self.digest.startswith("a_")


@dataclass(frozen=True, slots=True)
class Remade:
    """A picture written anew as it is, without what else its file said."""

    data: bytes
    media_type: str
    width: int
    height: int
    glimpse: tuple[int, int, bytes]
    """The same very small: width, height and RGBA."""


class _Refused(Exception):
    """(code, message) of a form error."""


async def picture_from(sent: str | bytes, kind: Measure, field: str = "image") -> Picture:
    """A picture as it came: a data URI, or bytes. Raises Invalid at its field."""
    try:
        return await aside(lambda: _made_anew(_bytes_of(sent, kind), kind))
    except _Refused as refused:
        code, message = refused.args
        raise Invalid({field: (code, message)}) from None


async def remade(sent: bytes, field: str, *, glimpse: int) -> Remade:
    """A picture upright and in its own size, with nothing but what one sees. Raises Invalid at its
    field.
    """
    try:
        return await aside(lambda: _remade(sent, glimpse))
    except _Refused as refused:
        code, message = refused.args
        raise Invalid({field: (code, message)}) from None


async def fitted(kept: bytes, ending: str, box: tuple[int, int], *, moving: bool) -> bytes:
    """A picture of ours in a format, within a box, in its own proportions; never larger."""
    return await aside(lambda: _fitted(kept, ending, box, moving=moving))


async def rendered(kept: bytes, ending: str, size: int | None, *, moving: bool) -> bytes:
    """A picture of ours in another format (png, jpg, webp, gif) or smaller; never larger."""
    return await aside(lambda: _rendered(kept, ending, size, moving=moving))


async def aside(work: Callable[[], T]) -> T:
    """Do something with pictures on the threads that are meant for it."""
    return await asyncio.get_running_loop().run_in_executor(_THREADS, work)


def _remade(data: bytes, side: int) -> Remade:
    from PIL import Image

    frames, ending, times = _seen(data, _AS_IT_IS)
    made = _picture(_written(frames, ending, times), ending, frames[0].size, moves=bool(times))
    share = side / max(made.width, made.height)
    width, height = max(1, round(made.width * share)), max(1, round(made.height * share))
    small = frames[0].resize((width, height), Image.Resampling.BOX).convert("RGBA").tobytes()
    return Remade(made.data, made.media_type, made.width, made.height, (width, height, small))


def _bytes_of(sent: str | bytes, kind: Measure) -> bytes:
    if isinstance(sent, str):
        head, comma, body = sent.partition(",")
        if not (comma and head.startswith("data:") and head.endswith(";base64")):
            raise _Refused("IMAGE_INVALID", "Must be a data URI with base64.")
        if len(body) > kind.most_bytes * 4 // 3 + 4:
            raise _too_large(kind)
        try:
            sent = b64decode(body)
        except (binascii.Error, ValueError):
            raise _Refused("IMAGE_INVALID", "The base64 of the data URI is broken.") from None
    if len(sent) > kind.most_bytes:
        raise _too_large(kind)
    return sent


def _too_large(kind: Measure) -> _Refused:
    return _Refused(
        "BINARY_TYPE_MAX_SIZE", f"File cannot be larger than {kind.most_bytes >> 10} KiB."
    )


def _made_anew(data: bytes, kind: Measure) -> Picture:
    frames, ending, times = _seen(data, kind)
    return _picture(_written(frames, ending, times), ending, frames[0].size, moves=bool(times))


def _seen(data: bytes, kind: Measure) -> tuple[list[Image], str, list[int]]:
    """What one sees, as which format it is written, and how long each frame is shown."""
    from PIL import Image, ImageOps

    Image.MAX_IMAGE_PIXELS = MOST_PIXELS  # ends a bomb that hides within a frame
    try:
        with Image.open(BytesIO(data), formats=_READ) as image:
            if image.width * image.height > MOST_PIXELS:
                raise _Refused("IMAGE_INVALID", f"Must have at most {MOST_PIXELS:,} pixels.")
            if kind.may_move and getattr(image, "is_animated", False):
                frames, times = _frames(image, min(kind.side, MOVING_SIDE))
                return frames, "gif" if image.format == "GIF" else "webp", times
            ending = {"JPEG": "jpg", "WEBP": "webp"}.get(image.format or "", "png")
            image.draft("RGB", (kind.side, kind.side))
            still = _small(_true_colours(ImageOps.exif_transpose(image)), kind.side)
            return [still], ending, []
    except _Refused:
        raise
    except Exception:
        raise _Refused("IMAGE_INVALID", "Unsupported or broken image.") from None


def _frames(image: Image, side: int) -> tuple[list[Image], list[int]]:
    """Every picture of an animation, and how long each is shown."""
    frames: list[Image] = []
    times: list[int] = []
    pixels = held = 0
    count = getattr(image, "n_frames", 1)  # without decoding them
    if count > MOST_FRAMES or count * image.width * image.height > MOST_MOVING_PIXELS:
        raise _Refused("IMAGE_INVALID", "The animation has too many frames.")
    while True:
        pixels += image.width * image.height
        is_too_much = pixels > MOST_MOVING_PIXELS or held > MOST_HELD_PIXELS
        if is_too_much or len(frames) == MOST_FRAMES:
            raise _Refused("IMAGE_INVALID", "The animation has too many frames.")
        frames.append(_small(image.convert("RGBA"), side))
        held += frames[-1].width * frames[-1].height
        times.append(int(image.info.get("duration") or _FRAME_MS))
        try:
            image.seek(len(frames))
        except EOFError:
            return frames, times


def _small(image: Image, side: int) -> Image:
    """At most so large, with only the pixels: what else a file said stays behind."""
    from PIL import Image

    plain = image if image.mode in ("RGB", "RGBA") else image.convert(_mode(image))
    fresh = Image.new(plain.mode, plain.size)
    fresh.paste(plain)
    fresh.thumbnail((side, side), Image.Resampling.LANCZOS)
    return fresh


def _mode(image: Image) -> str:
    return "RGBA" if image.has_transparency_data else "RGB"


def _true_colours(image: Image) -> Image:
    """In sRGB, as its colour profile is not kept."""
    from PIL import ImageCms

    profile = image.info.get("icc_profile")
    if not profile or image.mode not in ("RGB", "RGBA", "CMYK"):
        return image
    try:
        source = ImageCms.ImageCmsProfile(BytesIO(profile))
        shown = ImageCms.profileToProfile(
            image, source, ImageCms.createProfile("sRGB"), outputMode=_mode(image)
        )
    except ImageCms.PyCMSError:
        return image
    return shown or image


def _written(frames: list[Image], ending: str, times: list[int] | None = None) -> bytes:
    first, *others = frames
    out = BytesIO()
    moving = {"save_all": True, "append_images": others, "duration": times, "loop": 0}
    extra = moving if others else {}
    if ending in ("jpg", "jpeg"):
        _opaque(first).save(out, "JPEG", quality=_QUALITY, progressive=True)
    elif ending == "webp":
        first.save(out, "WEBP", quality=_QUALITY, method=2, **extra)
    elif ending == "gif":
        first.save(out, "GIF", disposal=2, **extra)
    else:
        first.save(out, "PNG", compress_level=6)
    return out.getvalue()


def _opaque(image: Image) -> Image:
    """On white, for formats without transparency."""
    from PIL import Image

    if image.mode != "RGBA":
        return image
    paper = Image.new("RGB", image.size, "white")
    paper.paste(image, mask=image.getchannel("A"))
    return paper


def _picture(data: bytes, ending: str, size: tuple[int, int], *, moves: bool) -> Picture:
    digest = sha256(data).hexdigest()[:32]
    media_type = f"image/{'jpeg' if ending == 'jpg' else ending}"
    return Picture(data, f"a_{digest}" if moves else digest, media_type, *size)


def _rendered(kept: bytes, ending: str, size: int | None, *, moving: bool) -> bytes:
    side = size or _AS_IT_IS.side
    return _fitted(kept, ending, (side, side), moving=moving)


def _fitted(kept: bytes, ending: str, box: tuple[int, int], *, moving: bool) -> bytes:
    from PIL import Image

    with Image.open(BytesIO(kept), formats=_READ) as image:
        share = min(1.0, box[0] / image.width, box[1] / image.height)
        side = max(1, round(max(image.size) * share))
        moves = bool(getattr(image, "is_animated", False))
        goes_on = moves and moving and ending in ("gif", "webp")
        wanted = {"jpg": "JPEG", "jpeg": "JPEG"}.get(ending, ending.upper())
        if image.format == wanted and side == max(image.size) and moves == goes_on:
            return kept
        if goes_on:
            frames, times = _frames(image, side)
            return _written(frames, ending, times)
        return _written([_small(image, side)], ending)
