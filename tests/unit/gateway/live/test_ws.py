"""One connection: handshake, query, deadlines, slow readers, and every way to part."""

from __future__ import annotations

import zlib
from collections.abc import AsyncIterator
from typing import Any, cast

import orjson
import pytest
import zstandard

from contracts import limits
from contracts.rpc.signaling import UpdateVoiceState
from contracts.topics import session_key
from gateway.live.socket import GOODBYE_S, answer_to
from gateway.live.ws import GatewaySocket
from tests.unit.gateway.house import (
    KEY,
    Client,
    Gateway,
    Transport,
    World,
    frames_in,
    masked,
    message,
    settled,
)

HEADERS = {
    b"upgrade": b"websocket",
    b"connection": b"Upgrade",
    b"sec-websocket-version": b"13",
    b"sec-websocket-key": KEY,
}


@pytest.fixture
async def gateway() -> AsyncIterator[Gateway]:
    world = World()
    world.guild()
    world.enrol(2)
    world.enrol(100)
    gateway = await Gateway(world).start()
    yield gateway
    await gateway.tasks.cancel()


async def entered(gateway: Gateway, query: str = "v=10") -> Client:
    client = gateway.connect(query)
    await client.identify(2)
    return client


class TestHandshake:
    def test_answers_with_the_key_of_the_rfc(self) -> None:
        answer, is_welcome = answer_to(HEADERS, is_draining=False)
        assert is_welcome
        assert answer.startswith(b"HTTP/1.1 101 ")
        assert b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n" in answer

    def test_declines_extensions_and_protocols_by_not_naming_them(self) -> None:
        offered = {
            b"sec-websocket-extensions": b"permessage-deflate",
            b"sec-websocket-protocol": b"x",
        }
        answer, is_welcome = answer_to(HEADERS | offered, is_draining=False)
        assert is_welcome
        assert b"xtensions" not in answer
        assert b"rotocol:" not in answer

    @pytest.mark.parametrize(
        ("wrong", "status"),
        [
            ({b"sec-websocket-version": b"8"}, b"426"),
            ({b"sec-websocket-version": b""}, b"426"),
            ({b"sec-websocket-key": b""}, b"400"),
            ({b"sec-websocket-key": b"c2hvcnQ="}, b"400"),
            ({b"sec-websocket-key": b"not base64!"}, b"400"),
            ({b"upgrade": b"h2c"}, b"400"),
        ],
    )
    def test_refuses_what_is_no_handshake(self, wrong: dict[bytes, bytes], status: bytes) -> None:
        answer, is_welcome = answer_to(HEADERS | wrong, is_draining=False)
        assert not is_welcome
        assert answer.startswith(b"HTTP/1.1 " + status)
        assert answer.endswith(b"\r\n\r\n")

    def test_lets_nobody_in_while_draining(self) -> None:
        answer, is_welcome = answer_to(HEADERS, is_draining=True)
        assert not is_welcome
        assert answer.startswith(b"HTTP/1.1 503")

    async def test_takes_over_a_transport_with_what_came_behind(self, gateway: Gateway) -> None:
        transport = Transport()
        beat = masked(1, b'{"op":1,"d":null}')
        GatewaySocket(gateway.lobby).adopt(
            cast(Any, transport), b"GET /gateway?v=10&encoding=json", list(HEADERS.items()), beat
        )
        assert isinstance(transport.protocol, GatewaySocket)
        said = [orjson.loads(p)["op"] for _, p in frames_in(b"".join(transport.written[1:]))]
        assert said == [10, 11]

    async def test_that_fails_leaves_nothing_behind(self, gateway: Gateway) -> None:
        transport = Transport()
        headers = [(b"upgrade", b"websocket"), (b"sec-websocket-version", b"7")]
        GatewaySocket(gateway.lobby).adopt(cast(Any, transport), b"GET /", headers, b"")
        assert transport.is_closed
        transport.protocol.connection_lost(None)
        assert not gateway.lobby.sockets


async def test_a_flood_of_pings_ends_a_connection(gateway: Gateway) -> None:
    """Each is answered: who does not read the answers would have them kept."""
    client = gateway.connect()
    for _ in range(2):
        client.socket.data_received(masked(9, b"x") * limits.GATEWAY_PINGS_PER_MINUTE)
        client.read()
        assert client.close_code is None
        gateway.clock.advance(60)
    client.socket.data_received(masked(9, b"x") * (limits.GATEWAY_PINGS_PER_MINUTE + 1))
    client.read()
    assert client.close_code == 4008


