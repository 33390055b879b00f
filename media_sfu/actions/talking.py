"""Data packets from signaling to participants."""

from __future__ import annotations

import base64
import binascii

from contracts.errors import Invalid
from contracts.rpc.media import SendData
from media_sfu.worker import Worker


async def send(worker: Worker, asked: SendData) -> None:
    """Hand bytes to those who are named, or to all but the sender."""
    room = worker.rooms.room(asked.room)
    try:
        data = base64.b64decode(asked.payload, validate=True)
    except binascii.Error:
        raise Invalid({"payload": ("BASE_TYPE_INVALID", "base64 is needed")}) from None
    names = room.participants if asked.to is None else dict.fromkeys(asked.to)
    for name in names:
        one = room.participants.get(name)
        if one is not None and (asked.to is not None or name != asked.sender):
            one.channels.send(data, reliably=asked.is_reliable)
