"""Where pictures lie and which public paths show them."""

from __future__ import annotations

import pytest

from contracts import assets

DIGEST = "0123456789abcdef" * 2


@pytest.mark.parametrize(
    ("shelf", "ids"),
    [
        (assets.AVATARS, (7, DIGEST)),
        (assets.AVATARS, (7, f"a_{DIGEST}")),
        (assets.MEMBER_AVATARS, (1, 2, DIGEST)),
        (assets.EMOJIS, (9,)),
    ],
)
@pytest.mark.parametrize("ending", assets.MEDIA_TYPES)
def test_what_is_kept_is_found_by_its_public_path(
    shelf: assets.Shelf, ids: tuple[int | str, ...], ending: str
) -> None:
    key = shelf.key(*ids)
    assert assets.parse(f"/{key}.{ending}") == (key, ending)


@pytest.mark.parametrize(
    "path",
    [
        f"avatars/7/{DIGEST}",
        f"avatars/7/{DIGEST}.svg",
        f"avatars/7/{DIGEST[:-1]}.png",
        f"avatars/seven/{DIGEST}.png",
        f"avatars/../avatars/7/{DIGEST}.png",
        f"attachments/7/{DIGEST}.png",
        f"emojis/{DIGEST}.png",
        f"xavatars/7/{DIGEST}.png",
        f"avatars/7/{DIGEST}.png\n",
    ],
)
def test_other_paths_show_nothing(path: str) -> None:
    assert assets.parse(path) is None


def test_a_name_says_whether_its_picture_moves() -> None:
    assert assets.moves(f"a_{DIGEST}")
    assert not assets.moves(DIGEST)
