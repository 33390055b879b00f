"""How much one sender may bring: more than anybody needs, and less than would leave others nothing.

A ration is counted in time: each packet takes as long as it would on a line of exactly that width,
and whoever is further ahead than a burst waits. What is too much is lost, as on a narrow line.
"""

from __future__ import annotations

BURST_S = 1.0


class Ration:
    """So many packets and so many bits a second, whichever is reached first."""

    __slots__ = ("_a_bit", "_a_packet", "_ahead_at", "surplus")

    def __init__(self, packets: int, bits: int) -> None:
        self._a_packet = 1 / packets
        self._a_bit = 1 / bits
        self._ahead_at = 0.0
        self.surplus = 0
        """Packets that were too many, since this was last looked at."""

    def is_spent(self, now: float) -> bool:
        """Whether the next packet is too many, which is then counted."""
        if self._ahead_at - now <= BURST_S:
            return False
        self.surplus += 1
        return True

    def spend(self, size: int, now: float) -> None:
        """A packet of so many bytes came."""
        took = max(self._a_packet, size * 8 * self._a_bit)
        self._ahead_at = max(self._ahead_at, now) + took

    def takes(self, size: int, now: float) -> bool:
        """Both in one: whether it is not too many."""
        if self.is_spent(now):
            return False
        self.spend(size, now)
        return True

    def told(self) -> int:
        """What was too much since the last time."""
        surplus, self.surplus = self.surplus, 0
        return surplus


def of_media() -> Ration:
    """For all that somebody sends: several 4K screens beside a camera."""
    return Ration(10_000, 96_000_000)


def of_voice() -> Ration:
    """For one voice: every packet is copied to everybody. The shortest frames of Opus at its
    highest rate, with what was before them.
    """
    return Ration(500, 2_000_000)


def of_reports() -> Ration:
    """For RTCP of one connection, of which a part is passed on: feedback on fifty pictures."""
    return Ration(2_000, 8_000_000)


def of_data() -> Ration:
    """For DTLS, and in it data channels: these slow down by themselves when something is lost."""
    return Ration(4_000, 32_000_000)


def of_workers() -> Ration:
    """For what another worker passes on, which rationed each sender itself."""
    return Ration(10_000_000, 100_000_000_000)


def of_strangers() -> Ration:
    """For packets from addresses nobody knows that name somebody: each costs a try of a key."""
    return Ration(20, 1_000_000)
