"""How messages look from outside. What is sent most is written as bytes (`hot`); conversations and
threads have a page of their own (`places`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from chat_service.domain import content
from chat_service.domain.attendance import Roll
from chat_service.domain.drafts import SUPPRESS_EMBEDS
from chat_service.domain.emojis import Emoji
from chat_service.domain.polls import Ballot, Tally
from chat_service.files import Files
from chat_service.people import gone
from chat_service.store.attendance import Count as Present
from chat_service.store.messages import HAS_THREAD, Message
from chat_service.store.reactions import Count
from chat_service.views.hot import (
    OPENING,
    Said,
    Speaker,
    Voice,
    after_id,
    following,
    in_guild,
    stored,
)
from chat_service.views.places import audited_thread, private, recording, thread, thread_member
from contracts.events.base import Event
from contracts.ids import Snowflake, UserId
from contracts.objects.attachment import Attachment
from contracts.objects.message import Message as MessageShape
from contracts.objects.reaction import CountDetails, Reaction
from contracts.objects.reaction import Emoji as EmojiShape
from contracts.objects.thread import Thread as ThreadShape
from contracts.objects.user import Signed, User
from contracts.wire import JSON, Wire

__all__ = [
    "OPENING",
    "REPLY",
    "STARTER",
    "Look",
    "Said",
    "Speaker",
    "Voice",
    "after_id",
    "audited_thread",
    "author",
    "emoji",
    "event",
    "following",
    "in_guild",
    "people_in",
    "poll_in",
    "private",
    "reaction",
    "recording",
    "referenced",
    "referenced_id",
    "roles_in",
    "roll_in",
    "shape",
    "stored",
    "thread",
    "thread_member",
    "users_in",
]
E = TypeVar("E", bound=Event)


@dataclass(frozen=True, slots=True)
class Look:
    """What has to be known beside messages to show them to one reader."""

    faces: Mapping[int, User]
    counts: Mapping[int, Sequence[Count]] = field(default_factory=dict)
    referenced: Mapping[int, Message] = field(default_factory=dict)
    threads: Mapping[int, ThreadShape] = field(default_factory=dict)
    """Those that began at one of the messages."""
    files: Files | None = None
    """Needed where messages have files: their links are made when they are shown."""
    polls: Mapping[int, Tally] = field(default_factory=dict)
    rolls: Mapping[int, Present] = field(default_factory=dict)

    def attachments(self, stored: Sequence[JSON]) -> tuple[Attachment, ...]:
        """Files, with links that open them."""
        assert self.files is not None or not stored
        return tuple(self.files.shown(one) for one in stored) if self.files else ()

    def face(self, user_id: int) -> User:
        """Somebody's face, even if the account is no more."""
        return self.faces.get(user_id) or gone(user_id)


def shape(message: Message, look: Look, *, nonce: str | int | None = None) -> MessageShape:
    """A message with everything that it has."""
    extras = message.extras or {}
    shown: JSON = {
        "id": message.id,
        "channel_id": message.channel_id,
        "author": author(message, look),
        "content": message.content,
        "timestamp": message.created,
        "edited_timestamp": message.edited,
        "mention_everyone": message.mention_everyone,
        "mentions": tuple(look.face(one) for one in users_in(message) if one in look.faces),
        "mention_roles": roles_in(message),
        "pinned": message.pinned is not None,
        "type": message.type,
        "flags": message.flags,
        "nonce": nonce,
        **{name: extras[name] for name in _AS_STORED if name in extras},
        **_asked(extras, look),
        **_boxes(extras, look, message.flags),
    }
    if snapshots := extras.get("message_snapshots"):
        shown["message_snapshots"] = tuple(_snapshot(one["message"], look) for one in snapshots)
    if message.flags & HAS_THREAD and message.id in look.threads:
        shown["thread"] = look.threads[message.id]
    if (poll := poll_in(message)) is not None:
        shown["poll"] = Ballot.read(poll).shown(look.polls.get(message.id, _NO_VOTES))
    if (roll := roll_in(message)) is not None:
        there = look.rolls.get(message.id, _NOBODY_THERE)
        shown["check_in"] = Roll.read(roll).shown(there.total, is_mine=there.is_mine)
    if counts := look.counts.get(message.id):
        shown["reactions"] = tuple(map(reaction, counts))
    if message.type in (REPLY, STARTER):
        original = look.referenced.get(referenced_id(message) or 0)
        shown["referenced_message"] = original and shape(_alone(original), look).dump()
    return MessageShape.model_validate(shown)


def _boxes(kept: JSON, look: Look, flags: int) -> JSON:
    """What is shown below the text: files, boxes that may show them, and where links lead."""
    shown: JSON = {name: kept[name] for name in ("embeds", "components") if name in kept}
    if files := kept.get("attachments"):
        attached = look.attachments(files)
        links = {f"attachment://{one.filename}": one.url for one in attached}
        shown = {"attachments": attached, **_linked(shown, links)}
    if (previews := kept.get("previews")) and not flags & SUPPRESS_EMBEDS:
        seen = (_preview(one, look) for one in previews)
        shown["embeds"] = [*shown.get("embeds", ()), *seen]
    return shown


