"""New messages are told, and the house says in somebody's name what they did."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from chat_service import store, views
from chat_service.actions.venues import Venue
from chat_service.store.messages import Message
from chat_service.tools import Unit
from contracts.events.message import MessageCreate
from contracts.objects.user import User
from contracts.wire import JSON


async def announce(
    unit: Unit,
    venue: Venue,
    kind: int,
    content: str = "",
    *,
    mentions: Sequence[int] = (),
    carries: JSON | None = None,
    look: Mapping[int, User] | None = None,
    around: views.Look | None = None,
) -> Message:
    """A message of the house's own: somebody came, went, pinned, renamed, called, began a thread.
    `carries`: further fields of it, by name.
    """
    extras: JSON = {**(carries or {})}
    if mentions:
        extras["mentions"] = [str(one) for one in mentions]
    message = Message(
        id=await store.writing.next_id(unit, venue.channel_id),
        channel_id=venue.channel_id,
        author_id=venue.user.id,
        content=content,
        type=kind,
        flags=0,
        mention_everyone=False,
        created=unit.now,
        extras=extras or None,
    )
    await store.writing.add(unit, message)
    if venue.thread is not None and kind != views.STARTER:
        await store.threads.count(unit, venue.channel_id, stored=1)
    faces = {**(look or {}), venue.user.id: venue.user}
    tell(unit, venue, message, around or views.Look(faces))
    return message


def tell(
    unit: Unit,
    venue: Venue,
    message: Message,
    look: views.Look,
    *,
    nonce: str | int | None = None,
) -> None:
    """Tell everybody of a new message."""
    shape = views.shape(message, look, nonce=nonce)
    more: JSON = {}
    if venue.guild_id is not None:
        more["guild_id"] = venue.guild_id
    if venue.member is not None:
        more["member"] = venue.member.face()
    unit.emit(views.event(MessageCreate, shape, **more), to=venue.heard_on)
