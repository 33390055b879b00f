"""Many packets in one system call: sendmmsg through cffi, without a compiler; where the system has
no such call, one sendto each.
"""

from __future__ import annotations

import errno
import socket
import sys
from typing import Any

import cffi

SLOTS = 64
SLOT_BYTES = 2_048
"""Room for the longest packet and what SRTP adds."""

_DECLARED = """
struct iovec { void *iov_base; size_t iov_len; };
struct msghdr { void *msg_name; unsigned int msg_namelen; struct iovec *msg_iov; size_t msg_iovlen;
                void *msg_control; size_t msg_controllen; int msg_flags; };
struct mmsghdr { struct msghdr msg_hdr; unsigned int msg_len; };
int sendmmsg(int sockfd, struct mmsghdr *msgvec, unsigned int vlen, int flags);
"""
_FULL = (errno.EAGAIN, errno.ENOBUFS)


def _library() -> tuple[Any, Any]:
    ffi = cffi.FFI()
    ffi.cdef(_DECLARED)
    if not sys.platform.startswith("linux"):
        return ffi, None
    library = ffi.dlopen(None)
    return ffi, library if hasattr(library, "sendmmsg") else None


FFI, _LIBRARY = _library()
HAS_SENDMMSG = _LIBRARY is not None


class Destination:
    """An address in the form that the kernel takes."""

    __slots__ = ("address", "name", "size")

    def __init__(self, address: tuple[str, int]) -> None:
        host, port = address
        is_six = ":" in host
        family = socket.AF_INET6 if is_six else socket.AF_INET
        packed = socket.inet_pton(family, host)
        raw = family.to_bytes(2, sys.byteorder) + port.to_bytes(2, "big")
        raw += bytes(4) + packed + bytes(4) if is_six else packed + bytes(8)
        self.address = address
        self.name = FFI.new("char[]", raw)
        self.size = len(raw)


class Batch:
    """Slots that are filled and then sent together."""

    def __init__(self, out: socket.socket) -> None:
        self._socket = out
        self._fd = out.fileno()
        self._memory = FFI.new("char[]", SLOTS * SLOT_BYTES)
        self._vectors = FFI.new("struct iovec[]", SLOTS)
        self._messages = FFI.new("struct mmsghdr[]", SLOTS)
        self.to: list[Destination | None] = [None] * SLOTS
        base = int(FFI.cast("uintptr_t", self._memory))
        self.addresses = [base + slot * SLOT_BYTES for slot in range(SLOTS)]
        """Of each slot, for libraries with an ffi of their own."""
        whole = memoryview(FFI.buffer(self._memory))
        self.views = [whole[slot * SLOT_BYTES : (slot + 1) * SLOT_BYTES] for slot in range(SLOTS)]
        self._headers = [self._messages[slot].msg_hdr for slot in range(SLOTS)]
        first = int(FFI.cast("uintptr_t", FFI.addressof(self._vectors[0], "iov_len")))
        first += FFI.sizeof("size_t") - 4 if sys.byteorder == "big" else 0
        self.sizes = [first + slot * FFI.sizeof("struct iovec") for slot in range(SLOTS)]
        """Of each slot: the address of the number that says how much of it is sent. libsrtp writes
        there itself, into the lower half.
        """
        for slot in range(SLOTS):
            self._vectors[slot].iov_base = FFI.cast("void *", self.addresses[slot])
            self._headers[slot].msg_iov = self._vectors + slot
            self._headers[slot].msg_iovlen = 1
        self.count = 0
        """The slot to fill next."""
        self._tally = FFI.new("uint64_t[2]")
        self._is_shared = False

    @property
    def sent(self) -> int:
        """Packets that left."""
        return int(self._tally[0])

    @property
    def dropped(self) -> int:
        """Packets that did not."""
        return int(self._tally[1])

    def share(self, batch: Any) -> None:
        """Let a press in C fill slots too (`struct batch` of kernel/forward.h)."""
        batch.fd, batch.tally, batch.slots = self._fd, self._tally, self._memory
        batch.messages, batch.vectors = self._messages, self._vectors
        self._is_shared = True

    def push(self, to: Destination, size: int) -> None:
        """The next slot is filled with so many bytes for this destination."""
        slot = self.count
        self._vectors[slot].iov_len = size
        self.address(slot, to)
        self.count = slot + 1
        if self.count == SLOTS:
            self.flush()

    def address(self, slot: int, to: Destination) -> None:
        """What is in this slot goes there; mostly it is where the last one went (`to`), if nobody
        else wrote there.
        """
        if self.to[slot] is not to or self._is_shared:
            header = self._headers[slot]
            header.msg_name = to.name
            header.msg_namelen = to.size
            self.to[slot] = to

    def flush(self) -> None:
        """Send what was filled. What the kernel has no room for is lost, as on the way."""
        count, self.count = self.count, 0
        if not count:
            return
        if _LIBRARY is None:
            self._one_by_one(count)
            return
        done = 0
        while done < count:
            went = _LIBRARY.sendmmsg(self._fd, self._messages + done, count - done, 0)
            if went > 0:
                done += went
                self._tally[0] += went
            elif FFI.errno in _FULL:
                break
            elif FFI.errno != errno.EINTR:
                done += 1
                self._tally[1] += 1
        self._tally[1] += count - done

    def _one_by_one(self, count: int) -> None:
        for slot in range(count):
            to = self.to[slot]
            assert to is not None
            try:
                self._socket.sendto(self.views[slot][: self._vectors[slot].iov_len], to.address)
                self._tally[0] += 1
            except OSError:
                self._tally[1] += 1
