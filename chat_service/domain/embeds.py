"""Embeds as their authors may send them, and as they are kept."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints

from contracts import limits
from contracts.errors import Invalid
from contracts.wire import JSON, KEPT, Form, Timestamp


def is_address(text: str) -> str:
    """The same text, if it is an address that may be shown."""
    if not text.startswith(("http://", "https://", "attachment://")):
        raise ValueError("Scheme must be one of ('http', 'https').")
    return text


_Short = Annotated[str, StringConstraints(strip_whitespace=True, max_length=256), KEPT]
_Long = Annotated[str, StringConstraints(strip_whitespace=True, max_length=2_048), KEPT]
_Text = Annotated[str, StringConstraints(strip_whitespace=True, max_length=4_096), KEPT]
_Address = Annotated[str, StringConstraints(max_length=2_048), AfterValidator(is_address), KEPT]


class Picture(Form):
    """An image, a thumbnail or a video, by address."""

    url: _Address | None = None
    width: int | None = Field(None, ge=0, lt=1 << 31)
    height: int | None = Field(None, ge=0, lt=1 << 31)
    description: _Text | None = None


class Footer(Form):
    """The line below."""

    text: _Long | None = None
    icon_url: _Address | None = None


class Author(Form):
    """The line above."""

    name: _Short | None = None
    url: _Address | None = None
    icon_url: _Address | None = None


class Provider(Form):
    """Where it comes from."""

    name: _Short | None = None
    url: _Address | None = None


class FieldForm(Form):
    """A small heading with its text."""

    name: Annotated[str, StringConstraints(min_length=1, max_length=256), KEPT]
    value: Annotated[str, StringConstraints(min_length=1, max_length=1_024), KEPT]
    inline: bool | None = None


class Embed(Form):
    """One box below a text."""

    title: _Short | None = None
    description: _Text | None = None
    url: _Address | None = None
    timestamp: Timestamp | None = None
    color: int | None = Field(None, ge=0, le=0xFFFFFF)
    footer: Footer | None = None
    image: Picture | None = None
    thumbnail: Picture | None = None
    video: Picture | None = None
    provider: Provider | None = None
    author: Author | None = None
    fields: tuple[FieldForm, ...] | None = Field(None, max_length=25)

    def characters(self) -> int:
        """What counts against the sum of a message."""
        texts = [self.title, self.description]
        texts += [self.footer.text if self.footer else None]
        texts += [self.author.name if self.author else None]
        for field in self.fields or ():
            texts += [field.name, field.value]
        return sum(len(text) for text in texts if text)

    def kept(self) -> JSON:
        """As it is stored and shown: nothing empty, every field with all it needs."""
        dumped = self.model_dump(mode="json", exclude_none=True)
        for name, needed in _NEEDED.items():
            if name in dumped and needed not in dumped[name]:
                del dumped[name]
        for field in dumped.get("fields", ()):
            field.setdefault("inline", False)
        return {"type": "rich", **{name: part for name, part in dumped.items() if part != []}}


_NEEDED = {
    "footer": "text",
    "author": "name",
    "provider": "name",
    "image": "url",
    "thumbnail": "url",
    "video": "url",
}
"""Without this, the part says nothing."""


def kept(embeds: tuple[Embed, ...]) -> list[JSON]:
    """All embeds of a message, or the error that says why they can not be."""
    if sum(embed.characters() for embed in embeds) > limits.EMBED_CHARACTERS:
        text = f"Embed size exceeds maximum size of {limits.EMBED_CHARACTERS}"
        raise Invalid({"embeds": ("MAX_EMBED_SIZE_EXCEEDED", text)})
    whole = [embed.kept() for embed in embeds]
    for place, embed in enumerate(whole):
        if embed.keys() == {"type"}:
            raise Invalid({f"embeds.{place}": ("BASE_TYPE_REQUIRED", "This embed is empty.")})
    return whole
