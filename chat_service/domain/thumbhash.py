"""ThumbHash: some 25 bytes that say roughly how a picture looks, for the moment before it is
there. The format is published at https://evanw.github.io/thumbhash; this writes it. Pure.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import cos, pi
from typing import NamedTuple

SIDE = 32
"""Enough detail for the few waves that are kept; every pixel costs."""

Pixel = tuple[int, int, int, int]


class _Waves(NamedTuple):
    constant: float
    others: list[float]
    scale: float

    def nibbles(self) -> list[int]:
        """The waves in 4 bits each."""
        return [round(15 * one) for one in self.others]


def thumbhash(width: int, height: int, rgba: bytes) -> bytes:
    """The hash of a picture, four bytes a pixel, at most SIDE pixels either way."""
    pixels: list[Pixel] = list(zip(*(rgba[at::4] for at in range(4)), strict=True))
    lightness, yellow, red, opacity = _channels(pixels)
    has_alpha = any(one[3] < 255 for one in pixels)
    most = 5 if has_alpha else 7
    longer = max(width, height)
    across = max(1, round(most * width / longer))
    down = max(1, round(most * height / longer))

    def waves(values: Sequence[float], nx: int, ny: int) -> _Waves:
        return _encoded(values, (width, height), nx, ny)

    light = waves(lightness, max(3, across), max(3, down))
    is_wide = width > height
    return _packed(
        light,
        waves(yellow, 3, 3),
        waves(red, 3, 3),
        waves(opacity, 5, 5) if has_alpha else None,
        (down if is_wide else across, is_wide),
    )


def _channels(pixels: Sequence[Pixel]) -> tuple[list[float], ...]:
    """Lightness, yellow to blue, red to green, and opacity, over the average colour."""
    total = sum(alpha for *_, alpha in pixels) / 255
    average = [
        sum(one[at] * one[3] for one in pixels) / (255 * 255) / total if total else 0.0
        for at in range(3)
    ]
    found: tuple[list[float], ...] = ([], [], [], [])
    for *colour, alpha in pixels:
        a = alpha / 255
        r, g, b = (average[at] * (1 - a) + a / 255 * colour[at] for at in range(3))
        for values, value in zip(found, ((r + g + b) / 3, (r + g) / 2 - b, r - g, a), strict=True):
            values.append(value)
    return found


def _encoded(values: Sequence[float], size: tuple[int, int], nx: int, ny: int) -> _Waves:
    width, height = size
    constant, others, scale = 0.0, [], 0.0
    across = [_wave(cx, width) for cx in range(nx)]
    for cy in range(ny):
        down = _wave(cy, height)
        for cx in range(nx):
            if cx * ny >= nx * (ny - cy):
                break
            wave = across[cx]
            strength = sum(
                row * sum(map(float.__mul__, values[y * width : y * width + width], wave))
                for y, row in enumerate(down)
            ) / (width * height)
            if cx or cy:
                others.append(strength)
                scale = max(scale, abs(strength))
            else:
                constant = strength
    if scale:
        others = [0.5 + 0.5 / scale * one for one in others]
    return _Waves(constant, others, scale)


def _wave(order: int, length: int) -> list[float]:
    step: Callable[[int], float] = lambda at: cos(pi / length * order * (at + 0.5))  # noqa: E731
    return [step(at) for at in range(length)]


def _packed(
    light: _Waves, yellow: _Waves, red: _Waves, opacity: _Waves | None, shape: tuple[int, bool]
) -> bytes:
    shorter, is_wide = shape
    head = round(63 * light.constant) | round(31.5 + 31.5 * yellow.constant) << 6
    head |= round(31.5 + 31.5 * red.constant) << 12 | round(31 * light.scale) << 18
    head |= (opacity is not None) << 23
    more = shorter | round(63 * yellow.scale) << 3 | round(63 * red.scale) << 9 | is_wide << 15
    packed = bytearray(head.to_bytes(3, "little") + more.to_bytes(2, "little"))
    nibbles = light.nibbles() + yellow.nibbles() + red.nibbles()
    if opacity is not None:
        packed.append(round(15 * opacity.constant) | round(15 * opacity.scale) << 4)
        nibbles += opacity.nibbles()
    nibbles += [0] * (len(nibbles) % 2)
    packed += bytes(low | high << 4 for low, high in zip(nibbles[::2], nibbles[1::2], strict=True))
    return bytes(packed)
