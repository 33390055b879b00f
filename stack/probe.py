"""Asks a process how it is: one GET on its admin port."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field

from stack.ports import LOOPBACK

_WITHIN_S = 2.0


@dataclass(frozen=True, slots=True)
class Readiness:
    """What /readyz said. Nobody listening is not ready either."""

    is_ready: bool
    troubles: dict[str, str] = field(default_factory=dict)
    """By part, those that are not well."""

    def __str__(self) -> str:
        if self.is_ready:
            return "ready"
        said = "; ".join(f"{part}: {trouble}" for part, trouble in self.troubles.items())
        return said or "not ready"


async def readiness(port: int) -> Readiness:
    """The answer of the admin port."""
    try:
        status, body = await get(port, "/readyz")
    except (OSError, TimeoutError, EOFError, ValueError) as error:
        return Readiness(is_ready=False, troubles={"admin port": _reason(error)})
    try:
        said = json.loads(body)
        parts = {name: str(why) for name, why in said["parts"].items() if why is not None}
    except (ValueError, KeyError, AttributeError):
        parts = {"admin port": f"answered {status} with an unknown body"}
    return Readiness(is_ready=status == 200, troubles=parts if status != 200 else {})


async def get(port: int, path: str) -> tuple[int, bytes]:
    """Status and body of one request."""
    async with asyncio.timeout(_WITHIN_S):
        reader, writer = await asyncio.open_connection(LOOPBACK, port)
        try:
            head = f"GET {path} HTTP/1.1\r\nHost: {LOOPBACK}\r\nConnection: close\r\n\r\n"
            writer.write(head.encode())
            answer = await reader.read()
        finally:
            writer.close()
    head_bytes, _, body = answer.partition(b"\r\n\r\n")
    return int(head_bytes.split(b" ", 2)[1]), body


def _reason(error: Exception) -> str:
    if isinstance(error, ConnectionRefusedError):
        return "nobody listens"
    if isinstance(error, TimeoutError):
        return "no answer in time"
    return f"broken answer ({type(error).__name__})"
