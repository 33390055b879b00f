"""Keys with which programs go live in somebody's name."""

from __future__ import annotations

from contracts import topics
from contracts.events.voice import StreamKeyWithdrawn
from contracts.limits import STREAM_KEYS
from contracts.rpc.users import OpenStreamKey, StreamKeyOpened
from tests.service.user_service.house import House

KEYS = "/users/@me/stream-keys"


async def test_a_key_opens_its_channel_until_it_is_withdrawn(house: House) -> None:
    mina, jun = await house.person("mina"), await house.person("jun")
    signaling = await house.running.calls_from("signaling")
    made = (await mina.post(KEYS, json={"channel_id": "77"})).json()
    opened = await signaling.ask(OpenStreamKey(key=made["key"]))
    assert (str(opened.channel_id), str(opened.key_id)) == ("77", made["id"])
    assert str(opened.user_id) == (await mina.get("/users/@me")).json()["id"]
    (listed,) = (await mina.get(KEYS)).json()
    assert listed == {name: value for name, value in made.items() if name != "key"}
    assert (await signaling.ask(OpenStreamKey(key="live_other"))) == StreamKeyOpened()
    assert (await jun.delete(f"{KEYS}/{made['id']}")).status_code == 404
    assert house.running.ears is not None
    await house.running.ears.to(topics.VOICE)
    assert (await mina.delete(f"{KEYS}/{made['id']}")).status_code == 204
    (told,) = await house.running.ears.hear(StreamKeyWithdrawn)
    assert str(told.key_id) == made["id"]
    assert (await signaling.ask(OpenStreamKey(key=made["key"]))) == StreamKeyOpened()


async def test_nobody_has_any_number_of_them(house: House) -> None:
    mina = await house.person("mina")
    for _ in range(STREAM_KEYS):
        assert (await mina.post(KEYS, json={"channel_id": "77"})).status_code == 201
    assert (await mina.post(KEYS, json={"channel_id": "77"})).status_code == 400
    wrong = await mina.post(KEYS, json={"channel_id": "here"})
    assert wrong.json()["code"] == 50035
