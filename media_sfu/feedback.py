"""What travels the other way: RTCP heard on a wire, and what each wire is told by the clock."""

from __future__ import annotations

from typing import TYPE_CHECKING

from media_sfu import forwarding
from media_sfu.domain import arrivals, rtcp
from media_sfu.domain.rtcp import Packet

if TYPE_CHECKING:
    from media_sfu.wire import Wire

REPORTED_MOST = 64
REPORTS_EVERY_S = 0.1
"""Each report of a sender is passed on to all listeners; more of them tell nothing new."""


def hear(wire: Wire, data: bytes, now: float) -> None:
    """A compound came, proven."""
    for packet in rtcp.packets(data):
        match packet.kind:
            case rtcp.SENDER:
                _sender(wire, packet, now)
                _reports(wire, packet, now)
            case rtcp.RECEIVER:
                _reports(wire, packet, now)
            case rtcp.TRANSPORT if packet.count == rtcp.NACK:
                _nack(wire, packet, now)
            case rtcp.TRANSPORT if packet.count == rtcp.TRANSPORT_CC and wire.line is not None:
                wire.line.hear(*arrivals.told(packet.body), now)
            case rtcp.PAYLOAD if packet.count in (rtcp.PLI, rtcp.FIR):
                for ssrc in rtcp.full_frame_ssrcs(packet):
                    down = wire.downs.get(ssrc)
                    layer = down and (down.layer or down.target)
                    if layer:
                        layer.key_wanted(now)
            case rtcp.PAYLOAD if packet.count == rtcp.APPLICATION:
                bits = rtcp.estimate(packet)
                wire.estimate = bits if bits is not None else wire.estimate


def _sender(wire: Wire, packet: Packet, now: float) -> None:
    info = rtcp.sender_info(packet)
    layer = wire.layers.get(info.ssrc) if info else None
    if info is None or layer is None:
        return
    if layer.sender is not None and now - layer.sender[1] < REPORTS_EVERY_S:
        return
    layer.sender = (info, now)
    for down in layer.listeners:
        if down.wire is None or down.newest.number < 0:
            continue
        down.wire.send_rtcp(down.report(info))
        reported = down.wire.reported
        reported[info.ntp >> 16 & 0xFFFFFFFF] = now
        while len(reported) > REPORTED_MOST:
            del reported[next(iter(reported))]


def _reports(wire: Wire, packet: Packet, now: float) -> None:
    worst, heard = 0.0, False
    for report in rtcp.reports(packet):
        down = wire.downs.get(report.ssrc)
        if down is None:
            continue
        down.lost_share = report.lost_share / 256
        worst, heard = max(worst, down.lost_share), True
        left_at = wire.reported.get(report.last_sender)
        if left_at is not None:
            trip = now - left_at - report.delay / 65_536
            if 0 <= trip < 10:
                wire.rtt = trip if not wire.rtt else wire.rtt * 0.8 + trip * 0.2
    if heard:
        wire.loss = wire.loss * 0.7 + worst * 0.3


def _nack(wire: Wire, packet: Packet, now: float) -> None:
    down = wire.downs.get(rtcp.media_ssrc(packet))
    if down is not None:
        numbers = rtcp.asked_again(packet)
        down.need.missed(len(numbers) if down.red else 0)
        forwarding.repeat(down, numbers, now)


def tick(wire: Wire, now: float) -> None:
    """Often: ask again for what is missing, for key frames that had to wait, tell arrivals."""
    for layer in wire.layers.values():
        numbers = layer.intake.gaps.due(now) if layer.intake.gaps else []
        if numbers:
            wire.send_rtcp(rtcp.nack(wire.own, layer.ssrc, numbers))
        if layer.wants_key or (layer.waiting and now - layer.asked_key_at > 1.0):
            layer.key_wanted(now)


def tell_arrivals(wire: Wire, now: float) -> None:
    """Ten times a second, where the wire numbers its packets."""
    del now
    told = wire.arrivals.feedback(wire.own, next(iter(wire.layers), 0))
    if told is not None:
        wire.send_rtcp(told)


def report(wire: Wire, now: float, cap: int) -> None:
    """Once a second: what came, and how much may come where the sender has no estimator."""
    blocks, ssrcs = [], []
    for layer in wire.layers.values():
        if layer.intake.highest < 0 or now - layer.heard_at > 5:
            layer.intake.lost_share = 0.0  # nothing is lost of a silence
            continue
        last, delay = 0, 0
        if layer.sender is not None:
            info, at = layer.sender
            last, delay = info.ntp >> 16 & 0xFFFFFFFF, int((now - at) * 65_536)
        blocks.append(layer.intake.report(layer.ssrc, last, delay))
        if layer.is_video:
            ssrcs.append(layer.ssrc)
    for begin in range(0, len(blocks), 31):
        wire.send_rtcp(rtcp.receiver_report(wire.own, blocks[begin : begin + 31]))
    if ssrcs and not wire.transport_cc:
        wire.send_rtcp(rtcp.remb(wire.own, cap, ssrcs[:31]))
