"""One program that goes live by WHIP: its session, and the fragments of descriptions that it sends
later. Nothing is told to it: it has no way to hear.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Iterator
from dataclasses import dataclass
from secrets import token_hex

from contracts.rpc.media import Source, TrackKind
from signaling_service.hall.hall import sid
from signaling_service.hall.rooms import Guest, Track, Why
from signaling_service.ws.absent import Absent

_UFRAG = re.compile(r"^a=ice-ufrag:(\S+)", re.MULTILINE)
_PASSWORD = re.compile(r"^a=ice-pwd:(\S+)", re.MULTILINE)
_SHOWN = ("a=ice-ufrag:", "a=ice-pwd:", "a=candidate:", "a=end-of-candidates", "m=", "a=mid:")


@dataclass(frozen=True, slots=True)
class Fragment:
    """What a PATCH says (RFC 8840)."""

    ufrag: str
    password: str
    candidates: tuple[tuple[str | None, str], ...]
    """Each with the section that it is for."""


class Door(Absent):
    """A hall.rooms.Door of a session."""

    def __init__(self, key: str, secret: str, offer: str) -> None:
        self.secret = secret
        self._key = key
        self._offer = offer
        self.etag = b""
        self.renew(offer)

    def ended(self, why: Why) -> None:
        """The program notices when nobody takes its packets any more."""

    def is_named(self, secret: str) -> bool:
        """Whether it is this one."""
        return hmac.compare_digest(self.secret.encode(), secret.encode())

    def is_opened_by(self, key: str) -> bool:
        """Whether this key began it."""
        return hmac.compare_digest(self._key.encode(), key.encode())

    def renew(self, offer: str) -> None:
        """Its credentials are others from now on."""
        self._offer, self.etag = offer, f'"{token_hex(8)}"'.encode()

    def is_another(self, said: Fragment) -> bool:
        """Whether this speaks of other credentials than were agreed upon."""
        known = _UFRAG.search(self._offer)
        return bool(said.ufrag and said.password) and (known is None or known[1] != said.ufrag)

    def restarted(self, said: Fragment) -> str:
        """The offer once more, with these credentials and without former candidates."""
        offer = _UFRAG.sub(f"a=ice-ufrag:{said.ufrag}", self._offer)
        offer = _PASSWORD.sub(f"a=ice-pwd:{said.password}", offer)
        lines = offer.replace("\r\n", "\n").split("\n")
        return "\r\n".join(line for line in lines if not line.startswith("a=candidate:"))

    def fragment(self, answer: str) -> str:
        """What of an answer a program needs for its checks."""
        lines = (line.strip() for line in answer.splitlines())
        return "".join(f"{line}\r\n" for line in lines if line.startswith(_SHOWN))

    def links(self, guest: Guest) -> Iterator[str]:
        """Where it finds help through its router."""
        for server in guest.ice_servers:
            for url in server.urls:
                yield (
                    f'<{url}>; rel="ice-server"; username="{server.username}"; '
                    f'credential="{server.credential}"; credential-type="password"'
                )


def fragment_of(text: str) -> Fragment:
    """Read a fragment; what is strange in it is left out."""
    ufrag, password = _UFRAG.search(text), _PASSWORD.search(text)
    mid: str | None = None
    found: list[tuple[str | None, str]] = []
    for line in text.replace("\r\n", "\n").split("\n"):
        if line.startswith("a=mid:"):
            mid = line.removeprefix("a=mid:").strip()
        elif line.startswith("a=candidate:"):
            found.append((mid, line.removeprefix("a=").strip()))
    return Fragment(ufrag[1] if ufrag else "", password[1] if password else "", tuple(found))


def tracks() -> tuple[Track, Track]:
    """What a program shows: a screen, with its sound."""
    return (
        Track(sid=sid("TR"), cid="", kind=TrackKind.VIDEO, source=Source.SCREEN, name="live"),
        Track(
            sid=sid("TR"),
            cid="",
            kind=TrackKind.AUDIO,
            source=Source.SCREEN_AUDIO,
            name="live",
            stereo=True,
        ),
    )
