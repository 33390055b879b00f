"""Keys of a leg."""

from __future__ import annotations

from media_sfu.domain.keying import leg_keys

ONE, OTHER = ("one", "a" * 32), ("other", "b" * 32)


def test_what_one_end_sends_with_the_other_receives_with_and_all_else_differs() -> None:
    rx, tx = leg_keys(b"secret", "room", ONE, OTHER, 28)
    assert leg_keys(b"secret", "room", OTHER, ONE, 28) == (tx, rx)
    renewed = ("one", "c" * 32)
    others = [
        *leg_keys(b"another", "room", ONE, OTHER, 28),
        *leg_keys(b"secret", "other room", ONE, OTHER, 28),
        *leg_keys(b"secret", "room", renewed, OTHER, 28),
    ]
    assert len({rx, tx, *others}) == 8
    assert {len(key) for key in (rx, tx)} == {28}
