"""A push as it lies in the queue: what every provider's form of it is made from."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from contracts.wire import JSON
from notification_service.domain.deciding import Reason
from notification_service.domain.notices import Notice
from notification_service.domain.words import Words, compose

RING_TTL_S = 30
TAG_BYTES = 64
"""As much as APNs takes for a collapse id."""


@dataclass(frozen=True, slots=True)
class Push:
    """One push, for a device of whatever kind."""

    kind: str
    """The reason; `withdraw` takes back what a device shows, `test` is an operator's."""
    tag: str
    """What is shown under the same tag is replaced."""
    title: str = ""
    body: str = ""
    badge: int = 0
    image: str | None = None
    link: str = ""
    is_urgent: bool = False
    data: dict[str, str] = field(default_factory=dict)
    """For the app: where a tap leads."""

    @property
    def is_withdrawal(self) -> bool:
        """It shows nothing, and takes away what is shown."""
        return self.kind == WITHDRAW

    @property
    def is_ring(self) -> bool:
        """A call, which is worth nothing after half a minute."""
        return self.kind == Reason.RING

    def dump(self) -> JSON:
        """As kept."""
        return asdict(self)

    @classmethod
    def load(cls, kept: dict[str, Any]) -> Push:
        """From what was kept; what later releases add is left out."""
        return cls(**{name: kept[name] for name in cls.__dataclass_fields__ if name in kept})


WITHDRAW = "withdraw"
TEST = "test"


def push_of(
    notice: Notice, words: Words, *, badge: int, public_url: str, hides_content: bool
) -> Push:
    """What a device is sent of a notice."""
    path = _path(notice)
    data = {"kind": str(notice.reason), "path": path}
    if notice.guild_id is not None:
        data["guild_id"] = str(notice.guild_id)
    if notice.channel_id is not None:
        data["channel_id"] = str(notice.channel_id)
    if notice.subject.startswith("c"):
        data["message_id"] = str(notice.about_id)
    if notice.reason is Reason.EVENT:
        data["event_id"] = notice.subject[1:]
    image = None if hides_content or notice.fresh > 1 else notice.body.get("image")
    return Push(
        kind=str(notice.reason),
        tag=notice.subject,
        title=words.title,
        body=words.body,
        badge=badge,
        image=image,
        link=f"{public_url}{path}",
        is_urgent=notice.reason.is_pressing,
        data=data,
    )


def push_from(kept: JSON, *, public_url: str) -> Push:
    """What was queued, in the words of its reader if they were not found yet."""
    if "reason" not in kept:
        return Push.load(kept)
    notice = Notice(
        subject=kept["subject"],
        reason=Reason(kept["reason"]),
        about_id=kept["about_id"],
        fresh=kept["fresh"],
        body=kept["body"],
        guild_id=kept["guild_id"],
        channel_id=kept["channel_id"],
    )
    hides = bool(kept["hides_content"])
    said = compose(notice, kept["locale"], hides_content=hides)
    return push_of(
        notice, said, badge=int(kept["badge"]), public_url=public_url, hides_content=hides
    )


def withdrawal(subject: str, badge: int) -> Push:
    """Take back what is shown of a subject: it was read elsewhere."""
    return Push(kind=WITHDRAW, tag=subject, badge=badge, data={"kind": WITHDRAW, "tag": subject})


def _path(notice: Notice) -> str:
    if notice.reason is Reason.EVENT:
        return f"/events/{notice.guild_id}/{notice.subject[1:]}"
    if notice.channel_id is None:
        return "/channels/@me"
    guild = str(notice.guild_id) if notice.guild_id is not None else "@me"
    path = f"/channels/{guild}/{notice.channel_id:d}"
    return f"{path}/{notice.about_id:d}" if notice.subject.startswith("c") else path
