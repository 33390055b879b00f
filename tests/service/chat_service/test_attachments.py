"""Files on messages: how they come, what is kept of them, and that they go."""

from __future__ import annotations

import os
import time
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any

import httpx
import orjson
import pytest
from PIL import Image

from chat_service.actions import orphans
from contracts.events.ban import MessagesUnwanted
from contracts.events.channel import ChannelDelete
from contracts.events.guild import GuildDeleted
from contracts.ids import ChannelId, GuildId, UserId
from contracts.permissions import Permission
from tests.fixtures import hostile
from tests.service.chat_service.house import ALICE, BOB, OWNER, PLAIN, House, refusal

PICTURE = 64, 32


def photograph(**more: Any) -> bytes:
    """Wider than high, with a place and a camera in its metadata."""
    out = BytesIO()
    exif = Image.Exif()
    exif[0x010F] = "SecretCamera"
    image = Image.new("RGB", PICTURE, "teal")
    image.save(out, "JPEG", exif=exif, comment=b"secret comment", **more)
    return out.getvalue()


def sideways() -> bytes:
    """The same, as a camera that is held upright writes it."""
    out = BytesIO()
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.new("RGB", PICTURE, "teal").save(out, "JPEG", exif=exif)
    return out.getvalue()


def moving() -> bytes:
    out = BytesIO()
    frames = [Image.new("RGB", PICTURE, colour) for colour in ("red", "green", "blue")]
    frames[0].save(out, "GIF", save_all=True, append_images=frames[1:], duration=90, loop=0)
    return out.getvalue()


def taken(answer: httpx.Response) -> dict[str, Any]:
    assert answer.status_code == 200, answer.text
    message: dict[str, Any] = answer.json()
    return message


