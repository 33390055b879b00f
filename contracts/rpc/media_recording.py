"""What signaling_service asks of a media worker that is to record a room. How it ends is told by
`media_news.RecordingEnded`.
"""

from __future__ import annotations

from contracts.rpc.base import Call, Done


class StartRecording(Call[Done]):
    """Write down what is spoken and shown in a room, until it is stopped, everybody has left, or it
    is as long or large as the worker lets it be (`media_news.RecordingEnded`). Conflict while
    another recording of the room runs (RECORDING_RUNS) or somebody's media is encrypted end to end
    (RECORDING_ENCRYPTED); what is encrypted later is left out.
    """

    service = "media"
    callers = frozenset({"signaling"})
    deadline = 5.0

    room: str
    recording: int
    """Its number, by which chat_service knows it."""


class StopRecording(Call[Done]):
    """End a recording; its film is made and delivered. One that ended already is no error."""

    service = "media"
    callers = frozenset({"signaling"})
    deadline = 5.0

    room: str
    recording: int
    is_unwanted: bool = False
    """Forget it: nobody was told that it began."""
