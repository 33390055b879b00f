"""Which press a worker has: the one in C where it was built, the one in Python everywhere else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chassis.logs import logger
from media_sfu import batch
from media_sfu.kernel import building
from media_sfu.press import Press
from media_sfu.settings import Kernel

if TYPE_CHECKING:
    from media_sfu.wire import Crypt

log = logger("media")


class Unavailable(Exception):
    """In one sentence why it cannot be had."""


def chosen(kernel: Kernel) -> Any:
    """The library of the press in C, or None; said once, as it decides what a packet costs. Where
    nothing else will do, Unavailable.
    """
    library, why = (None, "asked for") if kernel is Kernel.PURE else _found()
    if kernel is Kernel.COMPILED and library is None:
        raise Unavailable(f"MEDIA_KERNEL=compiled: {why}")
    if library is not None:
        log.info("media.kernel", kernel=Kernel.COMPILED)
    else:
        log.info("media.kernel", kernel=Kernel.PURE, why=why)
    return library


def _found() -> tuple[Any, str]:
    built = building.place()
    if not batch.HAS_SENDMMSG:
        return None, "this system has no sendmmsg"
    if not built.exists():
        return None, "not built; python -m media_sfu.kernel"
    from media_sfu.kernel import compiled

    try:
        return compiled.library(built), ""
    except OSError as error:
        return None, str(error)


def press(library: Any, crypt: Crypt) -> Press:
    """For a worker's wires."""
    filled, compat = crypt.batch, crypt.compat
    cast = compat.ffi.cast
    slots: list[Any] = [cast("void *", address) for address in filled.addresses]
    sizes: list[Any] = [cast("int *", address) for address in filled.sizes]
    if library is None:
        return Press(filled, sizes, slots, compat.protect)
    from media_sfu.kernel.compiled import Compiled

    return Compiled(filled, sizes, slots, compat.protect, library=library, entry=compat.PROTECT)
