"""Proves a call: two callers in a room of a media worker, and whether one hears the other."""

from __future__ import annotations

import asyncio
import contextlib
from contextlib import AsyncExitStack
from time import perf_counter
from typing import Any

from chassis.clock import SystemClock
from chassis.metrics import Metrics
from chassis.rpc import Calls
from chassis.tasks import Tasks
from contracts.errors import DomainError, NotFound
from contracts.rpc import media
from contracts.rpc.media import Manner, TrackSpec
from stack.caller import Caller, Stream
from stack.keys import derive, link_key
from stack.ports import LOOPBACK, Ports
from stack.services import MEDIA
from stack.trouble import Trouble

_ASKER = "signaling"
_ROOM = "doctor"
_MEND = "Look at MOIM_PUBLIC_IP, and whether a firewall lets UDP through to this port."


async def prove(ports: Ports, master: bytes, copy: int = 0) -> str:
    """What was found, in one line; Trouble when nobody is heard."""
    name = link_key(_ASKER, MEDIA)
    tasks = Tasks()
    async with AsyncExitStack() as stack:
        calls = Calls(
            _ASKER,
            {MEDIA: (LOOPBACK, ports.rpc(MEDIA, copy))},
            {name: bytes.fromhex(derive(master, name))},
            clock=SystemClock(),
            tasks=tasks,
            metrics=Metrics(),
            instance="doctor",
        )
        stack.push_async_callback(tasks.cancel)
        await calls.start()
        stack.push_async_callback(calls.stop)
        try:
            return await _called(stack, calls)
        except DomainError as error:
            raise Trouble(f"The worker says: {error}.", "Its log: ./moim logs media") from None


async def _called(stack: AsyncExitStack, calls: Calls) -> str:
    heard = asyncio.Event()
    began = perf_counter()
    stream = Stream("audio", "voice")
    spec = TrackSpec(track="voice", cid="voice", kind="audio")
    await _enter(stack, calls, "speaker")
    await calls.ask(media.Publish(room=_ROOM, participant="speaker", track=spec))
    speaker, where = await _connected(stack, calls, "speaker", stream, heard)
    await _enter(stack, calls, "listener")
    await _connected(stack, calls, "listener", stream, heard)
    joined = perf_counter() - began
    for number in range(250):
        head = b"\x80\x6f" + number.to_bytes(2, "big") + (number * 960).to_bytes(4, "big")
        speaker.send(head + stream.ssrc.to_bytes(4, "big") + bytes(40))
        try:
            await asyncio.wait_for(heard.wait(), 0.02)
        except TimeoutError:
            continue
        return f"heard after {joined * 1000:.0f} ms, over {where}"
    raise Trouble(f"Both callers reached {where}, but no packet came through.", _MEND)


async def _enter(stack: AsyncExitStack, calls: Calls, name: str) -> None:
    opened = media.OpenParticipant(
        room=_ROOM, participant=name, manner=Manner.ONE, is_hidden=True, is_anew=True
    )
    await calls.ask(opened)
    stack.push_async_callback(_leave, calls, name)


async def _leave(calls: Calls, name: str) -> None:
    # Who hung up first may be let go of already.
    with contextlib.suppress(NotFound):
        await calls.ask(media.LeaveRoom(room=_ROOM, participant=name))


async def _connected(
    stack: AsyncExitStack, calls: Calls, name: str, stream: Stream, heard: asyncio.Event
) -> tuple[Caller, str]:
    is_listener = name == "listener"

    def take(packet: Any) -> None:
        del packet
        heard.set()

    caller = Caller(take)
    stack.push_async_callback(caller.close)
    offer = caller.offer([stream], receives=is_listener)
    answered = await calls.ask(media.Offer(room=_ROOM, participant=name, sdp=offer))
    line = next(text for text in answered.sdp.splitlines() if text.startswith("a=candidate"))
    words = line.split()
    where = f"UDP {words[4]}:{words[5]}"
    try:
        await caller.connect(answered.sdp)
    except (TimeoutError, OSError) as error:
        said = str(error) or "no answer"
        raise Trouble(f"The {name} could not reach {where}: {said}.", _MEND) from None
    return caller, where
