"""The six default avatars, drawn by the first who asks. For threads: takes some milliseconds."""

from __future__ import annotations

from io import BytesIO

_SIDE = 256
_FINE = 4
_PAPERS = ("#3f6fd8", "#6b7280", "#2f9e6e", "#d98a1f", "#cf4a4a", "#b04fb5")
_INK = "#ffffff"


def drawn(number: int) -> bytes:
    """A head and shoulders on a colour of its own, as PNG."""
    from PIL import Image, ImageDraw

    # Drawn larger and made smaller: that is what smooths the edges.
    side = _SIDE * _FINE
    image = Image.new("RGB", (side, side), _PAPERS[number])
    pen = ImageDraw.Draw(image)
    pen.ellipse((side * 0.34, side * 0.20, side * 0.66, side * 0.52), fill=_INK)
    pen.ellipse((side * 0.18, side * 0.60, side * 0.82, side * 1.24), fill=_INK)
    out = BytesIO()
    image.resize((_SIDE, _SIDE), Image.Resampling.LANCZOS).save(out, "PNG", optimize=True)
    return out.getvalue()