class TestQuery:
    @pytest.mark.parametrize("query", ["", "v=9", "v=10", "encoding=json", "x=1&v=10"])
    async def test_says_hello(self, gateway: Gateway, query: str) -> None:
        (hello,) = gateway.connect(query).read()
        assert hello["op"] == 10
        assert hello["d"]["heartbeat_interval"] == limits.HEARTBEAT_INTERVAL_MS

    @pytest.mark.parametrize("query", ["v=8", "v=11", "v=x", "v="])
    async def test_knows_no_other_version(self, gateway: Gateway, query: str) -> None:
        client = gateway.connect(query)
        client.read()
        assert client.close_code == (4012 if query != "v=" else None)

    async def test_knows_no_other_encoding(self, gateway: Gateway) -> None:
        client = gateway.connect("v=10&encoding=etf")
        client.read()
        assert client.close_code == 4002

    async def test_ignores_a_compression_that_it_does_not_know(self, gateway: Gateway) -> None:
        assert (await entered(gateway, "compress=brotli")).has("READY")

    @pytest.mark.parametrize("query", ["compress=zlib-stream", "compress=zstd-stream"])
    async def test_compresses_everything_from_hello_on(self, gateway: Gateway, query: str) -> None:
        client = gateway.connect(query)
        (opcode, hello), *_ = frames_in(b"".join(client.transport.written))
        reader = (
            zlib.decompressobj()
            if "zlib" in query
            else zstandard.ZstdDecompressor().decompressobj()
        )
        assert opcode == 2
        assert orjson.loads(reader.decompress(hello))["op"] == 10
        await client.identify(2)
        client.say(1, None)
        gateway.world.redis.publish(message(1))
        await settled()
        client.read()
        assert client.contents() == ["message 1"]
        assert client.other[-1]["op"] == 11


class TestSaying:
    async def test_in_binary_frames_is_as_good(self, gateway: Gateway) -> None:
        client = gateway.connect()
        client.socket.data_received(masked(2, b'{"op":1,"d":null}'))
        assert [said["op"] for said in client.read()] == [10, 11]

    async def test_identify_before_hello_was_read(self, gateway: Gateway) -> None:
        assert (await entered(gateway)).has("READY")

    async def test_too_much_at_once_is_a_decode_error(self, gateway: Gateway) -> None:
        client = gateway.connect()
        client.socket.data_received(masked(1, b" " * 4_097))
        client.read()
        assert client.close_code == 4002

    @pytest.mark.parametrize(
        ("data", "code"), [(b"\x81\x01a", 1002), (masked(1, b"\xff"), 1007), (masked(3, b""), 1002)]
    )
    async def test_against_the_protocol_ends_it(
        self, gateway: Gateway, data: bytes, code: int
    ) -> None:
        client = gateway.connect()
        client.socket.data_received(data)
        client.read()
        assert client.close_code == code

    async def test_a_ping_is_answered(self, gateway: Gateway) -> None:
        client = gateway.connect()
        client.transport.take()
        client.socket.data_received(masked(9, b"there?"))
        assert frames_in(client.transport.take()) == [(10, b"there?")]

    async def test_a_presence_before_ready_is_not_forgotten(self, gateway: Gateway) -> None:
        client = gateway.connect()
        client.say(2, {"token": "2", "properties": {}})
        client.say(3, {"status": "idle", "activities": [], "since": 5, "afk": True})
        await client.until(lambda: client.has("READY"))
        (seat,) = gateway.presence.seats.values()
        assert (seat.status, seat.since) == ("idle", 5)

    async def test_a_wish_for_voice_is_handed_on(self, gateway: Gateway) -> None:
        client = await entered(gateway)
        client.say(4, {"guild_id": "1", "channel_id": "2", "self_mute": True})
        client.say(4, {"guild_id": "1", "channel_id": None})
        await settled()
        wishes = [ask for ask in gateway.world.asked if isinstance(ask, UpdateVoiceState)]
        assert [(ask.user_id, ask.channel_id, ask.self_mute) for ask in wishes] == [
            (2, 2, True),
            (2, None, False),
        ]
        assert {ask.session_id for ask in wishes} == {client.session_id}

    @pytest.mark.parametrize("token", ["dead", ""])
    async def test_a_dead_token_ends_it_for_good(self, gateway: Gateway, token: str) -> None:
        client = gateway.connect()
        client.say(2, {"token": token, "intents": 0, "properties": {}})
        await client.until(lambda: client.close_code is not None)
        assert client.close_code == 4004

    async def test_a_bot_has_to_name_its_intents(self, gateway: Gateway) -> None:
        client = gateway.connect()
        client.say(2, {"token": "100", "properties": {}})
        await client.until(lambda: client.close_code is not None)
        assert client.close_code == 4013


