"""Packets of voice and video at their pace, and what comes of them: `bench sfu`'s generator.

One thread sends and hears for everybody, many datagrams in one system call, so that the generator
stays well below the core it has. A packet says when it left, right before it did; when it came is
the kernel's word. So what the generator itself is late with is in no figure.
"""

from __future__ import annotations

import heapq
import select
import socket
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import cycle
from struct import Struct
from time import monotonic
from typing import Any

import cffi

from loadtest.bench.streams import Heard, Source, came_at, left_at
from media_sfu import compat
from media_sfu.domain import rtcp
from stack.caller import Caller

SLOTS, SLOT_BYTES, NOTE_BYTES = 64, 2_048, 64
QUIET_S = 0.3
"""No media came for so long: none is on its way any more."""
REPORT_EVERY_S = 1.0
REPORTS_MOST = 31
_NUMBER = Struct("!xxHxxxxI")
_STAMPS = 35
"""SO_TIMESTAMPNS, which Python does not name."""

FFI: Any = cffi.FFI()
FFI.cdef("""
struct iovec { void *iov_base; size_t iov_len; };
struct msghdr { void *msg_name; unsigned int msg_namelen; struct iovec *msg_iov; size_t msg_iovlen;
                void *msg_control; size_t msg_controllen; int msg_flags; };
struct mmsghdr { struct msghdr msg_hdr; unsigned int msg_len; };
int recvmmsg(int sockfd, struct mmsghdr *msgvec, unsigned int vlen, int flags, void *timeout);
""")


class Inbox:
    """Where datagrams land, with the moment at which each reached its socket."""

    def __init__(self) -> None:
        self._receive = FFI.dlopen(None).recvmmsg
        self._memory = FFI.new("char[]", SLOTS * SLOT_BYTES)
        self._notes = FFI.new("char[]", SLOTS * NOTE_BYTES)
        self._vectors = FFI.new("struct iovec[]", SLOTS)
        self.messages = FFI.new("struct mmsghdr[]", SLOTS)
        whole, notes = memoryview(FFI.buffer(self._memory)), memoryview(FFI.buffer(self._notes))
        self.views = [whole[at * SLOT_BYTES : (at + 1) * SLOT_BYTES] for at in range(SLOTS)]
        self.notes = [notes[at * NOTE_BYTES : (at + 1) * NOTE_BYTES] for at in range(SLOTS)]
        base = int(FFI.cast("uintptr_t", self._memory))
        self.slots = [compat.ffi.cast("void *", base + at * SLOT_BYTES) for at in range(SLOTS)]
        self._headers = [self.messages[at].msg_hdr for at in range(SLOTS)]
        for at, header in enumerate(self._headers):
            self._vectors[at].iov_base = self._memory + at * SLOT_BYTES
            self._vectors[at].iov_len = SLOT_BYTES
            header.msg_iov, header.msg_iovlen = self._vectors + at, 1
            header.msg_control, header.msg_controllen = self._notes + at * NOTE_BYTES, NOTE_BYTES

    def take(self, number: int) -> int:
        """How many came on this socket."""
        came = self._receive(number, self.messages, SLOTS, socket.MSG_DONTWAIT, FFI.NULL)
        for header in self._headers[: max(0, came)]:
            header.msg_controllen = NOTE_BYTES  # the kernel wrote there how much it used
        return max(0, int(came))


@dataclass(eq=False)
class Ear:
    """A caller who listens in this thread from now on."""

    caller: Caller
    looks: bool = True
    """Into every packet, for when it left; one that does not counts only."""
    streams: dict[int, Heard] = field(default_factory=dict)
    late: list[float] = field(default_factory=list)
    """Microseconds from the sender's socket to this one."""
    came: int = 0
    refused: int = 0

    def __post_init__(self) -> None:
        self.socket, self._session = self.caller.lend()
        self.socket.setsockopt(socket.SOL_SOCKET, _STAMPS, 1)
        self._length = compat.ffi.new("int *")
        self._own = 0x20_0000 + self.socket.fileno()

    def take(self, inbox: Inbox) -> None:
        """What lies on the socket."""
        for at in range(inbox.take(self.socket.fileno())):
            view = inbox.views[at]
            if view[0] < 128 or 192 <= view[1] <= 223:
                continue
            short, ssrc = _NUMBER.unpack_from(view)
            stream = self.streams.get(ssrc)
            if stream is None:
                stream = self.streams[ssrc] = Heard(short)
            stream.note(short)
            self.came += 1
            if self.looks:
                self._look(inbox, at)

    def _look(self, inbox: Inbox, at: int) -> None:
        length, moment = self._length, came_at(inbox.notes[at])
        length[0] = inbox.messages[at].msg_len
        if compat.unprotect(self._session, inbox.slots[at], length):
            self.refused += 1
            return
        self.late.append((moment - left_at(inbox.views[at][: length[0]])) / 1000)

    def report(self) -> None:
        """What a client tells once a second of what it hears: that nothing was lost."""
        blocks = [
            rtcp.Report(ssrc, 0, 0, one.highest, 0, 0, 0) for ssrc, one in self.streams.items()
        ]
        for begin in range(0, len(blocks), REPORTS_MOST):
            told = blocks[begin : begin + REPORTS_MOST]
            self.caller.send_rtcp(rtcp.receiver_report(self._own, told))

    def forget(self) -> None:
        """Count anew from here."""
        self.came = self.refused = 0
        self.late.clear()
        self.streams.clear()


class Traffic:
    """Everybody who sends and hears."""

    def __init__(
        self, voices: Sequence[tuple[Caller, Sequence[Source]]], ears: Sequence[Ear]
    ) -> None:
        self._inbox = Inbox()
        self._ears = {ear.socket.fileno(): ear for ear in ears}
        for caller, _ in voices:
            caller.lend()  # what it is sent is read by nobody: it shares its memory with sending
        flat = [(caller, source) for caller, sources in voices for source in sources]
        self._voices = [
            # Spread over an interval, as people are who do not know of each other.
            (source.every * at / len(flat), caller, source)
            for at, (caller, source) in enumerate(flat)
        ]
        self._poll = select.epoll()
        for number in self._ears:
            self._poll.register(number, select.EPOLLIN)

    def close(self) -> None:
        """The sockets stay their callers'."""
        self._poll.close()

    def play(self, seconds: float) -> int:
        """Send everything at its pace, and hear what comes of it; how many were sent."""
        began = monotonic()
        end, report_at = began + seconds, began
        reporting, pause = cycle(self._ears.values()), REPORT_EVERY_S / len(self._ears)
        due = [(began + phase, at) for at, (phase, _, _) in enumerate(self._voices)]
        heapq.heapify(due)
        sent = 0
        while (now := monotonic()) < end:
            while due[0][0] <= now:
                moment, at = due[0]
                _, caller, source = self._voices[at]
                sent += source.send(caller)
                heapq.heapreplace(due, (moment + source.every, at))
            if now >= report_at:
                report_at += pause
                next(reporting).report()
            self._hear(max(0.0, min(due[0][0], end) - monotonic()))
        self._settle()
        return sent

    def _settle(self) -> None:
        came, quiet_at = -1, monotonic() + QUIET_S
        while monotonic() < quiet_at:
            self._hear(QUIET_S)
            now = sum(ear.came for ear in self._ears.values())
            if now != came:
                came, quiet_at = now, monotonic() + QUIET_S

    def _hear(self, within: float) -> None:
        # epoll itself waits for whole milliseconds only.
        if select.select([self._poll], [], [], within)[0]:
            for number, _ in self._poll.poll(0, 256):
                self._ears[number].take(self._inbox)
