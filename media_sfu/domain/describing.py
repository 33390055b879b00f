"""Our side of a description: answers to sections that clients offer, and sections that we offer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from media_sfu.domain import codecs
from media_sfu.domain.codecs import Codec
from media_sfu.domain.sdp import Description, Section

MEDIA = "UDP/TLS/RTP/SAVPF"
DATA = "UDP/DTLS/SCTP"
DATA_PORT = 5000
DATA_BYTES = 262_144


@dataclass(frozen=True, slots=True)
class Face:
    """How a wire shows itself: ICE credentials, fingerprint, addresses, and its DTLS role."""

    ufrag: str
    password: str
    fingerprint: str
    addresses: tuple[tuple[str, int], ...]
    setup: str = "passive"


@dataclass(frozen=True, slots=True)
class Taking:
    """What we take in a section: codecs with ids of extensions, and encodings by name."""

    codecs: Sequence[Codec]
    extensions: Mapping[str, int]
    rids: Sequence[str] = ()
    uses_dtx: bool = True
    is_stereo: bool = False
    red: int = 0
    """Payload type of Opus with what was before it, which then is what comes; 0: never."""


@dataclass(frozen=True, slots=True)
class Sending:
    """What we send in a section."""

    stream: str
    track: str
    ssrc: int
    cname: str
    codec: Codec
    extensions: Mapping[str, int]
    is_stereo: bool = False
    red: int = 0
    """Payload type of Opus with what was before it; 0: never."""


def description(face: Face, sections: list[Section]) -> Description:
    """All sections under one bundle."""
    attributes = [("ice-lite", ""), ("extmap-allow-mixed", ""), ("msid-semantic", "WMS *")]
    bundled = [section for section in sections if section.port]
    names = " ".join(["BUNDLE", *(section.mid for section in bundled)])
    attributes.insert(1, ("group", names))
    for section in bundled:
        _bear(section, face, is_first=section is bundled[0])
    return Description(attributes, sections)


def _bear(section: Section, face: Face, *, is_first: bool) -> None:
    section.add("ice-ufrag", face.ufrag)
    section.add("ice-pwd", face.password)
    section.add("fingerprint", f"sha-256 {face.fingerprint}")
    section.add("setup", face.setup)
    for number, (host, port) in enumerate(face.addresses if is_first else ()):
        priority = (126 << 24) | ((65_535 - number) << 8) | 255
        section.add("candidate", f"{number + 1} 1 udp {priority} {host} {port} typ host")
    if is_first:
        section.add("end-of-candidates")


def refused(offer: Section) -> Section:
    """A section that we take no part in."""
    section = Section(offer.kind, 0, offer.protocol, offer.formats[:1])
    section.add("mid", offer.mid)
    section.add("inactive")
    return section


def data_section(mid: str, protocol: str = DATA) -> Section:
    """The one for data channels."""
    section = Section("application", 9, protocol, ["webrtc-datachannel"])
    section.add("mid", mid)
    section.add("sctp-port", DATA_PORT)
    section.add("max-message-size", DATA_BYTES)
    return section


def answered(offer: Section, taking: Taking | None, sending: Sending | None) -> Section:
    """Our answer to a section of media; with neither, it stays but rests."""
    spoken = taking.codecs if taking else [sending.codec] if sending else codecs.spoken(offer)
    if not spoken:
        return refused(offer)
    section = Section(offer.kind, 9, offer.protocol, [str(codec.pt) for codec in spoken])
    section.add("mid", offer.mid)
    section.add(_direction(taking, sending))
    section.add("rtcp-mux")
    if offer.has("rtcp-rsize"):
        section.add("rtcp-rsize")
    for uri, at in _agreed(offer, taking, sending).items():
        section.add("extmap", f"{at} {uri}")
    for codec in spoken:
        _code(section, codec, codecs.feedback(offer, codec), _opus(taking, sending))
    if taking and taking.red:
        # What an answer names first is what its reader sends.
        _double(section, taking.red, spoken[0], at=0)
    elif sending and not taking:
        _double(section, sending.red, sending.codec)
    for rid in taking.rids if taking else ():
        section.add("rid", f"{rid} recv")
    if taking and taking.rids:
        section.add("simulcast", f"recv {';'.join(taking.rids)}")
    if sending:
        _name(section, sending)
    return section


def _agreed(offer: Section, taking: Taking | None, sending: Sending | None) -> dict[str, int]:
    """Extensions by id. libwebrtc never again offers, in any section of the bundle, what the first
    answer did not agree to: a section that rests keeps what a publisher would need.
    """
    extensions = dict(sending.extensions) if sending else {}
    upward = codecs.UPWARD[offer.kind]
    return extensions | dict(taking.extensions if taking else codecs.extensions(offer, upward))


def offered(mid: str, kind: str, sending: Sending | None) -> Section:
    """A section that we offer to a listener; without a track, it rests."""
    codec = sending.codec if sending else codecs.OURS["opus" if kind == "audio" else "vp8"]
    section = Section(kind, 9, MEDIA, [str(codec.pt)])
    section.add("mid", mid)
    section.add("sendonly" if sending else "inactive")
    section.add("rtcp-mux")
    section.add("rtcp-rsize")
    for uri, at in (sending.extensions if sending else {}).items():
        section.add("extmap", f"{at} {uri}")
    heard = codecs.FEEDBACK if kind == "video" else ("nack",)
    _code(section, codec, heard, _opus(None, sending))
    _double(section, sending.red if sending else 0, codec)
    if sending:
        _name(section, sending)
    return section


def _direction(taking: Taking | None, sending: Sending | None) -> str:
    if taking:
        return "sendrecv" if sending else "recvonly"
    return "sendonly" if sending else "inactive"


def _opus(taking: Taking | None, sending: Sending | None) -> str:
    """What is said of Opus, whichever way it goes."""
    said = codecs.OURS["opus"].fmtp
    if taking and taking.uses_dtx:
        said += ";usedtx=1"
    if taking and taking.is_stereo:
        said += ";stereo=1"
    return said + ";sprop-stereo=1;stereo=1" if sending and sending.is_stereo else said


def _code(section: Section, codec: Codec, heard: Iterable[str], opus: str) -> None:
    section.add("rtpmap", f"{codec.pt} {codec.rtpmap}")
    for kind in heard:
        section.add("rtcp-fb", f"{codec.pt} {kind}")
    fmtp = opus if codec.name == "opus" else codec.fmtp
    if fmtp:
        section.add("fmtp", f"{codec.pt} {fmtp}")


def _double(section: Section, red: int, codec: Codec, at: int = 1) -> None:
    if red:
        section.formats.insert(at, str(red))
        section.add("rtpmap", f"{red} red/48000/2")
        section.add("fmtp", f"{red} {codec.pt}/{codec.pt}")


def _name(section: Section, sending: Sending) -> None:
    msid = f"{sending.stream} {sending.track}"
    section.add("msid", msid)
    section.add("ssrc", f"{sending.ssrc} cname:{sending.cname}")
    section.add("ssrc", f"{sending.ssrc} msid:{msid}")
