"""People press what applications put under messages, and fill in their forms."""

from __future__ import annotations

from typing import Any

from tests.service.chat_service.house import ALICE, BOB, refusal
from tests.service.chat_service.stage import BUTTONS, Stage

UNPRESSED: list[dict[str, Any]] = [
    {"component_type": 2, "custom_id": "nothing"},
    {"component_type": 2, "custom_id": "no"},
    {"component_type": 3, "custom_id": "go"},
    {"component_type": 3, "custom_id": "pick", "values": ["c"]},
    {"component_type": 3, "custom_id": "pick", "values": []},
    {"component_type": 3, "custom_id": "pick", "values": ["a", "b"]},
    {},
]
FORM = {
    "custom_id": "form",
    "title": "Say",
    "components": [
        {
            "type": 1,
            "components": [
                {"type": 4, "custom_id": "name", "label": "Name", "style": 1, "max_length": 5}
            ],
        }
    ],
}


async def _shown(stage: Stage) -> dict[str, Any]:
    path, form = f"/channels/{stage.room}/messages", {"content": "x", "components": BUTTONS}
    answer = await stage.house.asks_as_bot(stage.bot, "POST", path, json=form)
    shown: dict[str, Any] = answer.json()
    return shown


async def test_a_press_reaches_the_bot_with_its_message(stage: Stage) -> None:
    message = await _shown(stage)
    chosen = {"component_type": 3, "custom_id": "pick", "values": ["b"]}
    assert (await stage.asks(ALICE, 3, chosen, message_id=message["id"])).status_code == 204
    asked = await stage.heard()
    data = asked.event["data"]
    assert (data["component_type"], data["custom_id"], data["values"]) == (3, "pick", ["b"])
    assert asked.event["message"]["id"] == message["id"]
    answer = await asked.answers(7, {"content": "b it is"}, "?with_response=true")
    assert answer.json()["resource"]["type"] == 7
    assert (await stage.house.history(BOB, stage.room))[0]["content"] == "b it is"
    assert (await stage.told(ALICE))[-1][0] == "InteractionSuccess"
    press = {"component_type": 2, "custom_id": "go"}
    await stage.asks(ALICE, 3, press, message_id=message["id"])
    pressed = await stage.heard()
    assert (await pressed.answers(6)).status_code == 204
    reply = (await pressed.does("POST", json={"content": "went"})).json()
    assert reply["interaction_metadata"]["interacted_message_id"] == message["id"]


async def test_what_is_not_there_to_be_pressed_is_not(stage: Stage) -> None:
    message = await _shown(stage)
    for data in UNPRESSED:
        refused = await stage.asks(ALICE, 3, data, message_id=message["id"])
        assert refusal(refused) == (400, 50035)


async def test_a_form_goes_out_and_comes_back(stage: Stage) -> None:
    message = await _shown(stage)
    press = {"component_type": 2, "custom_id": "go"}
    await stage.asks(ALICE, 3, press, message_id=message["id"])
    asked = await stage.heard()
    assert refusal(await asked.answers(9, {**FORM, "title": ""})) == (400, 50035)
    assert (await asked.answers(9, FORM)).status_code == 204
    name, modal = (await stage.told(ALICE))[-1]
    assert (name, modal["custom_id"], modal["title"]) == ("ModalCreate", "form", "Say")
    assert modal["application"]["id"] == str(stage.bot)

    def filled(text: str) -> dict[str, Any]:
        field = {"type": 4, "custom_id": "name", "value": text}
        rows = [{"type": 1, "components": [field]}]
        return {"id": modal["id"], "custom_id": "form", "components": rows}

    assert refusal(await stage.asks(ALICE, 5, filled("too long"))) == (400, 50035)
    assert refusal(await stage.asks(ALICE, 5, filled(""))) == (400, 50035)
    assert refusal(await stage.asks(BOB, 5, filled("Bob"))) == (404, 10062)
    assert (await stage.asks(ALICE, 5, filled("Ada"))).status_code == 204
    submitted = await stage.heard()
    (row,) = submitted.event["data"]["components"]
    assert row["components"][0]["value"] == "Ada"
    assert submitted.event["message"]["id"] == message["id"]
    answer = await submitted.answers(4, {"content": "hi Ada"}, "?with_response=1")
    metadata = answer.json()["resource"]["message"]["interaction_metadata"]
    assert metadata["type"] == 5
    assert metadata["triggering_interaction_metadata"]["type"] == 3
