"""What files say beside what one sees is written over; what one sees stays."""

from __future__ import annotations

from contextlib import suppress
from io import BytesIO

import av
from PIL import Image

from chat_service.domain.scrubbing import TORN, Patch, merged, of_film, of_still, of_tiff, patched
from tests.fixtures import hostile

CAMERA, DAY = b"SecretCamera", b"2026:01:01"


def exif() -> Image.Exif:
    said = Image.Exif()
    said[0x010F] = CAMERA.decode()
    said.get_ifd(0x8769)[0x9003] = f"{DAY.decode()} 10:00:00"
    said.get_ifd(0x8825)[1], said.get_ifd(0x8825)[2] = "N", (37.0, 33.0, 59.0)
    return said


def box_of(data: bytes, name: bytes) -> tuple[bytes, int]:
    at = data.index(name) - 4
    return data[at : at + int.from_bytes(data[at : at + 4], "big")], at


def test_a_film_says_no_place_and_plays_as_before() -> None:
    when, where = "2026-01-01T10:00:00Z", "+37.5665+126.9780/"
    data = hostile.film("mov", creation_time=when, location=where, title="Secret")
    day = (1_767_261_600 + 2_082_844_800).to_bytes(4, "big")
    assert day in data
    clean = patched(data, 0, merged(of_film(*box_of(data, b"moov"))))
    assert len(clean) == len(data)
    assert not any(told in clean for told in (b"37.5665", b"Secret", day))
    with av.open(BytesIO(clean), "r") as film:
        assert len(list(film.decode(video=0))) == 5


def test_a_track_that_nobody_sees_or_hears_is_cut_off_and_overwritten() -> None:
    data = hostile.film("mov").replace(b"mhlrvide", b"mhlrmeta")
    assert (b"x264" in data, b"mhlrmeta" in data) == (True, True)
    clean = patched(data, 0, merged(of_film(*box_of(data, b"moov"))))
    assert (len(clean), b"x264" in clean, b"trak" in clean) == (len(data), False, False)
    seen, at = box_of(clean, b"mdat")
    assert not any(seen[8:]), at


def test_a_still_of_the_kind_of_heif_says_no_camera_and_looks_as_before() -> None:
    out = BytesIO()
    Image.effect_noise((64, 48), 50).convert("RGB").save(out, "AVIF", exif=exif().tobytes())
    data = out.getvalue()
    assert CAMERA in data
    clean = patched(data, 0, merged(of_still(*box_of(data, b"meta"))))
    assert not any(said in clean for said in (CAMERA, DAY))
    with Image.open(BytesIO(data)) as before, Image.open(BytesIO(clean)) as after:
        assert before.tobytes() == after.tobytes()
        assert not after.getexif()


def test_a_tiff_says_no_place_camera_or_day() -> None:
    data = exif().tobytes().removeprefix(b"Exif\0\0")
    assert CAMERA in data
    clean = patched(data, 0, merged(of_tiff(data)))
    assert not any(said in clean for said in (CAMERA, DAY))
    left = Image.Exif()
    left.load(b"Exif\0\0" + clean)
    assert not left.get_ifd(0x8825)
    assert not left.get_ifd(0x8769)


def test_it_is_all_the_same_in_pieces() -> None:
    patches = [Patch(3, 5, b"ab"), Patch(20, 4)]
    data = bytes(range(1, 31))
    whole = patched(data, 0, patches)
    assert whole[3:8] == b"ab\0\0\0"
    for size in (1, 2, 7):
        parts = (patched(data[at : at + size], at, patches) for at in range(0, len(data), size))
        assert b"".join(parts) == whole


def test_what_is_named_often_is_written_over_once() -> None:
    named = [Patch(10, 20), Patch(12, 3), Patch(25, 20), Patch(10, 20)]
    assert merged(named) == [Patch(10, 20), Patch(30, 15)]


def test_torn_lists_end_and_lead_nowhere() -> None:
    data = exif().tobytes().removeprefix(b"Exif\0\0")
    for end in range(8, len(data)):
        with suppress(*TORN):
            patches = of_tiff(data[:end])
            assert all(patch.at + patch.length <= end for patch in patches)
