"""What a forwarded packet costs a media worker, beside the bare cost of encrypting and sending it.

One publisher for 16 listeners, one for 64, and ten who all hear each other; the bare cost is
libsrtp's protect and sendmmsg on packets that are ready, in this process, in the same run. Callers
run on another core than the worker, where there is one.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from time import perf_counter_ns, process_time
from typing import Any

from pylibsrtp import Policy, Session

from loadtest.bench.measure import cpu_seconds, pin, quantile
from loadtest.bench.report import bound, goal, progress, result
from loadtest.bench.rooms import HOST, Source, Worker, play, worker
from media_sfu import compat
from media_sfu.batch import Batch, Destination
from stack.caller import Caller, Stream

CIPHERS = {"gcm": b"SRTP_AEAD_AES_128_GCM", "cm": b"SRTP_AES128_CM_SHA1_80"}
_STAMP_BYTES = 8


@dataclass(frozen=True)
class Load:
    """Who sends what to how many."""

    name: str
    publishers: int
    listeners: int
    audio: int = 0
    video: int = 0
    """Packets a second of each publisher."""

    def sources(self) -> list[Source]:
        """Of one publisher."""
        made = []
        if self.audio:
            made.append(Source(Stream("audio", "audio"), self.audio, 112))
        if self.video:
            made.append(Source(Stream("video", "video"), self.video, 1_052))
        return made


LOADS = (
    Load("1 to 16", 1, 16, audio=50, video=600),
    Load("1 to 64", 1, 64, audio=50, video=200),
    Load("10 hear 10", 10, 10, audio=50),
)


WARM = Load("warm", 1, 1, audio=50)


async def measured(on: Worker, load: Load, cipher: bytes, seconds: float) -> dict[str, Any]:
    """Figures of one load."""
    late: list[float] = []
    publishers, callers, names = [], [], []
    before_join = cpu_seconds([on.pid])
    for number in range(load.publishers):
        sources = load.sources()
        names.append(f"speaker {number}")
        publishers.append((await on.publish(names[-1], sources, cipher), sources))
    await play(publishers, 0.2)
    tracks = load.publishers * len(load.sources())

    def heard(packet: bytes) -> None:
        sent = int.from_bytes(packet[-_STAMP_BYTES:], "big")
        late.append((perf_counter_ns() - sent) / 1000)

    for number in range(load.listeners):
        names.append(f"listener {number}")
        callers.append(await on.listen(names[-1], tracks, cipher, heard if number == 0 else None))
    join = (cpu_seconds([on.pid]) - before_join) / len(names)
    await play(publishers, 0.6)
    late.clear()
    counted, spent = sum(caller.packets for caller in callers), cpu_seconds([on.pid])
    sent = await play(publishers, seconds)
    await _settled(callers)
    spent = cpu_seconds([on.pid]) - spent
    came = sum(caller.packets for caller in callers) - counted
    await _gone(on, names, [caller for caller, _ in publishers] + callers)
    return {
        "us": spent / came * 1e6,
        "pps": came / seconds,
        "delivery": came / (sent * load.listeners),
        "p50_us": quantile(late, 0.5),
        "p99_us": quantile(late, 0.99),
        "join_ms": join * 1000,
    }


async def _settled(callers: list[Caller]) -> None:
    """Until all that is on its way has been counted."""
    before = -1
    while (now := sum(caller.packets for caller in callers)) != before:
        before = now
        await asyncio.sleep(0.3)


async def _gone(on: Worker, names: list[str], callers: list[Caller]) -> None:
    await on.leave(*names)
    for caller in callers:
        await caller.close()


_DRAIN = """
import os, select, socket, sys
os.sched_setaffinity(0, {1 % os.cpu_count()})
poll = select.epoll()
for number in map(int, sys.argv[1:]):
    poll.register(number, select.EPOLLIN)
while True:
    for number, _ in poll.poll():
        os.read(number, 2048)
"""


@contextmanager
def drained(count: int) -> Iterator[list[Destination]]:
    """Sockets that another process reads: to wake a reader is part of what sending costs."""
    takers = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(count)]
    for taker in takers:
        taker.bind((HOST, 0))
    numbers = [taker.fileno() for taker in takers]
    reader = subprocess.Popen(
        [sys.executable, "-I", "-S", "-c", _DRAIN, *map(str, numbers)], pass_fds=numbers
    )
    try:
        yield [Destination(taker.getsockname()) for taker in takers]
    finally:
        reader.kill()
        reader.wait()
        for taker in takers:
            taker.close()


def bare(cipher: bytes, size: int, listeners: int, packets: int) -> float:
    """Microseconds a packet of protect and sendmmsg alone, with keys of its own for each listener:
    no forwarder can do with less.
    """
    profile = next(each for each in compat.PROFILES if each.openssl_profile == cipher)
    keys = [
        Policy(
            key=os.urandom(profile.key_length + profile.salt_length),
            ssrc_type=Policy.SSRC_ANY_OUTBOUND,
            srtp_profile=profile.libsrtp_profile,
        )
        for _ in range(listeners)
    ]
    with drained(listeners) as to, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
        ends = list(zip([compat.Srtp(Session(key)) for key in keys], to, strict=True))
        return _bare_loop(Batch(out), ends, size, packets) / packets * 1e6


def _bare_loop(
    batch: Batch, ends: list[tuple[compat.Srtp, Destination]], size: int, packets: int
) -> float:
    slots = [compat.ffi.cast("void *", address) for address in batch.addresses]
    length, protect = compat.ffi.new("int *"), compat.protect
    began = process_time()
    for number in range(packets // len(ends)):
        head = b"\x80\x60" + (number & 0xFFFF).to_bytes(2, "big") + bytes(8)
        for srtp, to in ends:
            slot = batch.count
            batch.views[slot][:12] = head
            length[0] = size
            protect(srtp.session, slots[slot], length)
            batch.push(to, length[0])
    batch.flush()
    return process_time() - began


async def run(arguments: argparse.Namespace) -> int:
    """Every load, then the bare cost, then the verdict."""
    cipher = CIPHERS[arguments.cipher]
    figures: dict[str, Any] = {}
    base = arguments.port
    async with worker((base, base + 1, base + 2)) as on:
        if (os.cpu_count() or 1) > 1:
            pin(on.pid, 0)
            pin(os.getpid(), 1)
        await measured(on, WARM, cipher, 0.5)
        for load in LOADS:
            figures[load.name] = await measured(on, load, cipher, arguments.seconds)
            told = {name: round(value, 2) for name, value in figures[load.name].items()}
            progress(f"{load.name}: {told}")
        pin(os.getpid(), 0)
    floor = bare(cipher, 1_052, 64, 40_000)
    progress(f"bare: {floor:.2f} us")
    goals = [
        goal("us a packet, 1 to 64, beside the bare cost", figures["1 to 64"]["us"], floor, 2.0),
        *(bound(f"lost, {name}", 1 - each["delivery"], 0.001) for name, each in figures.items()),
        bound("ms of CPU a join", figures["1 to 64"]["join_ms"], 8.0),
    ]
    return result("sfu", goals, cipher=arguments.cipher, bare_us=floor, loads=figures)


def main() -> int:
    """As a program."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cipher", choices=CIPHERS, default="gcm")
    parser.add_argument("--seconds", type=float, default=6.0)
    parser.add_argument("--port", type=int, default=19_600)
    return asyncio.run(run(parser.parse_args()))


if __name__ == "__main__":
    raise SystemExit(main())
