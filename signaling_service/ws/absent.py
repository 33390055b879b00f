"""The door of somebody whose socket broke: nothing reaches them until they are back."""

from __future__ import annotations

from collections.abc import Sequence

from contracts.rpc.media_news import Rating
from signaling_service.hall.rooms import Guest, Room, Track, Why


class Absent:
    """A hall.rooms.Door behind which nobody is."""

    def changed(self, guests: Sequence[Guest]) -> None:
        """Told again when they are back."""

    def offered(self, sdp: str, offer_id: int, tracks: dict[str, str]) -> None:
        """Offered anew when they are back."""

    def sections_wanted(self, audios: int, videos: int) -> None:
        """Asked anew."""

    def came_up(self, track: Track) -> None:
        """Told with everything else."""

    def went_down(self, track: Track) -> None:
        """Told with everything else."""

    def muted(self, track: Track) -> None:
        """Told with everything else."""

    def room_changed(self, room: Room) -> None:
        """Told with everything else."""

    def heard(self, track: Track) -> None:
        """Not worth waiting for."""

    def speakers(self, speakers: Sequence[tuple[Guest, float, bool]]) -> None:
        """Not worth waiting for."""

    def rated(self, ratings: Sequence[tuple[Guest, Rating, float]]) -> None:
        """Not worth waiting for."""

    def layers_wanted(self, track: Track, qualities: Sequence[str]) -> None:
        """Not worth waiting for."""

    def data(self, sender: Guest | None, payload: bytes, *, is_reliable: bool) -> None:
        """Its own data comes over the wire, which may live on; who it is for is not known here."""

    def rights_changed(self) -> None:
        """Told with everything else."""

    def connected(self) -> None:
        """Nobody to tell."""

    def ended(self, why: Why) -> None:
        """They find out when they come back."""
