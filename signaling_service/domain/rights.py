"""What somebody may do in voice, from the permissions that they hold in the channel. The one place
of this service that turns permissions into decisions; nothing else reads a permission bit.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from enum import Enum

from contracts.objects.channel import ChannelType
from contracts.permissions import ORGANISING, Permission, holds
from contracts.rpc.media import Source
from signaling_service.domain.stays import Stay

AUDIBLE = frozenset({ChannelType.VOICE, ChannelType.STAGE})


class Refusal(Enum):
    """Why somebody does not come in."""

    NO_VOICE = "no voice channel"
    UNSEEN = "the channel is not seen"
    MAY_NOT_CONNECT = "CONNECT is not granted"


@dataclass(frozen=True, slots=True)
class Rights:
    """What a connection may do now."""

    may_speak: bool
    may_show: bool
    """A camera."""
    may_stream: bool
    """A screen, with its sound."""
    may_listen: bool
    is_muted: bool = False
    """Muted by the server: the voice goes no further, and comes back without a new start."""


EVERYTHING = Rights(may_speak=True, may_show=True, may_stream=True, may_listen=True)
"""In a conversation, where nobody governs."""


def admission(kind: ChannelType, granted: Permission, *, was_moved: bool = False) -> Refusal | None:
    """Whether somebody with these permissions may come into a channel, or stay there."""
    if kind not in AUDIBLE:
        return Refusal.NO_VOICE
    if not holds(granted, Permission.VIEW_CHANNEL):
        return Refusal.UNSEEN
    if not was_moved and not holds(granted, Permission.CONNECT):
        return Refusal.MAY_NOT_CONNECT
    return None


def capacity(user_limit: int | None, granted: Permission) -> int:
    """How many may be in the channel when this one comes in; 0: any number."""
    return 0 if holds(granted, Permission.MOVE_MEMBERS) else user_limit or 0


def rights(stay: Stay, granted: Permission) -> Rights:
    """What a stay's connection may do. The server's mute takes the voice, its deafening the ears;
    in the audience of a stage one only listens.
    """
    return Rights(
        may_speak=not stay.suppress and holds(granted, Permission.SPEAK),
        may_show=not stay.suppress and holds(granted, Permission.STREAM),
        may_stream=not stay.suppress and holds(granted, Permission.STREAM),
        may_listen=not stay.deaf,
        is_muted=stay.mute,
    )


def granted(*, may_publish: bool, sources: Collection[Source], may_listen: bool) -> Rights:
    """What an operator's program grants to whom it lets in. No sources: every one."""

    def covers(*wanted: Source) -> bool:
        return may_publish and (not sources or any(one in sources for one in wanted))

    return Rights(
        may_speak=covers(Source.MICROPHONE),
        may_show=covers(Source.CAMERA),
        may_stream=covers(Source.SCREEN, Source.SCREEN_AUDIO),
        may_listen=may_listen,
    )


def may_moderate_stage(granted: Permission) -> bool:
    """Whether somebody may go up onto a stage unasked, bring others there, and down from it."""
    return holds(granted, Permission.MUTE_MEMBERS)


def may_open_stage(granted: Permission) -> bool:
    """Whether somebody opens, renames and closes a stage."""
    moderates = Permission.MANAGE_CHANNELS | Permission.MUTE_MEMBERS | Permission.MOVE_MEMBERS
    return holds(granted, moderates)


def may_announce(granted: Permission) -> bool:
    """Whether somebody may tell everybody that a stage opens."""
    return holds(granted, Permission.MENTION_EVERYONE)


def may_set_status(granted: Permission, *, is_there: bool) -> bool:
    """Whether somebody may say what goes on in a voice channel."""
    is_enough = is_there or holds(granted, Permission.MANAGE_CHANNELS)
    return is_enough and holds(granted, Permission.SET_VOICE_CHANNEL_STATUS)


def may_see(granted: Permission) -> bool:
    """Whether somebody sees a channel at all."""
    return holds(granted, Permission.VIEW_CHANNEL)


def may_ask_to_speak(granted: Permission) -> bool:
    """Whether somebody may raise a hand."""
    return holds(granted, Permission.REQUEST_TO_SPEAK)


def may_record(granted: Permission) -> bool:
    """Whether somebody has a channel recorded, and ends that."""
    return holds(granted, ORGANISING | Permission.CONNECT)


def may_go_live(granted: Permission) -> bool:
    """Whether a program may show something in somebody's name."""
    return holds(granted, Permission.CONNECT | Permission.STREAM)
