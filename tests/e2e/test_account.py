"""An account's life: letters, the second factor, a lost password, everything kept of somebody, and
the end — while a device is connected and a friend looks on.
"""

from __future__ import annotations

import email
import email.policy
import io
import re
import zipfile
from base64 import b32encode

import httpx
import pytest

from chassis.clock import SystemClock
from stack.suite import Suite
from tests.fixtures.houses import Newcomer
from tests.fixtures.patience import PATIENCE, until
from tests.fixtures.people import PASSWORD, Person
from user_service.domain import totp

pytestmark = [pytest.mark.xdist_group("house"), pytest.mark.asyncio(loop_scope="session")]

KEY = b"twenty bytes of luck"
NEW = "another horse battery"


async def links(house: Suite, to: str, way: str) -> list[str]:
    """Secrets of the letters that have arrived, the newest last."""
    found = []
    for path in sorted(house.home.mail.glob("*.eml"), key=lambda one: one.stat().st_mtime_ns):
        message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
        body = message.get_body(("plain",))
        assert body is not None
        shown = re.search(rf"{house.url}/{way}#token=(\S+)", body.get_content())
        if message["To"] == to and shown is not None:
            found.append(shown[1])
    return found


async def link(house: Suite, to: str, way: str) -> str:
    """The first of them."""
    return (await until(lambda: links(house, to, way)))[-1]


def code(steps: int = 0) -> str:
    """What an authenticator shows."""
    return totp.code_at(KEY, SystemClock().now_ms() // 30_000 + steps)


async def test_an_account_is_proved_lost_found_and_ended(house: Suite, meet: Newcomer) -> None:
    friend = await meet("jun")
    async with httpx.AsyncClient(base_url=f"{house.url}/api/v10", timeout=PATIENCE) as http:

        async def says(path: str, **form: str) -> httpx.Response:
            return await http.post(f"/auth/{path}", json=form)

        name, address = f"{friend.name}s-friend", f"{friend.name}@example.org"
        made = await says("register", username=name, password=PASSWORD, email=address, locale="ko")
        mina = Person(house.url, name, made.json())
        device = await mina.gateway().open()
        ready = await device.identify()
        assert (ready["user"]["verified"], ready["user"]["mfa_enabled"]) == (False, False)

        page = await http.get(f"{house.url}/verify")
        assert "text/html" in page.headers["content-type"]
        assert (await says("verify", token=await link(house, address, "verify"))).status_code == 200
        assert (await device.expect("USER_UPDATE"))["verified"] is True

        form = {"password": PASSWORD, "secret": b32encode(KEY).decode(), "code": code()}
        protected = await mina.does("POST", "/users/@me/mfa/totp/enable", json=form)
        await mina.is_out()
        assert await device.closed() == 4004

        first = (await says("login", login=address, password=PASSWORD)).json()
        entered = await says("mfa/totp", ticket=first["ticket"], code=code(1))
        tokens = [protected["token"], entered.json()["token"]]

        assert (await says("forgot", login=address)).status_code == 204
        reset = await says("reset", token=await link(house, address, "reset"), password=NEW)
        again = await says(
            "mfa/backup", ticket=reset.json()["ticket"], code=protected["backup_codes"][0]["code"]
        )
        for dead in tokens:
            former = Person(house.url, name, {"user_id": mina.id, "token": dead})
            await former.is_out()
            await former.leave()
        await mina.leave()
        mina = Person(house.url, name, again.json())

        guild = await friend.founds()
        await mina.joins(await friend.invites(await friend.channel(guild["id"])))
        await mina.sends(await mina.channel(guild["id"]), "remember me")
        await mina.does("POST", "/users/@me/harvest")
        found = await until(
            lambda: mina.does("GET", "/users/@me/harvest"), lambda harvest: harvest["url"]
        )
        archive = zipfile.ZipFile(io.BytesIO((await http.get(found["url"])).content))
        assert {"user/users.json", "community/members.json", "chat/messages.json"} <= set(
            archive.namelist()
        )
        assert b"remember me" in archive.read("chat/messages.json")

        sure = {"password": NEW, "code": protected["backup_codes"][1]["code"]}
        watcher = await friend.gateway().open()
        await watcher.identify()
        await mina.does("POST", "/users/@me/delete", json=sure)
        gone = await watcher.expect("GUILD_MEMBER_REMOVE")
        assert gone["user"]["id"] == mina.id
        seen = await friend.does("GET", f"/users/{mina.id}")
        assert seen["global_name"] == "Deleted User"
        assert (await http.get(found["url"])).status_code == 404
        await watcher.shut(1000)
        await mina.leave()