class TestComing:
    async def test_files_come_with_what_is_said_of_them(self, house: House) -> None:
        guild = house.guild()
        room = int(house.channel(guild).id)
        said = [{"id": 1, "description": "끝", "filename": "SPOILER_회의록.txt"}, {"id": "0"}]
        sent = taken(
            await house.attach(
                ALICE,
                room,
                ("a.bin", b"\0\1\2"),
                ("b.txt", "안녕".encode()),
                content="here",
                attachments=said,
                nonce="7",
            )
        )
        first, second = sent["attachments"]
        assert (sent["content"], sent["nonce"]) == ("here", "7")
        assert (first["filename"], first["description"]) == ("SPOILER_회의록.txt", "끝")
        assert (first["size"], first["content_type"]) == (6, "text/plain; charset=utf-8")
        assert (second["filename"], second["content_type"]) == ("a.bin", "application/octet-stream")
        assert second["url"].startswith(f"https://moim.example/attachments/{room}/{second['id']}/a")
        assert house.files(room) == {second["id"]: b"\0\1\2", first["id"]: "안녕".encode()}
        name, told = (await house.told(guild))[-1]
        assert (name, told["attachments"]) == ("MessageCreate", sent["attachments"])
        del sent["nonce"]
        assert (await house.history(BOB, room)) == [sent]
        again = await house.attach(ALICE, room, ("a.bin", b"\0\1\2"), content="here", nonce="7")
        assert taken(again)["id"] == sent["id"]
        await house.swept(room, left=2)

    async def test_the_forms_of_older_clients_are_understood(self, house: House) -> None:
        room = house.room()
        sent = taken(
            await house.asks(
                ALICE,
                "POST",
                f"/channels/{room}/messages",
                files={"file": ("x.bin", b"\0")},
                data={"content": "said beside it", "tts": "false"},
            )
        )
        assert (sent["content"], len(sent["attachments"])) == ("said beside it", 1)

    async def test_files_come_into_conversations_too(self, house: House) -> None:
        me, other = house.newcomer(), house.newcomer()
        house.neighbours.friends.add(frozenset((me, other)))
        there = int((await house.opens(me, other))["id"])
        sent = taken(await house.attach(me, there, ("x.bin", b"\0")))
        assert (await house.history(other, there))[0]["attachments"] == sent["attachments"]

    async def test_a_film_has_a_poster_that_goes_with_it_and_no_place(self, house: House) -> None:
        room, other = house.room(), house.room()
        data = hostile.film("mov", (160, 90), location="+37.5665+126.9780/")
        assert b"37.5665" in data
        sent = taken(await house.attach(ALICE, room, ("a.mov", data)))
        (shown,) = sent["attachments"]
        assert (shown["width"], shown["height"], shown["size"]) == (160, 90, len(data))
        assert shown["placeholder_version"] == 1
        kept = house.files(room)
        with Image.open(BytesIO(kept[f"{shown['id']}.poster"])) as poster:
            assert poster.size == (160, 90)
        film = kept[shown["id"]]
        assert (len(film), b"37.5665" in film) == (len(data), False)
        reference = {"type": 1, "message_id": sent["id"], "channel_id": str(room)}
        forward = await house.send(ALICE, other, "", message_reference=reference)
        path = f"/channels/{room}/messages/{sent['id']}"
        assert (await house.asks(ALICE, "DELETE", path)).status_code == 204
        await house.swept(room)
        (copy,) = forward["message_snapshots"][0]["message"]["attachments"]
        assert sorted(house.files(other)) == [copy["id"], f"{copy['id']}.poster"]

    async def test_a_picture_is_upright_and_says_only_what_one_sees(self, house: House) -> None:
        room = house.room()
        sent = taken(
            await house.attach(
                ALICE, room, ("p.jpg", photograph()), ("s.jpg", sideways()), ("m.gif", moving())
            )
        )
        still, turned, moves = sent["attachments"]
        assert (still["width"], still["height"], still["content_type"]) == (64, 32, "image/jpeg")
        assert (turned["width"], turned["height"]) == (32, 64)
        assert still["placeholder_version"] == 1
        assert still["placeholder"]
        kept = house.files(room)
        assert b"secret" not in kept[still["id"]].lower()
        assert len(kept[still["id"]]) == still["size"]
        with Image.open(BytesIO(kept[moves["id"]])) as image:
            assert (image.format, getattr(image, "n_frames", 1)) == ("GIF", 3)

    async def test_sending_files_takes_a_right_of_its_own(self, house: House) -> None:
        room = house.room(PLAIN & ~Permission.ATTACH_FILES)
        assert refusal(await house.attach(ALICE, room, ("x", b"x"))) == (403, 50013)
        assert taken(await house.attach(OWNER, room, ("x", b"x")))
        assert refusal(await house.attach(house.newcomer(), room, ("x", b"x")))[0] == 404
        assert len(house.files(room)) == 1

    async def test_too_large_or_too_many_is_told_and_leaves_nothing(self, house: House) -> None:
        room, large = house.room(), b"\0" * (3 << 20)
        assert refusal(await house.attach(ALICE, room, ("x", large + b"1"))) == (413, 40005)
        three = [("x", large), ("y", large), ("z", b"\0")]
        assert refusal(await house.attach(ALICE, room, *three)) == (413, 40005)
        many = [("x", b"\0")] * 11
        assert refusal(await house.attach(ALICE, room, *many)) == (400, 30015)
        assert refusal(await house.attach(ALICE, room, ("x", b""))) == (400, 50035)
        wrong = await house.attach(ALICE, room, ("x", b"\0"), attachments=[{"id": 5}])
        assert wrong.json()["errors"]["attachments"]["0"]["id"]["_errors"]
        await house.swept(room)
        assert await house.stored(room) == []
        assert taken(await house.attach(ALICE, room, ("x", large), ("y", large[1:])))

    async def test_a_voice_message_is_one_measured_sound(self, house: House) -> None:
        room, sound = house.room(), b"OggS\0\2" + b"\0" * 40
        measured = {"id": 0, "duration_secs": 2.5, "waveform": "AAAA"}
        sent = taken(
            await house.attach(ALICE, room, ("v.ogg", sound), flags=8192, attachments=[measured])
        )
        file = sent["attachments"][0]
        assert (file["duration_secs"], file["waveform"], sent["flags"]) == (2.5, "AAAA", 8192)
        path = f"/channels/{room}/messages/{sent['id']}"
        edit = await house.asks(ALICE, "PATCH", path, json={"content": "x"})
        assert refusal(edit) == (400, 50162)
        said = {"flags": 8192, "attachments": [measured]}
        for code, file_sent, more in (
            (50159, sound, {"content": "also text"}),
            (50160, b"text", {}),
            (50161, sound, {"attachments": [{"id": 0}]}),
        ):
            answer = await house.attach(ALICE, room, ("v.ogg", file_sent), **said | more)
            assert refusal(answer) == (400, code)
        form = {"json": {"content": "", "flags": 8192}}
        assert await house.refused(ALICE, room, **form) == (400, 50160)

    async def test_embeds_show_files_of_their_message(self, house: House) -> None:
        room = house.room()
        embed = {"title": "t", "image": {"url": "attachment://p.jpg"}}
        sent = taken(await house.attach(ALICE, room, ("p.jpg", photograph()), embeds=[embed]))
        assert sent["embeds"][0]["image"]["url"] == sent["attachments"][0]["url"]
        assert (await house.history(BOB, room)) == [sent]


