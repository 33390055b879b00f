"""Pictures from strangers, made anew."""

from __future__ import annotations

from base64 import b64encode
from io import BytesIO
from typing import Any

import pytest
from PIL import Image, PngImagePlugin

from chassis import images
from chassis.images import picture_from, rendered
from contracts import assets
from contracts.errors import Invalid


def drawn(kind: str = "PNG", size: tuple[int, int] = (60, 30), **extra: Any) -> bytes:
    out = BytesIO()
    image = Image.new("RGB", size, "red")
    image.paste("blue", (0, 0, size[0] // 2, size[1]))
    image.save(out, kind, **extra)
    return out.getvalue()


def moving(kind: str = "GIF", frames: int = 3) -> bytes:
    out = BytesIO()
    first, *others = [Image.new("RGB", (40, 20), (60 * n, 90, 200)) for n in range(frames)]
    first.save(out, kind, save_all=True, append_images=others, duration=[50] * frames, loop=0)
    return out.getvalue()


def data_uri(data: bytes, says: str = "image/png") -> str:
    return f"data:{says};base64,{b64encode(data).decode()}"


def opened(data: bytes) -> Image.Image:
    image = Image.open(BytesIO(data))
    image.load()
    return image


@pytest.mark.parametrize(("kind", "kept"), [("PNG", "png"), ("JPEG", "jpeg"), ("WEBP", "webp")])
async def test_the_content_says_what_a_picture_is(kind: str, kept: str) -> None:
    picture = await picture_from(data_uri(drawn(kind), "text/html"), assets.AVATARS)
    assert picture.media_type == f"image/{kept}"
    assert opened(picture.data).format == kept.upper()
    assert (picture.width, picture.height, picture.moves) == (60, 30, False)


async def test_equal_content_has_an_equal_name() -> None:
    one, two = [await picture_from(drawn(), assets.AVATARS) for _ in range(2)]
    other = await picture_from(drawn(size=(61, 30)), assets.AVATARS)
    assert one.digest == two.digest != other.digest
    assert len(one.digest) == 32


async def test_a_telephones_photo_stands_upright_and_says_nothing_of_its_owner() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # lies on its side
    exif[0x010F] = "somebody's telephone"
    photo = drawn("JPEG", exif=exif, comment=b"at home")
    picture = await picture_from(photo, assets.AVATARS)
    assert (picture.width, picture.height) == (30, 60)
    assert b"telephone" in photo
    assert b"telephone" not in picture.data
    assert b"at home" not in picture.data


async def test_words_within_a_png_are_left_behind() -> None:
    words = PngImagePlugin.PngInfo()
    words.add_text("Comment", "written by somebody")
    picture = await picture_from(drawn(pnginfo=words), assets.AVATARS)
    assert b"somebody" not in picture.data


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG"])
async def test_an_animation_stays_one_under_a_name_that_says_so(kind: str) -> None:
    picture = await picture_from(moving(kind), assets.AVATARS)
    assert picture.digest.startswith("a_")
    assert opened(picture.data).n_frames == 3  # type: ignore[attr-defined]


async def test_an_animation_is_stilled_where_nothing_may_move() -> None:
    picture = await picture_from(moving(), assets.SPLASHES)
    assert (picture.moves, picture.media_type) == (False, "image/png")


async def test_a_large_picture_is_kept_smaller_in_its_proportion() -> None:
    picture = await picture_from(drawn(size=(600, 300)), assets.EMOJIS)
    assert (picture.width, picture.height) == (128, 64)


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        ("nonsense", "IMAGE_INVALID"),
        ("data:image/png;base64,?", "IMAGE_INVALID"),
        ("data:image/png;base64,AAAA", "IMAGE_INVALID"),
        (data_uri(b"<svg xmlns='http://www.w3.org/2000/svg'/>", "image/svg+xml"), "IMAGE_INVALID"),
        (drawn()[:60], "IMAGE_INVALID"),
        (drawn("BMP"), "IMAGE_INVALID"),
        (b"", "IMAGE_INVALID"),
        (bytes(assets.EMOJIS.most_bytes + 1), "BINARY_TYPE_MAX_SIZE"),
        (data_uri(bytes(assets.EMOJIS.most_bytes + 1)), "BINARY_TYPE_MAX_SIZE"),
    ],
    ids=lambda value: str(value)[:30],
)
async def test_what_is_no_picture_is_refused_at_its_field(sent: str | bytes, code: str) -> None:
    """A16: neither type nor size was ever looked at."""
    with pytest.raises(Invalid) as refused:
        await picture_from(sent, assets.EMOJIS, "avatar")
    assert refused.value.fields["avatar"][0] == code


async def test_a_small_file_of_very_many_pixels_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", Image.MAX_IMAGE_PIXELS)  # set by what is tested
    monkeypatch.setattr(images, "MOST_PIXELS", 10_000)
    await picture_from(drawn(size=(100, 100)), assets.AVATARS)
    with pytest.raises(Invalid):
        await picture_from(drawn(size=(101, 100)), assets.AVATARS)


async def test_an_animation_of_very_many_frames_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(images, "MOST_FRAMES", 3)
    await picture_from(moving(frames=3), assets.AVATARS)
    with pytest.raises(Invalid):
        await picture_from(moving(frames=4), assets.AVATARS)


@pytest.mark.parametrize("ending", ["png", "jpg", "webp", "gif"])
async def test_a_kept_picture_is_shown_in_any_format_and_smaller(ending: str) -> None:
    kept = (await picture_from(drawn(), assets.AVATARS)).data
    shown = opened(await rendered(kept, ending, 16, moving=True))
    assert shown.format == {"jpg": "JPEG"}.get(ending, ending.upper())
    assert shown.size == (16, 8)


async def test_a_picture_never_grows() -> None:
    kept = (await picture_from(drawn(), assets.AVATARS)).data
    assert await rendered(kept, "png", 4096, moving=False) == kept


@pytest.mark.parametrize(("ending", "frames"), [("gif", 3), ("webp", 3), ("png", 1)])
async def test_an_animation_moves_only_in_formats_that_can(ending: str, frames: int) -> None:
    kept = (await picture_from(moving(), assets.AVATARS)).data
    shown = opened(await rendered(kept, ending, 32, moving=True))
    assert getattr(shown, "n_frames", 1) == frames
    still = opened(await rendered(kept, ending, None, moving=False))
    assert getattr(still, "n_frames", 1) == 1
