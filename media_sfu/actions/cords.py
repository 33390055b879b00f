"""Cords are laid, and tied to where their clients are."""

from __future__ import annotations

import secrets

from contracts.errors import Conflict, ErrorCode, Invalid, Unavailable
from contracts.rpc.media import End
from contracts.rpc.media_cords import MODES, CordKeyed, CordLaid, KeyCord, LayCord
from contracts.rpc.media_news import WireChanged, WireState
from media_sfu.cords import Cord
from media_sfu.rooms import Participant
from media_sfu.worker import Worker

_KEY_BYTES = 32


async def lay(worker: Worker, asked: LayCord) -> CordLaid:
    """Where a cord is: clients of this kind take one address, of the old kind."""
    cord = _cord(worker.rooms.seat(asked.room, asked.participant))
    for host, port in worker.addresses:
        if ":" not in host:
            return CordLaid(host=host, port=port, ssrc=cord.ssrc)
    raise Unavailable(message="this worker has no IPv4 address")


async def key(worker: Worker, asked: KeyCord) -> CordKeyed:
    """Tie a cord; from now on packets pass."""
    from media_sfu.domain.sealing import Seal

    one = worker.rooms.seat(asked.room, asked.participant)
    if asked.mode not in MODES:
        raise Invalid({"mode": ("BASE_TYPE_CHOICES", "No such mode")})
    made = secrets.token_bytes(_KEY_BYTES)
    if not _cord(one).tie((asked.host, asked.port), Seal(asked.mode, made)):
        raise Invalid({"host": ("ADDRESS_UNSEEN", "Nobody was seen there")})
    one.was_connected = True
    worker.tell(
        WireChanged(
            room=one.room.name,
            participant=one.name,
            end=End.UP,
            state=WireState.CONNECTED,
        )
    )
    return CordKeyed(key=made.hex())


async def rest(worker: Worker) -> None:
    """Let voices that pause end in silence."""
    now = worker.clock.monotonic()
    for room in worker.rooms:
        for one in room.participants.values():
            if one.cord is not None:
                one.cord.rest(now)
    worker.port.flush()


def _cord(one: Participant) -> Cord:
    if one.cord is None:
        raise Conflict(ErrorCode.TARGET_NOT_IN_VOICE)
    return one.cord
