"""Attached files as messages show them."""

from __future__ import annotations

from typing import ClassVar

from contracts.ids import Snowflake
from contracts.wire import Wire


class Attachment(Wire):
    """A file of a message. `url` is signed when it is shown, and opens for a day."""

    omit: ClassVar[frozenset[str]] = frozenset(
        {
            *("title", "description", "content_type", "width", "height", "placeholder"),
            *("placeholder_version", "duration_secs", "waveform", "flags", "ephemeral"),
        }
    )

    id: Snowflake
    filename: str
    size: int
    url: str
    proxy_url: str
    title: str | None = None
    description: str | None = None
    content_type: str | None = None
    """Told by the content, whatever the name says."""
    width: int | None = None
    height: int | None = None
    placeholder: str | None = None
    """A ThumbHash in base64: what to paint until the picture is here."""
    placeholder_version: int | None = None
    duration_secs: float | None = None
    waveform: str | None = None
    flags: int | None = None
    ephemeral: bool | None = None