class TestSentAhead:
    async def announced(self, house: House, room: int, who: int = ALICE) -> dict[str, str]:
        form = {"files": [{"id": "7", "filename": "회의록 1.txt", "file_size": 5}]}
        answer = await house.asks(who, "POST", f"/channels/{room}/attachments", json=form)
        assert answer.status_code == 200, answer.text
        ahead: dict[str, str] = answer.json()["attachments"][0]
        assert ahead["id"] == "7"
        return ahead

    async def put(self, house: House, url: str, data: bytes) -> int:
        path = url.removeprefix("https://moim.example")
        return (await house.running.nobody.put(path, content=data)).status_code

    async def test_a_file_comes_by_itself_and_a_message_takes_it(self, house: House) -> None:
        room = house.room()
        ahead = await self.announced(house, room)
        form = {"attachments": [{"id": 0, "uploaded_filename": ahead["upload_filename"]}]}
        assert await house.refused(ALICE, room, json=form) == (400, 50035)
        assert await self.put(house, ahead["upload_url"], b"hello") == 200
        assert await self.put(house, ahead["upload_url"], b"other") == 404
        assert await house.refused(BOB, room, json=form) == (400, 50035)
        sent = await house.send(ALICE, room, "", **form)
        file = sent["attachments"][0]
        assert (file["filename"], file["size"]) == ("회의록 1.txt", 5)
        assert await self.put(house, ahead["upload_url"], b"other") == 404
        assert await house.refused(ALICE, room, json=form) == (400, 50035)
        assert list(house.files(room).values()) == [b"hello"]

    async def test_a_link_is_good_for_one_file_and_no_longer_than_it_says(
        self, house: House
    ) -> None:
        room = house.room()
        url = (await self.announced(house, room))["upload_url"]
        for forged in (url[:-1] + "x", url.replace("ex=", "ex=f"), url.split("?")[0]):
            assert await self.put(house, forged, b"hello") == 404
        assert await self.put(house, url, b"\0" * ((3 << 20) + 1)) == 413
        assert await self.put(house, url, b"hello, more than announced") == 413
        assert await self.put(house, url, b"hello") == 200

    async def test_only_so_many_files_of_one_person_may_wait(self, house: House) -> None:
        guild, somebody = house.guild(), house.newcomer()
        house.member(guild, somebody)
        room = int(house.channel(guild).id)
        path = f"/channels/{room}/attachments"
        form = {"files": [{"id": n, "filename": "a", "file_size": 5} for n in range(10)]}
        answers = [await house.asks(somebody, "POST", path, json=form) for _ in range(6)]
        assert [one.status_code for one in answers] == [200] * 5 + [400]
        form["files"][0]["file_size"] = 1 << 30
        assert refusal(await house.asks(ALICE, "POST", path, json=form)) == (400, 50035)

    async def test_what_is_not_wanted_is_deleted(self, house: House) -> None:
        room = house.room()
        ahead = await self.announced(house, room)
        assert await self.put(house, ahead["upload_url"], b"hello") == 200
        path = f"/attachments/{ahead['upload_filename']}"
        assert refusal(await house.asks(BOB, "DELETE", path))[0] == 404
        assert (await house.asks(ALICE, "DELETE", path)).status_code == 204
        await house.swept(room)


