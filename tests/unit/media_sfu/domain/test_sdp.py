"""Descriptions: what browsers say is understood, what nobody says is refused with one sentence."""

from __future__ import annotations

import os
from random import Random

import pytest

from media_sfu.domain import codecs, describing, sdp
from media_sfu.domain.codecs import LEVEL, MID, OURS, RID, TRANSPORT_CC
from media_sfu.domain.describing import Face, Sending, Taking

OFFER = "\r\n".join(
    [
        "v=0",
        "o=- 4611731400430051336 2 IN IP4 127.0.0.1",
        "s=-",
        "t=0 0",
        "a=group:BUNDLE 0 1 2",
        "a=fingerprint:sha-256 AA:BB",
        "m=audio 9 UDP/TLS/RTP/SAVPF 111 63 9",
        "c=IN IP4 0.0.0.0",
        "a=ice-ufrag:abcd",
        "a=ice-pwd:0123456789012345678901",
        "a=setup:actpass",
        "a=mid:0",
        f"a=extmap:1 {LEVEL}",
        f"a=extmap:4 {MID}",
        f"a=extmap:3/sendonly {TRANSPORT_CC}",
        "a=extmap:99 urn:other",
        "a=sendonly",
        "a=msid:stream voice",
        "a=rtcp-mux",
        "a=rtcp-rsize",
        "a=rtpmap:111 opus/48000/2",
        "a=rtcp-fb:111 transport-cc",
        "a=fmtp:111 minptime=10;useinbandfec=1",
        "a=rtpmap:63 red/48000/2",
        "a=rtpmap:9 G722/8000",
        "a=ssrc:77 cname:x",
        "m=video 9 UDP/TLS/RTP/SAVPF 96 97 103 104 98",
        "c=IN IP4 0.0.0.0",
        "a=mid:1",
        f"a=extmap:10 {RID}",
        "a=sendonly",
        "a=rtpmap:96 VP8/90000",
        "a=rtcp-fb:* nack pli",
        "a=rtcp-fb:96 goog-remb",
        "a=rtpmap:97 rtx/90000",
        "a=fmtp:97 apt=96",
        "a=rtpmap:103 H264/90000",
        "a=fmtp:103 packetization-mode=0;profile-level-id=42001f",
        "a=rtpmap:104 H264/90000",
        "a=fmtp:104 packetization-mode=1;profile-level-id=42e01f",
        "a=rtpmap:98 VP9/90000",
        "a=rid:h send",
        "a=rid:q send",
        "a=simulcast:send h;q",
        "m=application 9 UDP/DTLS/SCTP webrtc-datachannel",
        "c=IN IP4 0.0.0.0",
        "a=mid:2",
        "a=sctp-port:5000",
        "",
    ]
)
FACE = Face("frag", "password", "CC:DD", (("192.0.2.1", 8003), ("192.0.2.2", 8003)))
WORLDS = int(os.environ.get("MOIM_WORLDS", "2000"))


def test_a_browsers_offer_is_understood() -> None:
    said = sdp.parse(OFFER)
    audio, video, data = said.sections
    assert [section.mid for section in said.sections] == ["0", "1", "2"]
    assert [codec.name for codec in codecs.spoken(audio)] == ["opus"]
    assert [(codec.name, codec.pt) for codec in codecs.spoken(video)] == [
        ("vp8", 96),
        ("h264", 104),
    ]
    assert codecs.extensions(audio, codecs.UPWARD["audio"]) == {LEVEL: 1, MID: 4, TRANSPORT_CC: 3}
    assert codecs.feedback(video, codecs.spoken(video)[0]) == ["nack pli", "goog-remb"]
    assert codecs.rids(video) == ["h", "q"]
    assert said.value(audio, "fingerprint") == "sha-256 AA:BB"
    assert data.first("sctp-port") == "5000"


def test_the_wanted_codec_leads_the_answer() -> None:
    spoken = codecs.spoken(sdp.parse(OFFER).sections[1])
    assert [codec.name for codec in codecs.preferring(spoken, "h264")] == ["h264", "vp8"]
    assert [codec.name for codec in codecs.preferring(spoken, "av1")] == ["vp8", "h264"]


