"""Stored pictures: where each kind lies, how large it may be, and the public path that shows it.

A picture's name is a digest of its content, with `a_` before it when it moves. So a path never
changes its meaning, and whoever has it may keep it for ever. Emojis and stickers alone are named
by their id: their picture is never exchanged.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NamedTuple

from contracts.limits import EMOJI_BYTES, PICTURE_BYTES, STICKER_BYTES


@dataclass(frozen=True, slots=True)
class Shelf:
    """One kind of picture. `pattern` has a `{}` for each id before the picture's own name."""

    pattern: str
    side: int
    """Larger pictures are made smaller before they are kept."""
    most_bytes: int = PICTURE_BYTES
    may_move: bool = True

    def key(self, *ids: int | str) -> str:
        """Where one of them lies: owner ids, then its digest (or, for an emoji, its id alone)."""
        return self.pattern.format(*ids)


AVATARS = Shelf("avatars/{}/{}", 1024)
"""Of users and webhooks: (user, digest)."""
BANNERS = Shelf("banners/{}/{}", 2048)
"""Of users and guilds: (owner, digest)."""
ICONS = Shelf("icons/{}/{}", 1024)
"""(guild, digest)."""
SPLASHES = Shelf("splashes/{}/{}", 2048, may_move=False)
"""Behind an invite: (guild, digest)."""
DISCOVERY_SPLASHES = Shelf("discovery-splashes/{}/{}", 2048, may_move=False)
APP_ICONS = Shelf("app-icons/{}/{}", 1024, may_move=False)
"""(application, digest)."""
ROLE_ICONS = Shelf("role-icons/{}/{}", 128, EMOJI_BYTES, may_move=False)
"""(role, digest)."""
CHANNEL_ICONS = Shelf("channel-icons/{}/{}", 1024, may_move=False)
"""Of group conversations: (channel, digest)."""
EVENT_COVERS = Shelf("guild-events/{}/{}", 2048, may_move=False)
"""(scheduled event, digest)."""
MEMBER_AVATARS = Shelf("guilds/{}/users/{}/avatars/{}", 1024)
"""(guild, user, digest)."""
MEMBER_BANNERS = Shelf("guilds/{}/users/{}/banners/{}", 2048)
"""(guild, user, digest)."""
EMOJIS = Shelf("emojis/{}", 128, EMOJI_BYTES)
"""(emoji): its id is its name."""
STICKERS = Shelf("stickers/{}", 320, STICKER_BYTES)
"""(sticker): its id is its name."""

SHELVES = (
    *(AVATARS, BANNERS, ICONS, SPLASHES, DISCOVERY_SPLASHES, APP_ICONS, ROLE_ICONS),
    *(CHANNEL_ICONS, EVENT_COVERS, MEMBER_AVATARS, MEMBER_BANNERS, EMOJIS, STICKERS),
)

SIZES = tuple(1 << power for power in range(4, 13))
"""What `?size=` may be: 16 … 4096."""

FACES = 6
"""Default avatars: `embed/avatars/0.png` … `5.png`."""

MEDIA_TYPES = {
    "png": "image/png",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "webp": "image/webp",
    "gif": "image/gif",
}
"""By the extension of a public path."""

_ID = r"[0-9]{1,20}"
_DIGEST = r"(?:a_)?[0-9a-f]{32}"
_ENDING = rf"\.(?P<ending>{'|'.join(MEDIA_TYPES)})"


def _expression(shelf: Shelf) -> str:
    *owners, name = shelf.pattern.split("{}")[:-1]
    own = _ID if shelf in (EMOJIS, STICKERS) else _DIGEST
    return "".join(f"{re.escape(owner)}{_ID}" for owner in owners) + re.escape(name) + own


_PATH = re.compile(rf"/?(?P<key>{'|'.join(map(_expression, SHELVES))}){_ENDING}")


class Shown(NamedTuple):
    """A public path, taken apart."""

    key: str
    ending: str


def parse(path: str) -> Shown | None:
    """Which picture a public path shows, and in which format; None if it can not be one."""
    match = _PATH.fullmatch(path)
    return Shown(match["key"], match["ending"]) if match else None


def moves(digest: str) -> bool:
    """Whether the picture of this name is animated."""
    return digest.startswith("a_")
