"""Faces: pictures, words, and who hears of a change."""

from __future__ import annotations

from base64 import b64encode
from io import BytesIO
from typing import Any

import httpx
import pytest
from PIL import Image

from contracts import assets, topics
from contracts.events.user import FaceChanged, UserUpdate
from contracts.identity import Kind
from tests.service.user_service.house import PASSWORD, House, refused, wrong


def picture(colour: str = "teal") -> str:
    out = BytesIO()
    Image.new("RGB", (40, 20), colour).save(out, "PNG")
    return f"data:image/png;base64,{b64encode(out.getvalue()).decode()}"


async def change(client: httpx.AsyncClient, **form: Any) -> dict[str, Any]:
    response = await client.patch("/users/@me", json=form)
    assert response.status_code == 200, response.text
    found: dict[str, Any] = response.json()
    return found


class TestFaces:
    async def test_a_new_face_is_kept_and_told_to_everybody(self, house: House) -> None:
        client = await house.person("mina")
        me = (await client.get("/users/@me")).json()
        ears = house.running.ears
        assert ears is not None
        await ears.to(topics.user(int(me["id"])))
        await ears.to(topics.FACES)
        found = await change(
            client, avatar=picture(), banner=picture("red"), accent_color=255, bio="Hello"
        )
        assert found["accent_color"] == 255
        assert (found["bio"], me["bio"]) == ("Hello", "")
        key = assets.AVATARS.key(me["id"], found["avatar"])
        assert house.file(key).exists()
        (own,) = await ears.hear(UserUpdate)
        assert own.dump() == found
        (face,) = await ears.hear(FaceChanged)
        assert face.user.avatar == found["avatar"]
        assert not {"email", "bio"} & set(face.dump()["user"])
        other = await house.person("other")
        seen = (await other.get(f"/users/{me['id']}")).json()
        assert (seen["avatar"], seen["banner"]) == (found["avatar"], found["banner"])

    async def test_what_others_do_not_see_is_not_told_to_them(self, house: House) -> None:
        client = await house.person("mina")
        assert house.running.ears is not None
        await house.running.ears.to(topics.FACES)
        told = await client.patch("/users/@me/profile", json={"bio": "Hello", "pronouns": "she"})
        assert (told.json()["bio"], told.json()["pronouns"]) == ("Hello", "she")
        await change(client, global_name="민아")
        (face,) = await house.running.ears.hear(FaceChanged)
        assert face.user.global_name == "민아"

    @pytest.mark.parametrize("password", [None, "wrong horse"])
    async def test_the_name_for_logging_in_needs_the_password(
        self, house: House, password: str | None
    ) -> None:
        client = await house.person("mina")
        form = {"username": "minah", "password": password}
        wrong(await client.patch("/users/@me", json=form), password="PASSWORD_DOES_NOT_MATCH")
        assert (await change(client, username="minah", password=PASSWORD))["username"] == "minah"

    async def test_a_bot_needs_no_password_for_a_name_and_a_face(self, house: House) -> None:
        owner = await house.person("mina")
        made = (await owner.post("/applications", json={"name": "ping"})).json()
        await owner.post(f"/applications/{made['id']}/bot")
        bot = house.running.as_(int(made["id"]), kind=Kind.BOT)
        found = await change(bot, username="pong", avatar=picture())
        assert (found["username"], found["bot"]) == ("pong", True)
        assert house.file(assets.AVATARS.key(made["id"], found["avatar"])).exists()
        refused(await bot.get(f"/users/{made['id']}/profile"), 403, 20001)

    async def test_a_bad_picture_changes_nothing(self, house: House) -> None:
        """A16: uploads had neither type nor limit, and lay under the client's own name."""
        client = await house.person("mina")
        form = {"global_name": "M", "avatar": "data:image/png;base64,AAAA"}
        wrong(await client.patch("/users/@me", json=form), avatar="IMAGE_INVALID")
        assert (await client.get("/users/@me")).json()["global_name"] is None


class TestWornPictures:
    async def test_are_deleted_after_a_while_unless_put_on_again(self, house: House) -> None:
        client = await house.person("mina")
        found = await change(client, avatar=picture())
        me, old = found["id"], found["avatar"]
        back = (await change(client, avatar=picture("red")))["avatar"]
        await change(client, avatar=picture("blue"))
        await change(client, avatar=picture("red"))
        await house.running.job("pictures")
        kept, gone = house.file(f"avatars/{me}/{back}"), house.file(f"avatars/{me}/{old}")
        assert gone.exists(), "somebody may still load it"
        await house.rows("UPDATE worn_pictures SET worn = now() - interval '1 h'")
        await house.running.job("pictures")
        assert kept.exists()
        assert not gone.exists()

    async def test_that_were_never_put_on_go_as_well(self, house: House) -> None:
        await house.register("taken")
        client = await house.person("mina")
        form = {"avatar": picture(), "username": "taken", "password": PASSWORD}
        wrong(await client.patch("/users/@me", json=form), username="USERNAME_ALREADY_TAKEN")
        (row,) = await house.rows("SELECT key FROM worn_pictures")
        assert house.file(row["key"]).exists()
        await house.rows("UPDATE worn_pictures SET worn = now() - interval '1 h'")
        await house.running.job("pictures")
        assert not house.file(row["key"]).exists()
