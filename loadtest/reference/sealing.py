"""The bare cost of a forwarded packet: libsrtp's protect and sendmmsg on packets that are ready.
No forwarder can do with less.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from time import process_time

from pylibsrtp import Policy, Session

from media_sfu import compat
from media_sfu.batch import SLOTS, Batch, Destination

_DRAIN = """
import os, select, sys
os.sched_setaffinity(0, {1 % os.cpu_count()})
poll = select.epoll()
for number in map(int, sys.argv[1:]):
    poll.register(number, select.EPOLLIN)
while True:
    for number, _ in poll.poll():
        os.read(number, 2048)
"""


@contextmanager
def drained(host: str, count: int) -> Iterator[list[Destination]]:
    """Sockets that another process reads: to wake a reader is part of what sending costs."""
    with ExitStack() as stack:
        takers = [
            stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
            for _ in range(count)
        ]
        for taker in takers:
            taker.bind((host, 0))
        numbers = [taker.fileno() for taker in takers]
        reader = subprocess.Popen(
            [sys.executable, "-I", "-S", "-c", _DRAIN, *map(str, numbers)], pass_fds=numbers
        )
        try:
            yield [Destination(taker.getsockname()) for taker in takers]
        finally:
            reader.kill()
            reader.wait()


def sessions(cipher: bytes, count: int) -> list[compat.Srtp]:
    """Each with a key of its own."""
    profile = next(each for each in compat.PROFILES if each.openssl_profile == cipher)
    made = [
        Session(
            Policy(
                key=os.urandom(profile.key_length + profile.salt_length),
                ssrc_type=Policy.SSRC_ANY_OUTBOUND,
                srtp_profile=profile.libsrtp_profile,
            )
        )
        for _ in range(count)
    ]
    return [compat.Srtp(session) for session in made]


def bare(
    host: str, cipher: bytes, sizes: Sequence[int], packets: int, listeners: int = SLOTS
) -> float:
    """Microseconds of CPU a packet, for so many listeners (at most as many as a batch has room
    for), each with keys of its own; the packets are by turns of these sizes.
    """
    turns = packets // listeners
    with drained(host, listeners) as to, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
        batch = Batch(out)
        for slot, one in enumerate(to):
            batch.address(slot, one)
        keys = sessions(cipher, listeners)
        return _turns(batch, keys, sizes, turns) / (turns * listeners) * 1e6


def _turns(batch: Batch, keys: list[compat.Srtp], sizes: Sequence[int], turns: int) -> float:
    cast, protect = compat.ffi.cast, compat.protect
    slots = [cast("void *", address) for address in batch.addresses]
    lengths = [cast("int *", address) for address in batch.sizes]
    ends = list(zip([key.session for key in keys], slots, lengths, batch.views, strict=False))
    began = process_time()
    for number in range(turns):
        size = sizes[number % len(sizes)]
        head = b"\x80\x60" + (number & 0xFFFF).to_bytes(2, "big")
        for session, slot, length, view in ends:
            view[:4] = head
            length[0] = size
            protect(session, slot, length)
        batch.count = len(ends)
        batch.flush()
    return process_time() - began
