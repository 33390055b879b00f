"""A store of files that fails: who sends is told, nothing is lost, and what is to go goes later."""

from __future__ import annotations

from pathlib import Path

from tests.fixtures.bucket import serving
from tests.fixtures.postgres import Cluster
from tests.service.chat_service.conftest import standing
from tests.service.chat_service.house import ALICE


async def test_messages_outlive_the_store_of_their_files(
    cluster: Cluster, redis_of_houses: str, tmp_path: Path
) -> None:
    async with serving() as bucket:
        place = {"blobs": f"s3://key:secret@moim?endpoint={bucket.url}"}
        async with standing(cluster, redis_of_houses, tmp_path, **place) as house:
            room = house.room()
            kept = await house.attach(ALICE, room, ("a.bin", b"\0kept"))
            assert kept.status_code == 200
            bucket.broken = {"PUT": 500, "POST": 500}
            failed = await house.attach(ALICE, room, ("b.bin", b"\0lost"), content="hello")
            assert (failed.status_code, failed.json()["code"]) == (503, 0)
            assert len(await house.stored(room)) == 1
            path = f"/channels/{room}/messages/{kept.json()['id']}"
            assert (await house.asks(ALICE, "DELETE", path)).status_code == 204
            asked = bucket.asked["POST"]

            async def was_tried() -> bool:
                return bucket.asked["POST"] > asked

            await house.until(was_tried)
            assert list(bucket.files.values()) == [b"\0kept"], "it waits until it can go"
            bucket.broken = {}

            async def is_swept() -> bool:
                rows = "SELECT count(*) FROM chat.files WHERE channel_id = $1"
                return not bucket.files and not await house.admin.fetchval(rows, room)

            await house.until(is_swept)
