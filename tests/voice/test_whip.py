"""Programs go live by WHIP (RFC 9725): aiortc is the program."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any
from urllib.parse import urljoin

import httpx
import pytest
import pytest_asyncio
from aiortc import (
    AudioStreamTrack,
    RTCConfiguration,
    RTCPeerConnection,
    RTCRtpSender,
    RTCSessionDescription,
    VideoStreamTrack,
)

from stack.suite import Suite
from tests.voice.callers import Caller, Club, gathered, until
from tests.voice.test_livekit import told_state

pytestmark = [pytest.mark.xdist_group("voice"), pytest.mark.asyncio(loop_scope="session")]

SDP, FRAGMENT = "application/sdp", "application/trickle-ice-sdpfrag"


@pytest_asyncio.fixture(loop_scope="session")
async def stack() -> AsyncIterator[AsyncExitStack]:
    async with AsyncExitStack() as stack:
        yield stack


@pytest.fixture(autouse=True)
def loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    """aioice leaves 127.0.0.1 out of its candidates; here it is all there is."""
    monkeypatch.setattr("aioice.ice.get_host_addresses", lambda use_ipv4, use_ipv6: ["127.0.0.1"])


async def key_of(caller: Caller, club: Club) -> dict[str, Any]:
    asked = {"channel_id": club.voice_id}
    return dict(await caller.person.does("POST", "/users/@me/stream-keys", json=asked))


class Program:
    """Goes live, with a picture and a sound; with `codec`, in no other, as OBS does."""

    def __init__(self, stack: AsyncExitStack, url: str, key: str, codec: str = "") -> None:
        self.url, self.session, self.etag = url, "", ""
        self.peer = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        self.peer.addTransceiver(AudioStreamTrack(), "sendonly")
        video = self.peer.addTransceiver(VideoStreamTrack(), "sendonly")
        spoken = RTCRtpSender.getCapabilities("video").codecs
        video.setCodecPreferences([one for one in spoken if one.mimeType.endswith(codec)])
        self._key = key
        self._stack = stack
        self._client = httpx.AsyncClient(timeout=60)
        stack.push_async_callback(self._client.aclose)
        stack.push_async_callback(self.peer.close)

    async def says(self, method: str, url: str, kind: str, body: str = "", **lines: str) -> Any:
        headers = {"Authorization": f"Bearer {self._key}", "Content-Type": kind, **lines}
        return await self._client.request(method, url, content=body, headers=headers)

    async def offers(self) -> Any:
        await self.peer.setLocalDescription(await self.peer.createOffer())
        return await self.says("POST", self.url, SDP, self.peer.localDescription.sdp)

    async def begins(self) -> None:
        answer = await self.offers()
        assert answer.status_code == 201, answer.text
        assert answer.headers["content-type"] == SDP
        self.session = urljoin(self.url, answer.headers["location"])
        self.etag = answer.headers["etag"]
        await self.peer.setRemoteDescription(RTCSessionDescription(answer.text, "answer"))
        await until(lambda: self.peer.connectionState == "connected")

    async def ends(self) -> int:
        return int((await self.says("DELETE", self.session, SDP)).status_code)


async def shows(who: Caller, about: Caller, *, is_live: bool) -> None:
    """Wait until somebody's state, as it is known to another, says so."""

    def is_so() -> bool:
        states = [d for d in who.device.all("VOICE_STATE_UPDATE") if d["user_id"] == about.id]
        return bool(states) and states[-1]["self_stream"] is is_live

    await until(is_so)


