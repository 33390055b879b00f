"""Session descriptions as a list of sections with attributes: read and written, nothing decided.

Bounded in every direction: what is longer, deeper or stranger than a browser would send is a
ValueError with one sentence.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

LINES_MOST = 20_000
SECTIONS_MOST = 640
LINE_MOST = 4_096
FORMATS_MOST = 128

DIRECTIONS = ("sendrecv", "sendonly", "recvonly", "inactive")
_KINDS = ("audio", "video", "application")
_CONTROL = {chr(code) for code in range(32)} - {"\t"}


@dataclass(slots=True)
class Section:
    """One m= line with its attributes, in order."""

    kind: str
    port: int
    protocol: str
    formats: list[str]
    attributes: list[tuple[str, str]] = field(default_factory=list)

    def first(self, name: str, default: str = "") -> str:
        """The first value of an attribute."""
        for each, value in self.attributes:
            if each == name:
                return value
        return default

    def all(self, name: str) -> Iterator[str]:
        """Every value of an attribute."""
        return (value for each, value in self.attributes if each == name)

    def has(self, name: str) -> bool:
        """Whether the attribute is there."""
        return any(each == name for each, _ in self.attributes)

    @property
    def mid(self) -> str:
        """Its name in the bundle."""
        return self.first("mid")

    @property
    def direction(self) -> str:
        """From the writer's side."""
        for each, _ in self.attributes:
            if each in DIRECTIONS:
                return each
        return "sendrecv"

    @property
    def is_media(self) -> bool:
        """Audio or video."""
        return self.kind in ("audio", "video")

    def add(self, name: str, value: object = "") -> None:
        """One more attribute."""
        self.attributes.append((name, str(value)))


@dataclass(slots=True)
class Description:
    """A whole description."""

    attributes: list[tuple[str, str]] = field(default_factory=list)
    sections: list[Section] = field(default_factory=list)

    def value(self, section: Section, name: str) -> str:
        """An attribute that may stand in the section or above all of them."""
        own = section.first(name)
        if own:
            return own
        return next((value for each, value in self.attributes if each == name), "")


def parse(text: str) -> Description:
    """Read a description."""
    found = Description()
    lines = text.replace("\r\n", "\n").split("\n")
    if len(lines) > LINES_MOST:
        raise ValueError("a description has too many lines")
    if not lines[0].startswith("v=0"):
        raise ValueError("a description begins with v=0")
    for line in lines:
        if len(line) > LINE_MOST or not _CONTROL.isdisjoint(line):
            raise ValueError("a line of a description is too long or not text")
        _take(found, line)
    mids = [section.mid for section in found.sections]
    if len(set(mids)) != len(mids) or (mids and not all(mids)):
        raise ValueError("every section has a mid of its own")
    return found


def _take(found: Description, line: str) -> None:
    kind, equals, value = line.partition("=")
    if not line:
        return
    if not equals or len(kind) != 1:
        raise ValueError("a line of a description reads x=…")
    if kind == "m":
        found.sections.append(_section(value))
        if len(found.sections) > SECTIONS_MOST:
            raise ValueError("a description has too many sections")
    elif kind == "a":
        name, _, content = value.partition(":")
        where = found.sections[-1].attributes if found.sections else found.attributes
        where.append((name, content.strip()))


def _section(value: str) -> Section:
    words = value.split()
    if len(words) < 4 or words[0] not in _KINDS or len(words) > FORMATS_MOST + 3:
        raise ValueError("an m= line names audio, video or application, a port and formats")
    port = words[1].partition("/")[0]
    return Section(words[0], number(port, 65_535), words[2], words[3:])


def number(text: str, most: int) -> int:
    """A plain decimal number up to `most`."""
    if not (text.isascii() and text.isdigit() and len(text) < 12) or int(text) > most:
        raise ValueError(f"{text[:20]!r} is no number from 0 to {most}")
    return int(text)


def write(description: Description, *, session: int, version: int) -> str:
    """The text of a description."""
    lines = ["v=0", f"o=- {session} {version} IN IP4 127.0.0.1", "s=-", "t=0 0"]
    lines += _attributes(description.attributes)
    for section in description.sections:
        lines.append(
            f"m={section.kind} {section.port} {section.protocol} {' '.join(section.formats)}"
        )
        lines.append("c=IN IP4 0.0.0.0")
        lines += _attributes(section.attributes)
    return "\r\n".join(lines) + "\r\n"


def _attributes(attributes: list[tuple[str, str]]) -> list[str]:
    return [f"a={name}:{value}" if value else f"a={name}" for name, value in attributes]
