"""Attached files: where each lies, and the public path that shows it to whoever was given it.

A link carries its own permission: what it opens, since when and until when, under a seal that only
chat_service (which shows links) and the gateway (which follows them) can make. So no file is found
by counting, and nothing has to be asked when one is fetched.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import NamedTuple
from urllib.parse import parse_qs, quote, unquote, urlsplit

SHOWN = "attachments"
SENT = "uploads"
"""The two purposes of a link, each the first step of its path."""
FOLDER = "attachments"
"""Of the store, in which all of them lie."""
_POSTER = ".poster"
OPEN_FOR_S = 24 * 3600
_STEP_S = 3600
"""Links of one hour are equal, so that whoever has fetched a file knows it again."""


class Place(NamedTuple):
    """One file: in whose name it is shown, and what it is called."""

    channel_id: int
    id: int
    filename: str

    @property
    def key(self) -> str:
        """Where its bytes lie."""
        return f"{FOLDER}/{self.channel_id}/{self.id}"

    @property
    def poster_key(self) -> str:
        """Where a picture of a film lies."""
        return f"{self.key}{_POSTER}"

    @classmethod
    def at(cls, key: str) -> Place | None:
        """The nameless file that a key of the store is of; None if it is none of ours."""
        folder, _, rest = key.removesuffix(_POSTER).partition("/")
        channel_id, _, file_id = rest.partition("/")
        if folder != FOLDER or not (channel_id.isdecimal() and file_id.isdecimal()):
            return None
        return cls(int(channel_id), int(file_id), "")

    def path(self, purpose: str = SHOWN) -> str:
        """The public path."""
        return f"/{purpose}/{self.channel_id}/{self.id}/{quote(self.filename, safe='')}"


@dataclass(frozen=True, slots=True)
class Links:
    """Makes links and tells true ones from others."""

    secret: bytes
    public_url: str = ""

    @classmethod
    def under(cls, keys: Mapping[str, bytes], public_url: str = "") -> Links:
        """With the key that chat_service and every gateway hold."""
        secret = hmac.new(keys["id.chat"], b"attachments", sha256).digest()
        return cls(secret, public_url.rstrip("/"))

    def shown(self, place: Place, now: float) -> str:
        """The link that shows a file."""
        since = int(now) // _STEP_S * _STEP_S
        return self._sealed(place, SHOWN, since, since + OPEN_FOR_S)

    def sent(self, place: Place, now: float, seconds: int) -> str:
        """The link that a file is sent to."""
        return self._sealed(place, SENT, int(now), int(now) + seconds)

    def expires(self, place: Place, purpose: str, query: Mapping[str, str]) -> int | None:
        """When a link expires or has expired, in Unix seconds; None if it is none of ours."""
        since, until = query.get("is", ""), query.get("ex", "")
        seal = self._seal(place, purpose, since, until)
        if not hmac.compare_digest(seal.encode(), query.get("hm", "").encode()):
            return None
        return int(until, 16)

    def read(self, url: str) -> Place | None:
        """The file that a link shows or once showed; None if it is none of ours."""
        try:
            parsed = urlsplit(url)
            _, purpose, channel_id, file_id, filename = parsed.path.split("/")
            place = Place(int(channel_id), int(file_id), unquote(filename))
        except ValueError:
            return None
        query = {name: values[0] for name, values in parse_qs(parsed.query).items()}
        known = purpose == SHOWN and self.expires(place, SHOWN, query) is not None
        return place if known else None

    def _sealed(self, place: Place, purpose: str, since: int, until: int) -> str:
        seal = self._seal(place, purpose, f"{since:x}", f"{until:x}")
        return f"{self.public_url}{place.path(purpose)}?ex={until:x}&is={since:x}&hm={seal}"

    def _seal(self, place: Place, purpose: str, since: str, until: str) -> str:
        said = f"{place.path(purpose)}?ex={until}&is={since}"
        return hmac.new(self.secret, said.encode("utf-8", "surrogatepass"), sha256).hexdigest()