class TestTime:
    def turn(self, gateway: Gateway, seconds: float) -> None:
        gateway.clock.advance(seconds)
        gateway.lobby.wheel.turn(gateway.clock.monotonic())

    async def test_runs_out_for_who_does_not_identify(self, gateway: Gateway) -> None:
        client = gateway.connect()
        self.turn(gateway, limits.IDENTIFY_WITHIN_S - 1)
        client.read()
        assert client.close_code is None
        self.turn(gateway, 1)
        client.read()
        assert client.close_code == 4009

    async def test_runs_out_for_who_does_not_beat_and_leaves_the_session(
        self, gateway: Gateway
    ) -> None:
        client = await entered(gateway)
        for _ in range(6):
            self.turn(gateway, 15)
        client.read()
        assert client.close_code == 4009
        client.drop()
        assert await client.resume()

    async def test_goes_on_for_who_beats(self, gateway: Gateway) -> None:
        client = await entered(gateway)
        for _ in range(20):
            self.turn(gateway, 20)
            client.say(1, None)
        client.read()
        assert client.close_code is None
        assert [said["op"] for said in client.other] == [10, *[11] * 20]

    async def test_runs_out_for_a_reader_that_does_not_read(self, gateway: Gateway) -> None:
        client = await entered(gateway)
        client.socket.pause_writing()
        self.turn(gateway, limits.WRITE_DEADLINE_S - 1)
        assert not client.transport.is_aborted
        self.turn(gateway, 1)
        assert client.transport.is_aborted
        client.socket.connection_lost(None)
        assert await client.resume()

    async def test_starts_anew_when_the_reader_reads(self, gateway: Gateway) -> None:
        client = await entered(gateway)
        for _ in range(5):
            client.socket.pause_writing()
            self.turn(gateway, limits.WRITE_DEADLINE_S - 5)
            client.socket.resume_writing()
            client.say(1, None)
        assert not client.transport.is_aborted

    async def test_runs_out_for_who_does_not_answer_a_close(self, gateway: Gateway) -> None:
        client = gateway.connect()
        client.say(99, None)
        self.turn(gateway, GOODBYE_S - 1)
        assert not client.transport.is_aborted
        self.turn(gateway, 1)
        assert client.transport.is_aborted


class TestParting:
    async def test_a_reader_far_behind_is_cut_and_the_others_do_not_notice(
        self, gateway: Gateway
    ) -> None:
        slow, quick = await entered(gateway), gateway.connect()
        await quick.identify(1)
        slow.socket.pause_writing()
        for number in range(limits.SESSION_QUEUE_EVENTS + 50):
            gateway.world.redis.publish(message(number))
            await settled(2)
        assert slow.transport.is_aborted
        quick.read()
        assert len(quick.contents()) == limits.SESSION_QUEUE_EVENTS + 50
        slow.socket.connection_lost(None)
        assert await slow.resume()
        assert len(slow.contents()) == limits.SESSION_QUEUE_EVENTS + 50

    @pytest.mark.parametrize(("code", "answer"), [(1000, 1000), (4000, 4000), (None, 1000)])
    async def test_a_close_is_answered(
        self, gateway: Gateway, code: int | None, answer: int
    ) -> None:
        client = await entered(gateway)
        client.socket.data_received(masked(8, b"" if code is None else code.to_bytes(2, "big")))
        client.read()
        assert client.close_code == answer
        assert client.transport.is_closed

    async def test_our_close_waits_for_the_answer(self, gateway: Gateway) -> None:
        client = await entered(gateway)
        client.say(99, None)
        client.read()
        assert client.close_code == 4001
        assert not client.transport.is_closed
        client.socket.data_received(masked(8, (4001).to_bytes(2, "big")))
        assert client.transport.is_closed

    async def test_nothing_is_said_or_heard_after_a_close(self, gateway: Gateway) -> None:
        client = await entered(gateway)
        client.say(99, None)
        client.read()
        for payload in (1, 2, 3, 99):
            client.say(payload, None)
        client.socket.data_received(masked(9, b""))
        gateway.world.redis.publish(message(1))
        await settled()
        assert client.transport.written == []

    @pytest.mark.parametrize(
        ("op", "is_kept"), [(99, True), (2, True), (None, True), ("token", False)]
    )
    async def test_what_may_be_gone_on_with_is_kept(
        self, gateway: Gateway, op: Any, is_kept: bool
    ) -> None:
        client = await entered(gateway)
        await settled()
        if op == "token":
            (viewer,) = gateway.lobby.hub.viewers.values()
            client.socket.data_received(masked(8, (1000).to_bytes(2, "big")))
            assert viewer.session_id == client.session_id
        elif op is None:
            client.drop()
        else:
            client.say(op, {"token": "2"})
        await settled()
        assert (session_key(client.session_id) in gateway.world.redis.hashes) == is_kept
        assert gateway.presence.seats == {}
        assert gateway.lobby.hub.viewers == {}

    async def test_a_lost_connection_leaves_nothing_behind(self, gateway: Gateway) -> None:
        client = await entered(gateway)
        client.drop()
        assert not gateway.lobby.sockets
        assert len(gateway.lobby.wheel) == 0
        client.socket.connection_lost(None)
