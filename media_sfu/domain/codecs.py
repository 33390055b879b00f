"""Which codecs and header extensions are spoken, and how they are found in a section."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from media_sfu.domain.sdp import Section, number

MID = "urn:ietf:params:rtp-hdrext:sdes:mid"
RID = "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id"
LEVEL = "urn:ietf:params:rtp-hdrext:ssrc-audio-level"
SENT_AT = "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time"
TRANSPORT_CC = "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"

UPWARD = {"audio": (MID, LEVEL, TRANSPORT_CC), "video": (MID, RID, TRANSPORT_CC, SENT_AT)}
"""Extensions taken from publishers, where they offer them."""
DOWNWARD = {"audio": (), "video": (SENT_AT, TRANSPORT_CC)}
"""Extensions sent to listeners: a number, so that they can tell what arrived when; or, to those who
do not, when a packet left us, from which they tell what their line takes.
"""

FEEDBACK = ("nack", "nack pli", "ccm fir", "goog-remb", "transport-cc")
"""What is understood, of what a publisher offers."""


@dataclass(frozen=True, slots=True)
class Codec:
    """One way of coding, as one section numbers it."""

    name: str
    """opus, vp8, h264."""
    pt: int
    rtpmap: str
    fmtp: str = ""

    @property
    def clock(self) -> int:
        """Ticks a second."""
        return 48_000 if self.name == "opus" else 90_000


H264_FMTP = "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f"
OURS = {
    "opus": Codec("opus", 111, "opus/48000/2", "minptime=10;useinbandfec=1"),
    "vp8": Codec("vp8", 96, "VP8/90000"),
    "h264": Codec("h264", 102, "H264/90000", H264_FMTP),
}
"""As we number them where we offer."""
OUR_RED = 63
"""Opus with what was before it (redundancy.py), as we number it."""
OUR_EXTENSIONS = {SENT_AT: 3, TRANSPORT_CC: 4}

_MAPS = {"opus/48000/2": "opus", "vp8/90000": "vp8", "h264/90000": "h264"}


def spoken(section: Section) -> list[Codec]:
    """The codecs of a section that we speak, in its order; each name once."""
    maps = dict(_numbered(section.all("rtpmap")))
    parameters = dict(_numbered(section.all("fmtp")))
    found: dict[str, Codec] = {}
    for word in section.formats:
        if not (word.isascii() and word.isdigit() and len(word) < 4):
            continue
        pt = int(word)
        name = _MAPS.get(maps.get(pt, "").lower())
        fmtp = parameters.get(pt, "")
        if name is None or name in found or pt > 127:
            continue
        if name != "h264" or _is_plain_h264(fmtp):
            found[name] = Codec(name, pt, maps[pt], fmtp)
    return list(found.values())


def _is_plain_h264(fmtp: str) -> bool:
    """Baseline in non-interleaved mode: what every browser and phone decodes."""
    said = dict(part.strip().partition("=")[::2] for part in fmtp.lower().split(";"))
    baseline = said.get("profile-level-id", "42e01f").startswith(("42e0", "4200"))
    return said.get("packetization-mode") == "1" and baseline


def red(section: Section) -> int:
    """The payload type under which a section takes Opus with what was before it; 0: none."""
    parameters = dict(_numbered(section.all("fmtp")))
    opus = next((str(codec.pt) for codec in spoken(section) if codec.name == "opus"), "")
    for pt, name in _numbered(section.all("rtpmap")):
        if name.lower() == "red/48000/2" and str(pt) in section.formats and 0 < pt < 128:
            carried = parameters.get(pt, "").split("/")
            return pt if opus and set(carried) <= {opus, ""} else 0
    return 0


def preferring(codecs: list[Codec], wanted: str) -> list[Codec]:
    """The wanted one first: it is the first of the answer that is used."""
    return sorted(codecs, key=lambda codec: codec.name != wanted)


def _numbered(values: Iterable[str]) -> list[tuple[int, str]]:
    found = []
    for value in values:
        word, _, rest = value.partition(" ")
        if word.isascii() and word.isdigit() and len(word) < 4:
            found.append((int(word), rest.strip()))
    return found


def extensions(section: Section, wanted: Iterable[str]) -> dict[str, int]:
    """Ids by URI of those extensions that the section offers and we want."""
    wishes = set(wanted)
    found: dict[str, int] = {}
    for value in section.all("extmap"):
        words = value.split()
        if len(words) < 2 or words[1] not in wishes or words[1] in found:
            continue
        at = number(words[0].partition("/")[0], 255)
        if 1 <= at <= 14:
            found[words[1]] = at
    return found


def feedback(section: Section, codec: Codec) -> list[str]:
    """The kinds of feedback that the section offers for a codec and we understand."""
    offered = {rest for pt, rest in _starred(section.all("rtcp-fb")) if pt in (codec.pt, -1)}
    return [kind for kind in FEEDBACK if kind in offered]


def _starred(values: Iterable[str]) -> list[tuple[int, str]]:
    found = []
    for value in values:
        word, _, rest = value.partition(" ")
        if word == "*":
            found.append((-1, rest.strip()))
        elif word.isascii() and word.isdigit() and len(word) < 4:
            found.append((int(word), rest.strip()))
    return found


def downward(section: Section) -> dict[str, int]:
    """Ids of the extensions that a listener takes here; numbers only where it tells of them."""
    found = extensions(section, DOWNWARD[section.kind])
    if all("transport-cc" not in value for value in section.all("rtcp-fb")):
        found.pop(TRANSPORT_CC, None)
    return found


def rids(section: Section) -> list[str]:
    """The encodings that a simulcast section sends, by name."""
    if not section.first("simulcast").startswith("send"):
        return []
    found = []
    for value in section.all("rid"):
        words = value.split()
        if len(words) >= 2 and words[1] == "send" and words[0].isalnum() and len(words[0]) <= 16:
            found.append(words[0])
    return found[:4]
