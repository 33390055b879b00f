"""What a file is, by its first bytes: its name may say anything. Pure, and cautious: what is not
known for certain is only bytes.
"""

from __future__ import annotations

import codecs
from typing import NamedTuple

HEAD_BYTES = 4_096
"""So much of a file is looked at."""


class Kind(NamedTuple):
    """A media type, and whether a browser may show it where it stands. What is not shown is
    saved: markup and scripts of strangers never run under our name.
    """

    media_type: str
    is_shown: bool = False

    @property
    def is_picture(self) -> bool:
        """Whether it is a picture that we can write anew."""
        return self in PICTURES

    @property
    def lasts(self) -> bool:
        """Whether it is a sound or a film."""
        return self.media_type.startswith(("audio/", "video/"))


BYTES = Kind("application/octet-stream")
TEXT = Kind("text/plain; charset=utf-8")
PNG = Kind("image/png", is_shown=True)
JPEG = Kind("image/jpeg", is_shown=True)
GIF = Kind("image/gif", is_shown=True)
WEBP = Kind("image/webp", is_shown=True)
PICTURES = frozenset({PNG, JPEG, GIF, WEBP})
MP4 = Kind("video/mp4", is_shown=True)
QUICKTIME = Kind("video/quicktime", is_shown=True)
WEBM = Kind("video/webm", is_shown=True)
M4A = Kind("audio/mp4", is_shown=True)
MP3 = Kind("audio/mpeg", is_shown=True)
OGG = Kind("audio/ogg", is_shown=True)
OGV = Kind("video/ogg", is_shown=True)
WAV = Kind("audio/x-wav", is_shown=True)
FLAC = Kind("audio/flac", is_shown=True)
HEIC = Kind("image/heic")
AVIF = Kind("image/avif")
TIFF = Kind("image/tiff")
FILMS = frozenset({MP4, QUICKTIME, WEBM})
"""Those of which a picture can be made."""

_BEGINNINGS = (
    (b"\x89PNG\r\n\x1a\n", PNG),
    (b"\xff\xd8\xff", JPEG),
    (b"GIF87a", GIF),
    (b"GIF89a", GIF),
    (b"II*\0", TIFF),
    (b"MM\0*", TIFF),
    (b"fLaC", FLAC),
    (b"ID3", MP3),
    (b"%PDF-", Kind("application/pdf")),
    (b"PK\x03\x04", Kind("application/zip")),
    (b"PK\x05\x06", Kind("application/zip")),
    (b"\x1f\x8b\x08", Kind("application/gzip")),
    (b"7z\xbc\xaf\x27\x1c", Kind("application/x-7z-compressed")),
    (b"Rar!\x1a\x07", Kind("application/vnd.rar")),
    (b"\xfd7zXZ\x00", Kind("application/x-xz")),
    (b"\x28\xb5\x2f\xfd", Kind("application/zstd")),
)
_RIFF = {b"WEBP": WEBP, b"WAVE": WAV}
_STILLS = {
    **dict.fromkeys((b"avif", b"avis"), AVIF),
    **dict.fromkeys((b"heic", b"heix", b"heim", b"heis", b"mif1", b"msf1"), HEIC),
}
_BOM = codecs.BOM_UTF8


def kind_of(head: bytes) -> Kind:
    """The kind of a file that begins like this; `head` is HEAD_BYTES of it, or all."""
    for beginning, kind in _BEGINNINGS:
        if head.startswith(beginning):
            return kind
    return _of_container(head) or (TEXT if _is_text(head) else BYTES)


def _of_container(head: bytes) -> Kind | None:
    """The kind of what a format that holds many kinds holds."""
    found: Kind | None = None
    if head.startswith(b"RIFF"):
        found = _RIFF.get(head[8:12], BYTES)
    elif head[4:8] == b"ftyp":
        found = _of_brand(head[8:12])
    elif head.startswith(b"\x1a\x45\xdf\xa3"):
        found = WEBM if b"webm" in head[:64] else Kind("video/x-matroska")
    elif head.startswith(b"OggS"):
        found = OGV if b"theora" in head[:128] else OGG
    elif _is_mpeg_sound(head):
        found = MP3
    return found


def _is_mpeg_sound(head: bytes) -> bool:
    """Whether a frame of layer III begins here: its 11 ones alone would also be UTF-16."""
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE6 != 0xE2:
        return False
    return head[1] & 0x18 != 0x08 and 0 < head[2] >> 4 < 15 and head[2] & 0x0C != 0x0C


def _of_brand(brand: bytes) -> Kind:
    if brand in _STILLS:
        return _STILLS[brand]
    if brand in (b"M4A ", b"M4B "):
        return M4A
    return QUICKTIME if brand == b"qt  " else MP4


def _is_text(head: bytes) -> bool:
    try:
        text = codecs.getincrementaldecoder("utf-8")().decode(head.removeprefix(_BOM))
    except UnicodeDecodeError:
        return False
    return bool(head) and not any(sign < " " and sign not in "\t\n\r\f\x1b" for sign in text)