class TestGoing:
    async def test_with_a_message_go_its_files(self, house: House) -> None:
        room = house.room()
        path = f"/channels/{room}/messages"
        one, two, three = [
            taken(await house.attach(OWNER, room, ("x.bin", b"\0"))) for _ in range(3)
        ]
        await house.asks(OWNER, "DELETE", f"{path}/{one['id']}")
        await house.swept(room, left=2)
        ids = {"messages": [two["id"], three["id"]]}
        await house.asks(OWNER, "POST", f"{path}/bulk-delete", json=ids)
        await house.swept(room)

    async def test_an_edit_keeps_removes_and_adds(self, house: House) -> None:
        guild = house.guild()
        room = int(house.channel(guild).id)
        sent = taken(await house.attach(ALICE, room, ("a.bin", b"\0a"), ("b.bin", b"\0b")))
        keep = sent["attachments"][1]["id"]
        path = f"/channels/{room}/messages/{sent['id']}"
        said = orjson.dumps({"attachments": [{"id": keep, "description": "old"}, {"id": 0}]})
        edited = taken(
            await house.asks(
                ALICE,
                "PATCH",
                path,
                files={"files[0]": ("c.bin", b"\0c")},
                data={"payload_json": said.decode()},
            )
        )
        assert [one["filename"] for one in edited["attachments"]] == ["b.bin", "c.bin"]
        assert edited["attachments"][0]["description"] == "old"
        assert (await house.history(BOB, room)) == [edited]
        await house.swept(room, left=2)
        words = taken(await house.asks(ALICE, "PATCH", path, json={"content": "words"}))
        assert words["attachments"] == edited["attachments"]
        assert refusal(await house.asks(BOB, "PATCH", path, json={"attachments": []}))[0] == 403
        bare = taken(await house.asks(ALICE, "PATCH", path, json={"attachments": []}))
        assert bare["attachments"] == []
        await house.swept(room)
        empty = {"content": "", "attachments": []}
        assert refusal(await house.asks(ALICE, "PATCH", path, json=empty)) == (400, 50006)

    async def test_files_go_wherever_messages_go(self, house: House) -> None:
        """A deletion is real: of a channel, of a guild, of what a banned person wrote."""
        guild = house.guild()
        channels = [house.channel(guild) for _ in range(3)]
        lone, *rooms = [int(one.id) for one in channels]
        for room in (lone, *rooms):
            taken(await house.attach(ALICE, room, ("x.bin", b"\0")))
        kept = taken(await house.attach(BOB, rooms[0], ("x.bin", b"\0")))
        house.tell(ChannelDelete.model_validate(dict(channels[0])))
        await house.swept(lone)
        since = datetime.now(UTC) - timedelta(hours=1)
        house.tell(MessagesUnwanted(guild_id=GuildId(guild), user_id=UserId(ALICE), since=since))
        await house.swept(rooms[1])
        await house.swept(rooms[0], left=1)
        assert list(house.files(rooms[0])) == [kept["attachments"][0]["id"]]
        house.tell(GuildDeleted(guild_id=GuildId(guild), channel_ids=tuple(map(ChannelId, rooms))))
        await house.swept(rooms[0])

    async def test_what_nobody_used_goes_when_it_is_due(self, house: House) -> None:
        room = house.room()
        form = {"files": [{"id": "0", "filename": "a", "file_size": 5}]}
        answer = await house.asks(ALICE, "POST", f"/channels/{room}/attachments", json=form)
        path = answer.json()["attachments"][0]["upload_url"].removeprefix("https://moim.example")
        assert (await house.running.nobody.put(path, content=b"hello")).status_code == 200
        assert len(house.files(room)) == 1
        await house.admin.execute(
            "UPDATE chat.files SET due = now() WHERE channel_id = $1 AND due > now()", room
        )
        await house.swept(room)

    async def test_a_forward_has_files_of_its_own(self, house: House) -> None:
        room, other = house.room(), house.room()
        first = taken(await house.attach(ALICE, other, ("a.bin", b"\0a")))
        reference = {"type": 1, "message_id": first["id"], "channel_id": str(other)}
        forward = await house.send(BOB, room, "", message_reference=reference)
        copy = forward["message_snapshots"][0]["message"]["attachments"][0]
        assert copy["url"].startswith(f"https://moim.example/attachments/{room}/")
        await house.asks(ALICE, "DELETE", f"/channels/{other}/messages/{first['id']}")
        await house.swept(other)
        assert list(house.files(room).values()) == [b"\0a"]
        await house.asks(BOB, "DELETE", f"/channels/{room}/messages/{forward['id']}")
        await house.swept(room)

    async def test_links_are_made_anew_for_whoever_may_read_there(self, house: House) -> None:
        guild = house.guild()
        room = int(house.channel(guild).id)
        url = taken(await house.attach(ALICE, room, ("a.bin", b"\0a")))["attachments"][0]["url"]
        forged = url.replace("a.bin", "b.bin")
        form = {"attachment_urls": [url, forged, "https://elsewhere.example/x"]}
        answer = await house.asks(BOB, "POST", "/attachments/refresh-urls", json=form)
        pairs = answer.json()["refreshed_urls"]
        assert [one["original"] for one in pairs] == form["attachment_urls"]
        assert pairs[0]["refreshed"].startswith(url.split("?")[0])
        assert [one["refreshed"] for one in pairs[1:]] == [None, None]
        stranger = house.newcomer()
        answer = await house.asks(stranger, "POST", "/attachments/refresh-urls", json=form)
        assert answer.json()["refreshed_urls"][0]["refreshed"] is None


