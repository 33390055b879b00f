"""media_sfu stands, and says whether it holds its UDP port."""

from __future__ import annotations

import json
import socket

import httpx
import pytest

from media_sfu.app import build
from media_sfu.settings import Settings
from tests.fixtures.identity import keyring
from tests.fixtures.patience import until
from tests.fixtures.ports import free_ports
from tests.fixtures.services import running
from tests.fixtures.wire import Wire


async def readyz(port: int) -> tuple[int, dict[str, str | None]]:
    async with httpx.AsyncClient(transport=Wire()) as http:
        answer = await http.get(f"http://127.0.0.1:{port}/readyz")
    return answer.status_code, json.loads(answer.content)["parts"]


async def test_it_is_ready_alone_and_counts_what_arrives() -> None:
    async with running(Settings, build, udp_bind="127.0.0.1", udp_port=0) as media:
        udp = media.service._parts[0]
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            sender.sendto(b"packet", ("127.0.0.1", udp.port))  # type: ignore[attr-defined]
        await until(lambda: b"moim_media_packets_total 1.0" in media.service.metrics.render())


async def test_a_taken_port_is_a_trouble_until_it_is_free() -> None:
    rpc, admin = free_ports(2)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("127.0.0.1", 0))
        service = build(
            Settings(
                rpc_port=rpc,
                admin_port=admin,
                keyring=keyring(),  # type: ignore[arg-type]
                udp_bind="127.0.0.1",
                udp_port=other.getsockname()[1],
            )
        )
        await service.start()
        try:
            status, parts = await readyz(admin)
            assert status == 503
            assert "in use" in str(parts["udp"])
            other.close()
            await until(lambda: service.troubles()["udp"] is None)
            assert (await readyz(admin))[0] == 200
        finally:
            await service.stop()


@pytest.mark.parametrize("path", ["/livez", "/metrics"])
async def test_it_is_seen_from_outside(path: str) -> None:
    async with running(Settings, build, udp_bind="127.0.0.1", udp_port=0) as media:
        port = media.service.settings.admin_port
        async with httpx.AsyncClient(transport=Wire()) as http:
            assert (await http.get(f"http://127.0.0.1:{port}{path}")).status_code == 200