def _preview(kept: JSON, look: Look) -> JSON:
    """What a page says of itself. Its picture comes from us, so that it learns of no reader."""
    shown = dict(kept)
    picture = shown.pop("picture", None)
    for name in ("thumbnail", "image"):
        if picture is not None and name in shown:
            (here,) = look.attachments([picture])
            sizes = {"width": here.width, "height": here.height}
            shown[name] = {**shown[name], "proxy_url": here.url, **sizes}
    return shown


def _linked(part: Any, links: Mapping[str, str]) -> Any:
    """The same, with names of the message's own files replaced by their links."""
    if isinstance(part, dict):
        return {name: _linked(one, links) for name, one in part.items()}
    if isinstance(part, list):
        return [_linked(one, links) for one in part]
    return links.get(part, part) if isinstance(part, str) else part


def _snapshot(stored: JSON, look: Look) -> JSON:
    boxes = _boxes(stored, look, 0)
    files = [one.dump() for one in boxes.get("attachments", ())]
    return {"message": {**stored, **boxes, "attachments": files}}


REPLY, STARTER = 19, 21
"""An answer to a message, and what a thread shows of the message that it began at."""
_NO_VOTES = Tally()
_NOBODY_THERE = Present()
_AS_STORED = (
    "tts",
    "call",
    "mention_channels",
    "message_reference",
    "webhook_id",
    "application_id",
)


def author(message: Message, look: Look) -> User:
    """Who signs a message: an account, or a webhook as it was called then."""
    signed = (message.extras or {}).get("author")
    if signed is None:
        return look.face(message.author_id)
    return Signed(id=UserId(message.author_id), discriminator="0000", bot=True, **signed)


def people_in(message: Message) -> Iterator[int]:
    """Everybody whose face it takes to show a message."""
    extras = message.extras or {}
    if "author" not in extras:
        yield message.author_id
    if "interaction" in extras:
        yield int(extras["interaction"]["user_id"])
    yield from users_in(message)


def _asked(extras: JSON, look: Look) -> JSON:
    """What an application answers to, in both ways of saying it."""
    asked = extras.get("interaction")
    if asked is None:
        return {}
    user = look.face(int(asked["user_id"])).dump()
    told = {name: value for name, value in asked.items() if name not in _INWARD}
    if first := told.get("triggering_interaction_metadata"):
        told["triggering_interaction_metadata"] = {**first, "user": user}
    shown: JSON = {"interaction_metadata": {**told, "user": user}}
    if "name" in asked:
        short = {name: asked[name] for name in ("id", "type", "name")}
        shown["interaction"] = {**short, "user": user}
    return shown


_INWARD = frozenset({"user_id", "name"})


def users_in(message: Message) -> Sequence[int]:
    """Whom a message mentions: noted where it is not what the text says."""
    noted = (message.extras or {}).get("mentions")
    return content.mentioned_users(message.content) if noted is None else [int(x) for x in noted]


def poll_in(message: Message) -> JSON | None:
    """The poll of a message, as it is kept."""
    found: JSON | None = (message.extras or {}).get("poll")
    return found


def roll_in(message: Message) -> JSON | None:
    """The roll call of a message, as it is kept."""
    found: JSON | None = (message.extras or {}).get("check_in")
    return found


def roles_in(message: Message) -> Sequence[int]:
    """The roles that a message mentions, likewise."""
    noted = (message.extras or {}).get("mention_roles")
    return content.mentioned_roles(message.content) if noted is None else [int(x) for x in noted]


def referenced(message: Message) -> tuple[int, int] | None:
    """Channel and id of the message that is shown within this one."""
    number = referenced_id(message)
    if number is None or message.type not in (REPLY, STARTER):
        return None
    reference = (message.extras or {})["message_reference"]
    return int(reference["channel_id"]), number


def referenced_id(message: Message) -> int | None:
    """The message that this one answers."""
    reference = (message.extras or {}).get("message_reference")
    return int(reference["message_id"]) if reference and "message_id" in reference else None


def reaction(count: Count) -> Reaction:
    """An emoji under a message."""
    return Reaction(
        emoji=emoji(count.emoji),
        count=count.total,
        count_details=CountDetails(normal=count.total),
        me=count.is_mine,
    )


def emoji(one: Emoji) -> EmojiShape:
    """An emoji."""
    if one.id is None:
        return EmojiShape(name=one.name)
    return EmojiShape(id=Snowflake(one.id), name=one.name, animated=one.is_animated)


def event(kind: type[E], shown: Wire, **more: Any) -> E:
    """An event whose fields are those of a shape, and more."""
    given = {name: getattr(shown, name) for name in shown.model_fields_set}
    return kind.model_validate({**given, **more})


def _alone(message: Message) -> Message:
    """A message that is shown within another shows none within itself."""
    return replace(message, type=0) if message.type == REPLY else message