class TestStoreAndRowsThatDisagree:
    async def test_old_files_without_a_row_go_unless_they_are_too_many(
        self, house: House, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        room = house.room()
        taken(await house.attach(ALICE, room, ("film.mov", hostile.film("mov"))))
        kept = house.files(room)
        folder = house.blobs / "attachments" / str(room)
        long_ago = time.time() - 2 * 86_400
        for name in ("1", "1.poster", "2", "notes.txt", *kept):
            (folder / name).touch()
            os.utime(folder / name, (long_ago, long_ago))
        (folder / "3").touch()
        monkeypatch.setattr(orphans, "_FEW", 0)
        monkeypatch.setattr(orphans, "_SHARE", 1 << 40)
        others = house.blobs / "attachments" / "9"
        others.mkdir(exist_ok=True)
        for number in range(10):
            (others / str(number)).touch()
            os.utime(others / str(number), (long_ago, long_ago))
        await house.running.job("orphans")
        assert len(house.files(9)) == 10, "of another house"
        monkeypatch.setattr(orphans, "_FEW", 1_000)
        await house.running.job("orphans")
        assert house.files(9) == {}
        assert house.files(room).keys() == {"3", "notes.txt", *kept}

    async def test_a_file_that_is_gone_is_told_and_its_row_stays(self, house: House) -> None:
        room = house.room()
        sent = taken(await house.attach(ALICE, room, ("a.bin", b"\0"), ("b.bin", b"\1")))
        lost = sent["attachments"][0]["id"]
        (house.blobs / "attachments" / str(room) / lost).unlink()

        async def is_told() -> bool:
            await house.running.job("files")
            return b"moim_files_missing 1.0" in house.running.service.metrics.render()

        await house.until(is_told)
        rows = "SELECT count(*) FROM chat.files WHERE channel_id = $1"
        assert await house.admin.fetchval(rows, room) == 2
