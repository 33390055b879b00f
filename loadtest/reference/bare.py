"""The references for durable sends: a bare stack without framework, permissions or edge, and
SQLAlchemy row by row.

The bare stack is one process: an asyncio protocol, httptools, and group commit of one table. It
answers
what a send answers, and nothing else. `python -m loadtest.reference.bare PORT DSN`
"""

from __future__ import annotations

import asyncio
import sys
import time
from typing import cast

import asyncpg
import httptools
import orjson
import uvloop

TABLE = """
CREATE TABLE IF NOT EXISTS bench_messages (
  channel_id bigint, id bigint, author_id bigint, content text, PRIMARY KEY (channel_id, id))
"""
_INSERT = """
INSERT INTO bench_messages (id, channel_id, author_id, content)
SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::text[])
"""


class Store:
    """Whoever comes while a commit is under way shares the next one."""

    def __init__(self, dsn: str) -> None:
        self._dsn = dsn
        self._waiting: list[tuple[tuple[int, int, int, str], Api, bytes]] = []
        self._wake = asyncio.Event()
        self._last = 0

    def put(self, channel: int, content: str, api: Api) -> None:
        """Store and answer after the commit."""
        self._last = max(self._last + 1, int(time.time() * 1000) << 22)
        answer = orjson.dumps(
            {"id": str(self._last), "channel_id": str(channel), "content": content, "type": 0}
        )
        self._waiting.append(((self._last, channel, 1, content), api, answer))
        self._wake.set()

    async def run(self) -> None:
        """Commit for ever."""
        connection = await asyncpg.connect(self._dsn, server_settings={"jit": "off"})
        await connection.execute(TABLE)
        insert = await connection.prepare(_INSERT)
        while True:
            await self._wake.wait()
            self._wake.clear()
            batch, self._waiting = self._waiting, []
            await insert.fetch(
                *(list(column) for column in zip(*(row for row, _, _ in batch), strict=True))
            )
            for _, api, answer in batch:
                api.answer(answer)


class Api(asyncio.Protocol):
    """One keep-alive connection."""

    store: Store

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        self.parser = httptools.HttpRequestParser(self)

    def on_message_begin(self) -> None:
        self.body = b""

    def on_url(self, url: bytes) -> None:
        self.url = url

    def on_body(self, body: bytes) -> None:
        self.body += body

    def on_message_complete(self) -> None:
        channel = int(self.url.split(b"/")[4])
        self.store.put(channel, orjson.loads(self.body)["content"], self)

    def answer(self, body: bytes) -> None:
        """Write the response."""
        self.transport.write(
            b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b"
            % (len(body), body)
        )

    def data_received(self, data: bytes) -> None:
        self.parser.feed_data(data)


async def main(port: int, dsn: str) -> None:
    """Serve until killed."""
    loop = asyncio.get_running_loop()
    Api.store = Store(dsn)
    server = await loop.create_server(Api, "127.0.0.1", port, backlog=4096)
    async with server:
        await Api.store.run()


if __name__ == "__main__":
    uvloop.run(main(int(sys.argv[1]), sys.argv[2]))
