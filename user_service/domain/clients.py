"""Which device a login came from, as far as its User-Agent tells. Only our own words are kept,
never the client's text.
"""

from __future__ import annotations

from dataclasses import dataclass

_SYSTEMS = (
    ("android", "Android"),
    ("iphone", "iOS"),
    ("ipad", "iOS"),
    ("darwin", "iOS"),
    ("windows", "Windows"),
    ("mac os", "macOS"),
    ("linux", "Linux"),
)
_PLATFORMS = (
    ("cfnetwork", "Moim iOS"),
    ("okhttp", "Moim Android"),
    ("edg/", "Edge"),
    ("opr/", "Opera"),
    ("samsungbrowser", "Samsung Internet"),
    ("firefox", "Firefox"),
    ("chrome", "Chrome"),
    ("safari", "Safari"),
    ("curl", "curl"),
    ("python", "Python"),
)
_READ_UP_TO = 512


@dataclass(frozen=True, slots=True)
class Client:
    """What is shown in the list of sessions."""

    system: str
    platform: str


NO_CLIENT = Client("Unknown", "Unknown")
"""Of tokens that nobody typed a password for."""


def describe(user_agent: str) -> Client:
    """The first known words win; they stand in the order in which browsers impersonate others."""
    text = user_agent[:_READ_UP_TO].lower()
    return Client(_first(_SYSTEMS, text), _first(_PLATFORMS, text))


def _first(words: tuple[tuple[str, str], ...], text: str) -> str:
    return next((shown for word, shown in words if word in text), "Unknown")
