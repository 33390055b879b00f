"""LiveKit's words from ours."""

from __future__ import annotations

from livekit.protocol import models, rtc

from signaling_service.ws import words


def test_what_a_client_says_of_its_track_is_told_to_others_as_it_is() -> None:
    """Marks of frames and encryption are between clients: nothing here looks into a frame."""
    asked = rtc.AddTrackRequest(
        cid="camera",
        type=models.TrackType.VIDEO,
        encryption=models.Encryption.Type.GCM,
        packet_trailer_features=[0, 1],
        stream="desk",
    )
    told = words.track_of(words.track_from(asked))
    assert told.encryption == models.Encryption.Type.GCM
    assert (list(told.packet_trailer_features), told.stream) == ([0, 1], "desk")
    asked = rtc.AddTrackRequest(type=models.TrackType.AUDIO, audio_features=[2])
    assert list(words.track_of(words.track_from(asked)).audio_features) == [2]
