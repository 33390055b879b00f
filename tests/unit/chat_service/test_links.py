"""Which links are looked at, where they may lead, and what pages say of themselves."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat_service.domain.addresses import Unreachable, is_public, require_public
from chat_service.domain.links import MOST, links_in, plain
from chat_service.domain.pages import Page, embed, oembed_address, read

PUBLIC = (
    *("8.8.8.8", "1.1.1.1", "93.184.215.14", "100.63.255.255", "100.128.0.1", "172.15.255.255"),
    *("172.32.0.1", "192.169.0.1", "198.17.255.255", "198.20.0.1", "223.255.255.254", "11.0.0.1"),
    *("2606:4700:4700::1111", "2001:4860:4860::8888", "2a00:1450:4001::200e", "::ffff:8.8.8.8"),
    *("64:ff9b::808:808", "2002:808:808::1"),
)
INSIDE = (
    *("0.0.0.0", "0.1.2.3", "10.0.0.1", "10.255.255.255", "100.64.0.1", "100.127.255.255"),
    *("127.0.0.1", "127.1.2.3", "127.255.255.255", "169.254.0.1", "169.254.169.254"),
    *("172.16.0.1", "172.31.255.255", "192.0.0.1", "192.0.0.8", "192.0.0.170", "192.0.2.1"),
    *("192.168.0.1", "192.168.255.255", "198.18.0.1", "198.19.255.255", "198.51.100.1"),
    *("203.0.113.1", "224.0.0.1", "224.0.0.251", "239.255.255.250", "240.0.0.1", "250.1.2.3"),
    *("255.255.255.255", "168.63.129.16", "192.88.99.1"),
    *("::", "::1", "::2", "::7f00:1", "::127.0.0.1", "::10.0.0.1", "100::1", "100::ffff"),
    *("fc00::1", "fd00::1", "fd12:3456::1", "fdff:ffff::1", "fe80::1", "fe80::1%eth0", "febf::1"),
    *("fec0::1", "ff00::1", "ff02::1", "ff02::fb", "ff05::2", "ff0e::1", "2001:db8::1"),
    *("2001:db8:ffff::1", "2001::1", "2001:0:7f00:1::1", "2001:2::1", "2001:10::1", "3fff::1"),
    *("::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "::ffff:192.168.1.1"),
    *("::ffff:0.0.0.0", "::ffff:100.64.0.1", "::ffff:7f00:1", "::ffff:a9fe:a9fe"),
    *("64:ff9b::7f00:1", "64:ff9b::10.0.0.1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::7f00:1"),
    *("64:ff9b:1::a00:1", "2002:7f00:1::1", "2002:a00:1::1", "2002:a9fe:a9fe::", "2002:c0a8:101::"),
    *("fd00:ec2::254", "fe80::a9fe:a9fe", "100.100.100.200", "192.0.0.192", "5f00::1"),
    *("", "localhost", "127.1", "0x7f.1", "2130706433", "0177.0.0.1", "1.2.3", "1.2.3.4.5"),
    *(
        "127.0.0.1:80",
        "[::1]",
        "::ffff:127.0.0.1%1",
        "１２７.０.０.１",
        "8.8.8.8/32",
        " 8.8.8.8",
        "nan",
    ),
)


@pytest.mark.parametrize("address", PUBLIC)
def test_the_public_internet_may_be_asked(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize("address", INSIDE)
def test_nothing_inside_may_be_asked(address: str) -> None:
    assert not is_public(address)
    with pytest.raises(Unreachable):
        require_public(["8.8.8.8", address])


def test_whoever_has_no_address_can_not_be_asked() -> None:
    with pytest.raises(Unreachable):
        require_public([])


@pytest.mark.parametrize(
    ("text", "links"),
    [
        ("see https://example.com.", ["https://example.com/"]),
        ("(https://example.com/a_(b))", ["https://example.com/a_(b)"]),
        ("**https://example.com/x**", ["https://example.com/x"]),
        ("<https://example.com> http://b.example", ["http://b.example/"]),
        (
            "`https://a.example` ```\nhttps://b.example\n``` https://c.example",
            ["https://c.example/"],
        ),
        ("||https://example.com||", []),
        ("https://a.example https://a.example/#x", ["https://a.example/"]),
        ("HTTPS://Example.COM/Path?q=1#frag", ["https://example.com/Path?q=1"]),
        ("https://모임.example/", ["https://xn--v52b68u.example/"]),
        ("ftp://example.com javascript:alert(1) https://", []),
        ("https://user:pass@example.com https://example.com:99999", []),
        (
            " ".join(f"https://{n}.example" for n in range(9)),
            [f"https://{n}.example/" for n in range(MOST)],
        ),
    ],
)
def test_links_are_found_where_they_want_to_be(text: str, links: list[str]) -> None:
    assert links_in(text) == links


@given(st.text())
def test_any_text_can_be_searched_and_any_address_made_plain(text: str) -> None:
    links_in(f"https://{text}")
    once = plain(f"https://{text}")
    assert once is None or plain(once) == once


@pytest.mark.parametrize(
    "url",
    [
        "https://www.youtube.com/watch?v=abcdefghijk&t=1",
        "https://youtu.be/abcdefghijk",
        "https://m.youtube.com/shorts/abcdefghijk",
    ],
)
def test_a_film_is_shown_with_its_player(url: str) -> None:
    assert (oembed_address(url) or "").startswith("https://www.youtube.com/oembed?")
    shown = embed(url, Page(title="Film"), {"author_name": "Mina", "author_url": "javascript:1"})
    assert shown is not None
    assert (shown["type"], shown["author"]) == ("video", {"name": "Mina"})
    assert shown["video"]["url"] == "https://www.youtube.com/embed/abcdefghijk"
    assert oembed_address("https://example.com/watch?v=abcdefghijk") is None


@pytest.mark.parametrize(
    "page",
    [
        b"",
        b"plain text",
        b"<body><title>too late</title>",
        b"<title> \n </title>",
        b'<meta property="og:image" content="javascript:alert(1)">',
        b'<meta property="og:title">',
        b"<" * 100_000,
        b"<!--" + b"-" * 100_000,
        b"<a " + b"a=" * 50_000,
        b"<div>" * 50_000,
        b"&#0;&#xd800;&#x110000;",
        b"\xff\xfe\x00<",
    ],
)
def test_a_page_that_says_nothing_of_itself_is_not_shown(page: bytes) -> None:
    assert embed("https://example.com/", read(page, "text/html; charset=punycode")) is None


def test_what_a_page_says_is_cut_and_cleaned() -> None:
    head = '<meta name="description" content="{}"><meta property="og:title" content="{}">'
    page = read(
        head.format("d" * 999, "\ud83d t\0 " + "t" * 999).encode("utf-8", "replace"), "text/html"
    )
    shown = embed("https://example.com/", page)
    assert shown is not None
    assert len(shown["title"]) == 256
    assert len(shown["description"]) == 350
    assert "\0" not in shown["title"]
