"""Files and names that mean harm: clear answers, bounded memory, and nothing left behind."""

from __future__ import annotations

import asyncio
import re
import unicodedata

import orjson
import pytest

from contracts import limits
from tests.fixtures.hostile import NAMES, SCRIPT, hostile_files
from tests.fixtures.memory import at_most
from tests.service.chat_service.house import ALICE, OWNER, House

MEMORY_MIB = 400


async def test_hostile_files_are_refused_or_become_harmless(house: House) -> None:
    room, files = house.room(), hostile_files()
    assert len(files) >= 80
    sent, posters, answers = [], 0, []
    with at_most(MEMORY_MIB):
        for start in range(0, len(files), 8):
            some = files[start : start + 8]
            asked = (house.attach(ALICE, room, (file.name, file.data)) for file in some)
            answers += await asyncio.gather(*asked)
    for file, answer in zip(files, answers, strict=True):
        if file.becomes is None:
            assert (answer.status_code, answer.json()["code"]) == (400, 50035), file.says
            continue
        assert answer.status_code == 200, (file.says, answer.text)
        shown = answer.json()["attachments"][0]
        assert shown["content_type"] == file.becomes, file.says
        if shown["content_type"].startswith("image/"):
            assert SCRIPT not in house.files(room)[shown["id"]], file.says
        posters += shown["content_type"].startswith("video/") and "placeholder" in shown
        sent.append(answer.json()["id"])
    await house.swept(room, left=len(sent) + posters)
    for start in range(0, len(sent), limits.BULK_DELETE_MAX):
        form = {"messages": sent[start : start + limits.BULK_DELETE_MAX]}
        path = f"/channels/{room}/messages/bulk-delete"
        assert (await house.asks(OWNER, "POST", path, json=form)).status_code == 204
    await house.swept(room)


async def test_no_name_steers_anything(house: House) -> None:
    """Seed A16: files lay under the names that their senders gave them."""
    room = house.room()
    names = [name[:1_024] for name in NAMES if "\0" not in name]
    for start in range(0, len(names), limits.ATTACHMENTS):
        some = names[start : start + limits.ATTACHMENTS]
        said = [{"id": n, "filename": name} for n, name in enumerate(some)]
        files = [("x", b"\0")] * len(some)
        answer = await house.attach(ALICE, room, *files, attachments=said)
        for shown in answer.json()["attachments"]:
            kept = shown["filename"]
            assert 0 < len(kept) <= limits.ATTACHMENT_NAME
            assert not set(kept) & set('/\\:*?"<>|\r\n')
            assert kept.strip(" .") == kept
            assert not [one for one in kept if unicodedata.category(one) in ("Cc", "Cs", "Cn")]
            assert "\u202e" not in kept
            assert re.fullmatch(r"https://[!-~]+", shown["url"])
    assert len(house.files(room)) == len(names)


async def test_a_name_with_nothing_in_it_is_refused(house: House) -> None:
    room = house.room()
    for name in ("a\0.png", "\0"):
        said = [{"id": 0, "filename": name}]
        answer = await house.attach(ALICE, room, ("x", b"\0"), attachments=said)
        assert answer.status_code == 400
    await house.swept(room)


def unicode_texts() -> list[str]:
    """A sign of every hundred thousand or so: first, doubled, and among others."""
    signs = [chr(code) for code in range(0x20, 0x110000, 11_003) if not 0xD800 <= code < 0xE000]
    odd = "\u200b\u200d\u202e\u2066\ufeff\ufffd\uffff\U0010ffff\u0301\u115f\u3164\u0085\u2028"
    return [f"{sign}a{sign}{sign}가{sign}힣" for sign in (*signs, *odd)]


async def test_every_sign_of_unicode_comes_back_as_it_was_sent(house: House) -> None:
    room, texts = house.room(), unicode_texts()
    assert len(texts) > 100
    for start in range(0, len(texts), limits.ATTACHMENTS):
        some = texts[start : start + limits.ATTACHMENTS]
        files = [(f"{text}.txt", text.encode()) for text in some]
        said = [{"id": n, "description": text} for n, text in enumerate(some)]
        content = "\n".join(some)
        answer = await house.attach(ALICE, room, *files, content=content, attachments=said)
        assert answer.status_code == 200, (content.encode("unicode_escape"), answer.text)
        shown = answer.json()["attachments"]
        assert answer.json()["content"] == content
        assert [one["description"] for one in shown] == some
        assert all(one["filename"].endswith("txt") for one in shown)
        kept = house.files(room)
        assert [kept[one["id"]].decode() for one in shown] == some


BROKEN = (
    (b"--x\r\n", "multipart/form-data; boundary=x"),
    (b"", "multipart/form-data; boundary=x"),
    (b"--x--\r\n", "multipart/form-data; boundary="),
    (b"--x--\r\n", "multipart/form-data"),
    (b"--x--\r\n", "multipart/form-data; boundary=" + "x" * 300),
    (b"no parts at all", "multipart/form-data; boundary=x"),
    (b"--x\r\n" + b"A: b\r\n" * 500 + b"\r\n\r\n--x--\r\n", "multipart/form-data; boundary=x"),
    (b"--x\r\nA: " + b"b" * 70_000 + b"\r\n\r\n\r\n--x--\r\n", "multipart/form-data; boundary=x"),
    (
        b'--x\r\nContent-Disposition: form-data; name="files[0]"; filename="a"\r\n\r\nhalf a file',
        "multipart/form-data; boundary=x",
    ),
    (
        b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\nb\r\n' * 40 + b"--x--\r\n",
        "multipart/form-data; boundary=x",
    ),
)


@pytest.mark.parametrize("at", range(len(BROKEN)))
async def test_a_broken_body_is_told_so_and_leaves_nothing(house: House, at: int) -> None:
    room, (body, kind) = house.room(), BROKEN[at]
    path = f"/channels/{room}/messages"
    answer = await house.asks(ALICE, "POST", path, content=body, headers={"Content-Type": kind})
    assert answer.status_code == 400
    assert answer.json()["code"] in (50035, 50006)
    await house.swept(room)


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"null",
        b"[]",
        b"{",
        b'{"content": "a\\u0000b"}',
        b'{"content": "\\ud800"}',
        b'{"content": "\xff"}',
        b'{"attachments": ' + b"[" * 50_000 + b"}",
        b'{"attachments": [{"id": 0, "filename": "\\udfff.png"}]}',
        b'{"attachments": [{"id": 0, "description": "' + b"x" * 1_025 + b'"}]}',
        b'{"attachments": [{"id": 0, "duration_secs": 1e999}]}',
        b'{"attachments": [{"id": 99999999999999999999}]}',
        b'{"attachments": [{"uploaded_filename": "../../x"}]}',
        b'{"attachments": ' + orjson.dumps([{"id": 0}] * 21) + b"}",
    ],
)
async def test_what_is_said_wrongly_beside_a_file_takes_the_file_with_it(
    house: House, payload: bytes
) -> None:
    room = house.room()
    answer = await house.asks(
        ALICE,
        "POST",
        f"/channels/{room}/messages",
        files={"files[0]": ("a", b"\0"), "payload_json": (None, payload)},
    )
    assert (answer.status_code, answer.json()["code"]) in ((400, 50035), (400, 50109))
    await house.swept(room)
    assert await house.stored(room) == []