def test_an_answer_takes_what_was_offered_and_nothing_else() -> None:
    audio, video, data = sdp.parse(OFFER).sections
    spoken = codecs.spoken(video)[:1]
    made = describing.description(
        FACE,
        [
            describing.refused(audio),
            describing.answered(video, Taking(spoken, {RID: 10}, ("q", "h")), None),
            describing.data_section(data.mid),
        ],
    )
    text = sdp.write(made, session=1, version=2)
    again = sdp.parse(text)
    assert again.attributes[1] == ("group", "BUNDLE 1 2")
    refused, taken, _ = again.sections
    assert refused.port == 0
    assert taken.formats == ["96"]
    assert taken.direction == "recvonly"
    assert list(taken.all("rid")) == ["q recv", "h recv"]
    assert taken.first("simulcast") == "recv q;h"
    assert taken.first("setup") == "passive"
    assert len(list(taken.all("candidate"))) == 2


def test_a_section_that_rests_keeps_the_extensions_that_a_publisher_will_need() -> None:
    """libwebrtc offers an extension never again that the first answer did not agree to."""
    audio, video, _ = sdp.parse(OFFER).sections
    for section in (audio, video):
        offered = codecs.extensions(section, codecs.UPWARD[section.kind])
        resting = describing.answered(section, None, None)
        assert resting.direction == "inactive"
        assert codecs.extensions(resting, codecs.UPWARD[section.kind]) == offered


def test_a_sent_track_is_named_in_its_section() -> None:
    sending = Sending("PA_1|TR_1", "TR_1", 5, "PA_1", OURS["opus"], {})
    section = describing.offered("3", "audio", sending)
    assert section.direction == "sendonly"
    assert section.first("msid") == "PA_1|TR_1 TR_1"
    assert list(section.all("ssrc")) == ["5 cname:PA_1", "5 msid:PA_1|TR_1 TR_1"]
    assert describing.offered("3", "audio", None).direction == "inactive"


def test_music_is_offered_in_stereo_and_silence_is_not_sent() -> None:
    music = Sending("a", "b", 5, "a", OURS["opus"], {}, is_stereo=True)
    assert "sprop-stereo=1" in describing.offered("3", "audio", music).first("fmtp")
    audio = sdp.parse(OFFER).sections[0]
    taking = Taking(codecs.spoken(audio), {}, uses_dtx=True, is_stereo=False)
    said = describing.answered(audio, taking, None).first("fmtp")
    assert "usedtx=1" in said
    assert "stereo" not in said


@pytest.mark.parametrize(
    "text",
    [
        "",
        "hello",
        "v=0\nm=audio 9",
        "v=0\nm=audio x UDP/TLS/RTP/SAVPF 111\na=mid:0",
        "v=0\nm=audio 70000 UDP/TLS/RTP/SAVPF 111\na=mid:0",
        "v=0\nm=smell 9 UDP/TLS/RTP/SAVPF 111\na=mid:0",
        "v=0\nm=audio 9 UDP/TLS/RTP/SAVPF 111",
        "v=0\nm=audio 9 X 1\na=mid:0\nm=audio 9 X 1\na=mid:0",
        "v=0\nnothing",
        "v=0\na=" + "x" * 5_000,
        "v=0\na=\x01",
        "v=0\n" + "a=x\n" * 30_000,
        "v=0\n" + "".join(f"m=audio 9 X 1\na=mid:{n}\n" for n in range(700)),
    ],
)
def test_what_nobody_would_say_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        sdp.parse(text)


def test_a_thousand_mangled_offers_are_read_or_refused_in_many_worlds() -> None:
    """seeds.md 8: no input of a client may do more than be refused."""
    dice = Random(7)
    refused = 0
    for _ in range(WORLDS):
        try:
            said = sdp.parse(_mangled(dice))
            for section in said.sections:
                codecs.rids(section)
                codecs.extensions(section, (MID, RID))
                answer = describing.answered(section, None, None)
                assert answer.mid == section.mid
        except ValueError:
            refused += 1
    assert 0 < refused < WORLDS


def _mangled(dice: Random) -> str:
    lines = OFFER.split("\r\n")
    for _ in range(dice.randint(1, 6)):
        at = dice.randrange(len(lines))
        match dice.randrange(6):
            case 0:
                del lines[at]
            case 1:
                lines.insert(dice.randrange(len(lines)), lines[at])
            case 2:
                lines[at] = lines[at][: dice.randint(0, len(lines[at]))]
            case 3:
                spot = dice.randint(0, len(lines[at]))
                sign = chr(dice.choice((0, 9, 58, 61, 0x2028, 0x1F600, dice.randrange(0xD7FF))))
                lines[at] = lines[at][:spot] + sign + lines[at][spot:]
            case 4:
                lines[at] = lines[at].replace("1", str(dice.randrange(1 << 70)))
            case 5:
                dice.shuffle(lines)
        lines = lines or ["v=0"]
    return "\r\n".join(lines)
