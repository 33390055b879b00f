"""What one publishes, others get: over real UDP, DTLS and SRTP, to real peers."""

from __future__ import annotations

from aiortc import AudioStreamTrack

from tests.service.media_sfu.stand import standing


async def test_a_voice_is_heard_by_everybody_else() -> None:
    async with standing() as stand:
        mina, jun = await stand.join("mina"), await stand.join("jun")
        await jun.connected()
        await mina.publish(AudioStreamTrack(), "voice", source="microphone")
        await jun.hears("voice", frames=5)
        assert not mina.heard
