"""The press in C, as Python holds it: memory that C reads and counts in, alive as long as C may
reach it. A roll holds the copies on it, their lines and their outlets; an outlet holds the keys
that C encrypts with, for as long as it names them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from struct import Struct
from typing import TYPE_CHECKING, Any

from media_sfu.batch import FFI, Batch, Destination
from media_sfu.domain.frames import Vp8
from media_sfu.domain.intake import NOTHING, Kept
from media_sfu.kernel.building import SHARED
from media_sfu.press import Outlet, Press, Sent

if TYPE_CHECKING:
    from media_sfu.compat import Srtp
    from media_sfu.tracks import DownTrack

_PACKET = Struct("@qdIHBBBB?x")
"""`struct packet`."""
_UNMARKED = (0, 0, 0, 0, 0, False)


@cache
def library(built: Path) -> Any:
    """What was built, loaded; OSError when that cannot be."""
    _declare()
    return FFI.dlopen(str(built))


@cache
def _declare() -> None:
    FFI.cdef(SHARED.read_text())


class Counted:
    """What was sent of a copy, counted by C."""

    __slots__ = ("_newest", "copy")

    def __init__(self) -> None:
        self.copy = FFI.new("struct copy *")
        self._newest = memoryview(FFI.buffer(FFI.addressof(self.copy, "newest")))
        self.newest = NOTHING

    @property
    def packets(self) -> int:
        """That were sent."""
        return int(self.copy.packets)

    @packets.setter
    def packets(self, count: int) -> None:
        self.copy.packets = count

    @property
    def octets(self) -> int:
        """Of them."""
        return int(self.copy.octets)

    @octets.setter
    def octets(self, count: int) -> None:
        self.copy.octets = count

    @property
    def newest(self) -> Kept:
        """Its numbers; the packet itself C does not keep."""
        number, at, timestamp, *said, is_marked = _PACKET.unpack_from(self._newest)
        if number < 0:
            return NOTHING
        picture, base, picture_at, base_at, is_long = said
        mark = Vp8(False, picture, picture_at, bool(is_long), base, base_at, 0)
        return Kept(number, b"", timestamp, mark if is_marked else None, at)

    @newest.setter
    def newest(self, kept: Kept) -> None:
        _PACKET.pack_into(self._newest, 0, *_told(kept))


class Leading(Outlet):
    """An outlet as C finds it."""

    __slots__ = ("outlet",)

    def __init__(self) -> None:
        super().__init__()
        self.outlet = FFI.new("struct outlet *")

    def lead(self, to: Destination | None, srtp: Srtp | None) -> None:
        """From the next packet on."""
        outlet = self.outlet
        if to is not None:
            FFI.memmove(outlet.name, to.name, to.size)
            outlet.name_size = to.size
        is_open = srtp is not None and to is not None
        outlet.session = FFI.cast("void *", srtp.address if srtp and is_open else 0)
        # What was named until now may be freed by this, and is named no more.
        super().lead(to, srtp)


@dataclass(frozen=True, slots=True)
class Roll:
    """Copies in the order in which they are sent."""

    copies: Any
    count: int
    holds: list[Any]
    """What they point to."""


class Compiled(Press):
    """Copies are made in C; what is like no other packet, in Python, in the same slots."""

    name = "compiled"

    def __init__(
        self,
        batch: Batch,
        sizes: list[Any],
        slots: list[Any],
        protect: Callable[[Any, Any, Any], int],
        *,
        library: Any,
        entry: int,
    ) -> None:
        super().__init__(batch, sizes, slots, protect)
        self._made_by = library.moim_copy
        self._packet = FFI.new("struct packet *")
        self._told = memoryview(FFI.buffer(self._packet))
        self._batch = made = FFI.new("struct batch *")
        made.protect = FFI.cast("int (*)(void *, void *, int *)", entry)
        batch.share(made)

    def sent(self) -> Sent:
        """For a new copy."""
        return Counted()

    def outlet(self) -> Outlet:
        """For a new wire."""
        return Leading()

    def enrol(self, downs: list[DownTrack]) -> Roll:
        """Write down what C takes for listeners, until something of it changes."""
        enrolled = [down for down in downs if down.wire is not None]
        holds = [held for down in enrolled for held in _written(down)]
        copies = FFI.new("struct copy *[]", [down.sent.copy for down in enrolled])  # type: ignore[attr-defined]
        return Roll(copies, len(enrolled), holds)

    def copy(self, roll: Roll, kept: Kept) -> None:
        """Send a new packet to everybody on the roll."""
        _PACKET.pack_into(self._told, 0, *_told(kept))
        batch, packet = self.batch, kept.packet
        batch.count = self._made_by(
            self._batch, batch.count, roll.copies, roll.count, self._packet, packet, len(packet)
        )


def _told(kept: Kept) -> tuple[Any, ...]:
    number, _, timestamp, mark, at = kept
    if mark is None:
        return (number, at, timestamp, *_UNMARKED)
    said = (mark.picture, mark.base, mark.picture_at, mark.base_at, mark.is_long, True)
    return (number, at, timestamp, *said)


def _written(down: DownTrack) -> list[Any]:
    """A copy's struct brought up to date, and what it points to."""
    sent: Any = down.sent
    outlet: Any = down.wire and down.wire.outlet
    copy, footing, line = sent.copy, down.footing, FFI.NULL
    if down.line is not None:
        line = FFI.from_buffer("int64_t[]", down.line.memory)
    copy.outlet, copy.line = outlet.outlet, line
    copy.since, copy.offset = footing.since, footing.offset & 0xFFFF
    copy.shift, copy.picture = footing.shift & 0xFFFFFFFF, footing.picture & 0x7FFF
    copy.base, copy.renumbers = footing.base & 0xFF, footing.renumbers
    copy.pt, copy.ssrc, copy.word = down.pt, down.ssrc, down.word
    return [sent, outlet, line]
