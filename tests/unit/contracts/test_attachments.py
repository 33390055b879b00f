"""Links to files, and what files are."""

from __future__ import annotations

import pytest

from contracts.attachments import Links, Place
from contracts.kinds import kind_of

HERE = Place(1, 2, "a.png")
NOW = 1_700_000_000.0


class TestLinks:
    links = Links(b"secret", "https://moim.example")

    def test_links_of_one_hour_are_equal_and_open_for_at_least_23(self) -> None:
        hour = NOW // 3600 * 3600
        url = self.links.shown(HERE, hour)
        assert url == self.links.shown(HERE, hour + 3599) != self.links.shown(HERE, hour + 3600)
        assert self.links.read(url) == HERE
        query = dict(pair.split("=") for pair in url.partition("?")[2].split("&"))
        assert self.links.expires(HERE, "attachments", query) == hour + 24 * 3600

    @pytest.mark.parametrize("purpose", ["attachments", "uploads"])
    def test_a_link_is_good_for_one_file_and_one_purpose(self, purpose: str) -> None:
        url = self.links.shown(HERE, NOW)
        query = dict(pair.split("=") for pair in url.partition("?")[2].split("&"))
        is_right = purpose == "attachments"
        assert (self.links.expires(HERE, purpose, query) is not None) == is_right
        for other in (Place(1, 3, "a.png"), Place(2, 2, "a.png"), Place(1, 2, "b.png")):
            assert self.links.expires(other, purpose, query) is None
        assert Links(b"other").expires(HERE, purpose, query) is None
        assert self.links.expires(HERE, purpose, {}) is None

    @pytest.mark.parametrize("url", ["", "https://[", "/attachments/x/y/z", "https://e/a/1/2/3/4"])
    def test_what_is_no_link_is_none_of_ours(self, url: str) -> None:
        assert self.links.read(url) is None


@pytest.mark.parametrize(
    ("head", "media_type"),
    [
        (b"", "application/octet-stream"),
        (b"plain", "text/plain; charset=utf-8"),
        ("한".encode()[:2], "text/plain; charset=utf-8"),
        (b"\xff\xfea\0", "application/octet-stream"),
        (b"\xff\xfb\x90\x00", "audio/mpeg"),
        (b"RIFF\0\0\0\0AVI ", "application/octet-stream"),
        (b"\0\0\0\x18ftypheic", "image/heic"),
        (b"\0\0\0\x18ftypM4A ", "audio/mp4"),
    ],
)
def test_a_kind_is_what_the_first_bytes_say(head: bytes, media_type: str) -> None:
    assert kind_of(head).media_type == media_type
