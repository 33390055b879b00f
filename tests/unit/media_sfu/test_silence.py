"""Voices that pause: by DTX, or because their client sends nothing while muted."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from contracts.rpc.media import TrackSpec
from media_sfu import feedback
from media_sfu.domain import rtp
from media_sfu.domain.codecs import OURS
from media_sfu.tracks import UpLayer, UpTrack


def test_what_was_lost_before_a_silence_is_not_told_of_it() -> None:
    wire: Any = SimpleNamespace(own=1, transport_cc=1, layers={}, send_rtcp=lambda data: None)
    spec = TrackSpec(track="voice", kind="audio")
    layer = UpLayer(UpTrack("mina", spec, OURS["opus"], "0"), wire, 10, "")
    wire.layers[10] = layer
    for number in (1, 2, 9):
        layer.take(rtp.HEAD.pack(0x80, 111, number, number * 960, 10) + b"voice", 12, {}, 1.0)
    feedback.report(wire, 1.5, 0)
    assert layer.intake.lost_share > 0.5
    feedback.report(wire, 6.5, 0)
    assert layer.intake.lost_share == 0
