"""Dispatches as MESSAGE frames: to the most particular subscription, once, made once for all."""

from __future__ import annotations

from asyncio import WriteTransport
from typing import Any, cast

import orjson

from gateway.live.outlet import Outlet
from gateway.stomp.destinations import Kind, Target
from gateway.stomp.sink import Rendered, StompSink

EVENTS, ROOM, GUILD = Target(Kind.EVENTS), Target(Kind.CHANNEL, 5), Target(Kind.GUILD, 7)


class Transport:
    def __init__(self) -> None:
        self.written: list[bytes] = []

    def write(self, data: bytes) -> None:
        self.written.append(data)

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        del high, low

    def get_write_buffer_size(self) -> int:
        return 0

    def get_extra_info(self, name: str) -> None:
        """It has no socket."""


class Client:
    def __init__(self) -> None:
        self.transport = Transport()
        self.ended: list[Target] = []
        self.sink = StompSink(Outlet(cast(WriteTransport, self.transport)), self.ended.append)

    def heard(self) -> list[tuple[str, str]]:
        """Subscription and event of every frame."""
        found = []
        for part in b"".join(self.transport.written).split(b"MESSAGE\n")[1:]:
            head = dict(line.split(b":", 1) for line in part.split(b"\n\n")[0].split(b"\n"))
            found.append((head[b"subscription"].decode(), head[b"event"].decode()))
        return found


def dispatch(t: str, s: int = 9, **d: Any) -> bytes:
    return orjson.dumps({"t": t, "s": s, "op": 0, "d": d})


MESSAGE = dispatch("MESSAGE_CREATE", id="1", channel_id="5", guild_id="7", content="hi: there")


def test_an_event_goes_to_the_most_particular_subscription_once() -> None:
    client = Client()
    for name, target in (("e", EVENTS), ("g", GUILD), ("c", ROOM)):
        client.sink.subscribe(name, target)
    elsewhere = dispatch("MESSAGE_CREATE", channel_id="6", guild_id="7")
    other = dispatch("MESSAGE_CREATE", channel_id="6", guild_id="8")
    private = dispatch("MESSAGE_CREATE", channel_id="6")
    for payload in (MESSAGE, elsewhere, other, private):
        client.sink.write(payload)
    said = "MESSAGE_CREATE"
    assert client.heard() == [("c", said), ("g", said), ("e", said)]


def test_the_body_is_the_dispatch_with_its_length() -> None:
    client = Client()
    client.sink.subscribe("c", ROOM)
    client.sink.write(MESSAGE)
    head, _, body = client.transport.written[0].partition(b"\n\n")
    assert body == MESSAGE + b"\0"
    assert b"\ncontent-length:%d" % len(MESSAGE) in head
    assert b"\nmessage-id:9\n" in head


def test_what_does_not_depend_on_the_session_is_made_once() -> None:
    clients = [Client() for _ in range(3)]
    for client in clients:
        client.sink.subscribe("c", ROOM)
    tails = []
    for client in clients:
        client.sink.write(MESSAGE)
        tails.append(Rendered.of(MESSAGE).tail(ROOM))
    assert all(tail is tails[0] for tail in tails)


def test_ready_waits_until_it_is_subscribed_to_and_not_for_ever() -> None:
    early, late = Client(), Client()
    for client in (early, late):
        client.sink.write(dispatch("READY", user={"id": "1"}))
        client.sink.write(dispatch("GUILD_CREATE", id="7"))
        client.sink.write(MESSAGE)
    late.sink.forget()
    for client in (early, late):
        client.transport.write(client.sink.subscribe("e", EVENTS))
    assert early.heard() == [("e", "READY"), ("e", "GUILD_CREATE")]
    assert late.heard() == []


def test_what_goes_out_of_sight_is_told_and_then_it_is_over() -> None:
    client = Client()
    client.sink.subscribe("c", ROOM)
    client.sink.write(dispatch("CHANNEL_DELETE", id="5", guild_id="7"))
    assert client.heard() == [("c", "CHANNEL_DELETE")]
    assert client.ended == [ROOM]


def test_a_name_with_a_colon_stays_one_header() -> None:
    client = Client()
    client.sink.subscribe("a:b", ROOM)
    client.sink.write(MESSAGE)
    assert client.heard()[0][0] == "a\\cb"
    client.sink.unsubscribe("a:b")
    client.sink.write(MESSAGE)
    assert len(client.heard()) == 1