async def test_who_is_nowhere_else_comes_in_by_it_and_is_out_when_it_ends(
    house: Suite, stack: AsyncExitStack
) -> None:
    club = await gathered(house.url, stack, ("mina", "jun"))
    mina, jun = club.callers
    await jun.joins(club.guild_id, club.voice_id)
    key = await key_of(mina, club)
    program = Program(stack, f"{house.url}/whip/{club.voice_id}", key["key"])
    await program.begins()
    await shows(jun, mina, is_live=True)
    await jun.sees(mina, 3)
    assert mina.id in jun.tracks or await _heard(jun, mina.id)

    ufrag = re.search(r"a=ice-ufrag:(\S+)", program.peer.localDescription.sdp)
    assert ufrag is not None
    candidate = "a=mid:0\r\na=candidate:1 1 udp 2130706431 127.0.0.1 9 typ host\r\n"
    trickled = f"a=ice-ufrag:{ufrag[1]}\r\na=ice-pwd:{'x' * 24}\r\n{candidate}"
    lines = {"If-Match": program.etag}
    answer = await program.says("PATCH", program.session, FRAGMENT, trickled, **lines)
    assert answer.status_code == 204, answer.text
    for wrong, status in (({}, 428), ({"If-Match": '"other"'}, 412)):
        answer = await program.says("PATCH", program.session, FRAGMENT, trickled, **wrong)
        assert answer.status_code == status
    restart = f"a=ice-ufrag:anew\r\na=ice-pwd:{'y' * 24}\r\n"
    answer = await program.says("PATCH", program.session, FRAGMENT, restart, **{"If-Match": "*"})
    assert (answer.status_code, answer.headers["content-type"]) == (200, FRAGMENT)
    assert "a=ice-pwd:" in answer.text
    assert answer.headers["etag"] != program.etag

    for method in ("GET", "HEAD", "PUT"):
        assert (await program.says(method, program.session, SDP)).status_code == 405
    wrong_kind = await program.says("PATCH", program.session, SDP, "v=0")
    assert (wrong_kind.status_code, wrong_kind.headers["accept-patch"]) == (415, FRAGMENT)

    assert await program.ends() == 200
    await told_state(jun, mina, None)
    assert await program.ends() == 404


async def _heard(listener: Caller, identity: str) -> bool:
    await until(lambda: identity in listener.tracks)
    return True


async def test_who_speaks_there_shows_it_beside_and_a_withdrawn_key_ends_it(
    house: Suite, stack: AsyncExitStack
) -> None:
    club = await gathered(house.url, stack, ("mina", "jun"))
    mina, jun = club.callers
    for caller in club.callers:
        await caller.joins(club.guild_id, club.voice_id)
    await mina.speaks()
    await jun.hears(mina)
    key = await key_of(mina, club)
    program = Program(stack, f"{house.url}/whip/{club.voice_id}", key["key"], "H264")
    await program.begins()
    assert "VP8" not in program.peer.remoteDescription.sdp
    await shows(jun, mina, is_live=True)
    await until(lambda: jun.seen.get(f"{mina.id}-live", 0) > 2)
    (kept,) = await mina.person.does("GET", "/users/@me/stream-keys")
    assert "key" not in kept
    await mina.person.does("DELETE", f"/users/@me/stream-keys/{key['id']}")
    await shows(jun, mina, is_live=False)
    assert await program.ends() == 404
    jun.heard.pop(mina.id, None)
    await jun.hears(mina)
    again = Program(stack, program.url, key["key"])
    refusal = await again.offers()
    assert (refusal.status_code, refusal.headers["www-authenticate"]) == (401, "Bearer")


async def test_whoever_may_not_is_told_why(house: Suite, stack: AsyncExitStack) -> None:
    club = await gathered(house.url, stack, ("mina", "jun"))
    mina, jun = club.callers
    url = f"{house.url}/whip/{club.voice_id}"
    key = (await key_of(jun, club))["key"]
    program = Program(stack, url, key)
    for changed, kind, body, status in (
        (url, "text/plain", "v=0", 415),
        (url, SDP, "no description", 400),
        (url.replace(club.voice_id, club.guild_id), SDP, "v=0", 403),
        (f"{house.url}/whip/elsewhere", SDP, "v=0", 404),
    ):
        answer = await program.says("POST", changed, kind, body)
        assert (answer.status_code, changed) == (status, changed), answer.text
    async with httpx.AsyncClient() as nobody:
        for method in ("GET", "HEAD", "PUT"):
            assert (await nobody.request(method, url)).status_code == 405
        preflight = await nobody.options(url)
        assert (preflight.status_code, preflight.headers["accept-post"]) == (204, SDP)
        assert "authorization" in preflight.headers["access-control-allow-headers"].lower()
        answer = await nobody.post(url, content="v=0", headers={"Content-Type": SDP})
        assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
    denied = {"deny": str(1 << 9), "allow": "0", "type": 0}
    roles = f"/channels/{club.voice_id}/permissions/{club.guild_id}"
    await mina.person.does("PUT", roles, json=denied)

    async def is_refused() -> bool:
        return bool((await Program(stack, url, key).offers()).status_code == 403)

    await until(is_refused)
