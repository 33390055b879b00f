"""People ask applications, and applications answer."""

from __future__ import annotations

from typing import Any

import orjson

from contracts.ids import Snowflake
from contracts.permissions import EVERYONE_DEFAULT, Permission
from contracts.rpc.chat import OpenInteraction
from tests.fixtures.patience import until
from tests.service.chat_service.house import ALICE, BOB, OWNER, SINCE, refusal
from tests.service.chat_service.stage import BUTTONS, Stage

UNFIT: list[Any] = [
    [{"name": "nothing", "value": "x"}],
    [],
    [{"name": "text", "value": 5}],
    [{"name": "text", "value": "x" * 11}],
    [{"name": "text", "value": "x"}, {"name": "how", "value": 6}],
    [{"name": "text", "value": "x"}, {"name": "text", "value": "y"}],
    [{"name": "text", "value": "x"}, {"name": "who", "value": "someone"}],
    "text",
]


class TestCommands:
    async def test_a_call_reaches_the_application_in_full(self, stage: Stage) -> None:
        command = await stage.offers()
        asked = await stage.calls(
            {"name": "text", "value": "hi"},
            {"name": "who", "type": 6, "value": str(BOB)},
            {"name": "how", "value": 5},
        )
        event = asked.event
        assert (event["type"], event["application_id"]) == (2, str(stage.bot))
        assert (event["guild_id"], event["channel_id"]) == (str(stage.guild), str(stage.room))
        assert (event["locale"], event["guild_locale"], event["context"]) == ("ko", "en-US", 0)
        assert event["member"]["user"]["id"] == str(ALICE)
        assert int(event["member"]["permissions"]) & Permission.USE_APPLICATION_COMMANDS
        assert event["authorizing_integration_owners"] == {"0": str(stage.guild)}
        assert event["channel"]["id"] == str(stage.room)
        data = event["data"]
        assert (data["id"], data["name"]) == (command["id"], "do")
        assert [(one["name"], one["type"], one["value"]) for one in data["options"]] == [
            ("text", 3, "hi"),
            ("who", 6, str(BOB)),
            ("how", 4, 5),
        ]
        assert data["resolved"]["users"][str(BOB)]["username"] == f"user{BOB}"
        assert "user" not in data["resolved"]["members"][str(BOB)]
        begun = {"id": event["id"], "nonce": "77"}
        assert await stage.told(ALICE) == [("InteractionBegun", begun)]

    async def test_files_go_to_the_application_and_stay_a_day(self, stage: Stage) -> None:
        await stage.offers(options=[{"type": 11, "name": "file", "description": "Which"}])
        option = {"name": "file", "type": 11, "value": 1}
        data = {"id": stage.command["id"], "name": "do", "options": [option]}
        form = {
            "type": 2,
            "application_id": str(stage.bot),
            "channel_id": str(stage.room),
            "data": {**data, "attachments": [{"id": "1", "filename": "b.txt"}]},
        }
        who = stage.house.newcomer()
        stage.house.member(stage.guild, who)
        answer = await stage.house.asks(
            who,
            "POST",
            "/interactions",
            data={"payload_json": orjson.dumps(form).decode()},
            files={"files[0]": ("a.txt", b"unasked"), "files[1]": ("raw", b"wanted")},
        )
        assert answer.status_code == 204, answer.text
        heard = (await stage.heard()).event["data"]
        (given,) = heard["options"]
        file = heard["resolved"]["attachments"][given["value"]]
        assert (file["filename"], file["size"], file["ephemeral"]) == ("b.txt", 6, True)
        assert file["url"].startswith("https://moim.example/")
        await stage.house.swept(who, left=1)
        assert stage.house.files(who) == {file["id"]: b"wanted"}
        form["data"] = {**data, "attachments": []}
        missing = await stage.house.asks(who, "POST", "/interactions", json=form)
        assert refusal(missing) == (400, 50035)
        assert "data" in missing.json()["errors"]
        await stage.house.admin.execute(
            "UPDATE chat.files SET due = now() WHERE channel_id = $1", who
        )
        await stage.house.swept(who)

    async def test_what_the_command_does_not_take_is_refused(self, stage: Stage) -> None:
        await stage.offers()
        for options in UNFIT:
            data = {"id": stage.command["id"], "type": 1, "options": options}
            assert refusal(await stage.asks(ALICE, 2, data)) == (400, 50035)
        assert await stage.told(stage.bot) == []

    async def test_only_who_may_use_it_calls_it(self, stage: Stage) -> None:
        await stage.offers(options=[], default_member_permissions="32")
        data = {"id": stage.command["id"], "type": 1}
        assert refusal(await stage.asks(ALICE, 2, data)) == (403, 50013)
        assert (await stage.asks(OWNER, 2, data)).status_code == 204
        index = f"/guilds/{stage.guild}/application-command-index"
        for who, names in ((ALICE, []), (OWNER, ["do"])):
            found = (await stage.house.asks(who, "GET", index)).json()
            assert [one["name"] for one in found["application_commands"]] == names
        stranger = await stage.house.asks(66, "GET", index)
        assert refusal(stranger) == (403, 50001)

    async def test_strangers_and_other_applications_are_asked_for_nothing(
        self, stage: Stage
    ) -> None:
        await stage.offers(options=[])
        data = {"id": stage.command["id"], "type": 1}
        assert refusal(await stage.asks(66, 2, data)) == (404, 10003)
        absent = await stage.asks(ALICE, 2, data, application_id=str(stage.house.bot()))
        assert refusal(absent) == (404, 10002)
        other = await stage.asks(ALICE, 2, data, application_id=str(stage.house.bot(stage.guild)))
        assert refusal(other) == (404, 10063)
        as_bot = await stage.house.asks_as_bot(stage.bot, "POST", "/interactions", json={})
        assert refusal(as_bot)[0] in {400, 403}

    async def test_menus_are_opened_on_people_and_messages(self, stage: Stage) -> None:
        command = await stage.offers(name="Quote", type=3, description="", options=[])
        message = await stage.house.send(BOB, stage.room, "wise words")
        data = {"id": command["id"], "type": 3, "target_id": message["id"]}
        assert (await stage.asks(ALICE, 2, data)).status_code == 204
        asked = await stage.heard()
        assert asked.event["data"]["target_id"] == message["id"]
        quoted = asked.event["data"]["resolved"]["messages"][message["id"]]
        assert quoted["content"] == "wise words"
        said = (await asked.answers(4, {"content": "so"}, "?with_response=true")).json()
        assert said["resource"]["message"]["type"] == 23

    async def test_what_is_proposed_while_one_types_comes_to_who_types(self, stage: Stage) -> None:
        await stage.offers()
        asked = await stage.calls({"name": "word", "value": "ha", "focused": True}, kind=4)
        assert asked.event["data"]["options"][0]["focused"] is True
        choices = [{"name": "half", "value": "half"}]
        assert (await asked.answers(8, {"choices": choices})).status_code == 204
        told = await stage.told(ALICE)
        assert told[-1] == ("AutocompleteResponse", {"choices": choices, "nonce": "77"})
        assert refusal(await asked.answers(8, {"choices": choices})) == (400, 40060)

    async def test_a_conversation_with_a_bot_has_commands_too(self, stage: Stage) -> None:
        await stage.offers(options=[])
        conversation = await stage.house.opens(ALICE, stage.bot)
        data = {"id": stage.command["id"], "type": 1}
        where = {"channel_id": conversation["id"], "guild_id": None}
        assert (await stage.asks(ALICE, 2, data, **where)).status_code == 204
        asked = await stage.heard()
        assert (asked.event["context"], asked.event["user"]["id"]) == (1, str(ALICE))
        assert "member" not in asked.event
        assert (await asked.answers(4, {"content": "hello"})).status_code == 204
        assert (await stage.told(ALICE))[-1][0] == "InteractionSuccess"
        history = await stage.house.history(ALICE, int(conversation["id"]))
        assert history[0]["content"] == "hello"


class TestAnswers:
    async def test_an_answer_is_a_message_of_the_bot_that_names_who_asked(
        self, stage: Stage
    ) -> None:
        await stage.offers()
        asked = await stage.calls()
        answer = await asked.answers(4, {"content": "done"}, "?with_response=true")
        said = answer.json()
        message = said["resource"]["message"]
        assert (said["interaction"]["response_message_id"], message["type"]) == (message["id"], 20)
        assert message["author"]["id"] == message["application_id"] == str(stage.bot)
        assert message["interaction_metadata"]["user"]["id"] == str(ALICE)
        assert message["interaction"]["name"] == "do"
        told = [body for name, body in await stage.house.told(stage.guild)]
        assert told[-1]["id"] == message["id"]
        assert told[-1]["member"]["joined_at"].startswith(f"{SINCE:%Y-%m-%d}")
        assert (await stage.told(ALICE))[-1][0] == "InteractionSuccess"
        assert await stage.house.history(BOB, stage.room) == [message]
        again = await asked.answers(4, {"content": "again"})
        assert refusal(again) == (400, 40060)
        followed = (await asked.does("POST", json={"content": "more"})).json()
        assert followed["type"] == 19
        assert followed["message_reference"]["message_id"] == message["id"]
        metadata = followed["interaction_metadata"]
        assert metadata["original_response_message_id"] == message["id"]
        edited = await asked.does("PATCH", "/messages/@original", json={"content": "mended"})
        assert edited.json()["content"] == "mended"
        got = (await asked.does("GET", f"/messages/{followed['id']}")).json()
        assert got["content"] == "more"
        assert (await asked.does("DELETE", "/messages/@original")).status_code == 204
        assert refusal(await asked.does("GET", "/messages/@original")) == (404, 10008)

    async def test_what_is_promised_is_said_in_its_place(self, stage: Stage) -> None:
        await stage.offers()
        asked = await stage.calls()
        assert (await asked.answers(5)).status_code == 204
        (waiting,) = await stage.house.history(BOB, stage.room)
        assert (waiting["content"], waiting["flags"]) == ("", 1 << 7)
        said = (await asked.does("POST", json={"content": "at last"})).json()
        assert (said["id"], said["flags"]) == (waiting["id"], 0)
        more = (await asked.does("POST", json={"content": "and more"})).json()
        assert more["id"] != waiting["id"]

    async def test_a_whisper_is_seen_by_who_asked_and_stands_nowhere(self, stage: Stage) -> None:
        stage.house.allow(stage.guild, EVERYONE_DEFAULT | Permission.MENTION_EVERYONE)
        await stage.offers()
        asked = await stage.calls()
        form = {"content": "psst @everyone", "flags": 1 << 6, "components": BUTTONS}
        form["allowed_mentions"] = {"parse": ["everyone"]}
        answer = await asked.answers(4, form, "?with_response=true")
        message = answer.json()["resource"]["message"]
        assert (message["flags"] & 1 << 6, message["mention_everyone"]) == (1 << 6, False)
        assert await stage.house.history(ALICE, stage.room) == []
        told = [name for name, _ in await stage.house.told(stage.guild)]
        assert told == ["CommandIndexUpdate"]
        names = [name for name, _ in await stage.told(ALICE)]
        assert names == ["InteractionBegun", "Whispered", "InteractionSuccess"]
        edited = await asked.does("PATCH", "/messages/@original", json={"content": "still"})
        assert edited.json()["content"] == "still"
        press = {"component_type": 2, "custom_id": "go"}
        unseen = await stage.asks(BOB, 3, press, message_id=message["id"])
        assert refusal(unseen) == (404, 10008)
        assert (await stage.asks(ALICE, 3, press, message_id=message["id"])).status_code == 204
        pressed = await stage.heard()
        assert pressed.event["message"]["content"] == "still"
        assert (await pressed.answers(7, {"content": "pressed"})).status_code == 204
        assert (await asked.does("GET", "/messages/@original")).json()["content"] == "pressed"
        assert (await asked.does("DELETE", "/messages/@original")).status_code == 204
        assert (await stage.told(ALICE))[-1][0] == "WhisperGone"

    async def test_nobody_waits_longer_than_three_seconds(self, stage: Stage) -> None:
        await stage.offers()
        asked = await stage.calls()
        await stage.house.admin.execute(
            "UPDATE chat.interactions SET created = created - interval '61 seconds' WHERE id = $1",
            int(asked.event["id"]),
        )
        assert refusal(await asked.answers(4, {"content": "late"})) == (404, 10062)
        assert refusal(await asked.does("POST", json={"content": "late"})) == (404, 10015)
        await until(lambda: stage.told(ALICE), lambda told: told[-1][0] == "InteractionFailure")
        assert refusal(await asked.answers(4, {"content": "late"})) == (404, 10062)

    async def test_after_a_quarter_of_an_hour_its_token_opens_nothing(self, stage: Stage) -> None:
        await stage.offers()
        asked = await stage.calls()
        await asked.answers(4, {"content": "done"})
        calls = await stage.house.running.calls_from("gateway")
        token, interaction_id = asked.event["token"], int(asked.event["id"])
        for owner in (stage.bot, interaction_id):
            opened = await calls.ask(OpenInteraction(owner_id=Snowflake(owner), token=token))
            assert opened.interaction_id == interaction_id
        wrong = ((66, token), (stage.bot, token[:-2] + "xx"), (stage.bot, "aW50ZXJhY3Rpb246x"))
        for owner, shown in wrong:
            opened = await calls.ask(OpenInteraction(owner_id=Snowflake(owner), token=shown))
            assert opened.interaction_id is None
        await stage.house.admin.execute(
            "UPDATE chat.interactions SET created = created - interval '16 minutes' WHERE id = $1",
            interaction_id,
        )
        late = await asked.does("PATCH", "/messages/@original", json={"content": "late"})
        assert refusal(late) == (401, 50027)
        opened = await calls.ask(OpenInteraction(owner_id=Snowflake(stage.bot), token=token))
        assert opened.interaction_id is None

    async def test_only_its_token_answers(self, stage: Stage) -> None:
        await stage.offers()
        asked = await stage.calls()
        path = f"/interactions/{asked.event['id']}/{asked.event['token']}/callback"
        for stranger in (stage.house.running.nobody, stage.house.running.as_(ALICE)):
            answer = await stranger.post(path, json={"type": 4, "data": {"content": "x"}})
            assert refusal(answer) == (404, 10062)
        other = (await stage.calls()).client
        answer = await other.post(path, json={"type": 4, "data": {"content": "x"}})
        assert refusal(answer) == (404, 10062)
        foreign = await stage.house.send(BOB, stage.room, "mine")
        await asked.answers(4, {"content": "done"})
        edited = await asked.does("PATCH", f"/messages/{foreign['id']}", json={"content": "x"})
        assert refusal(edited) == (404, 10008)


async def test_what_is_over_is_forgotten(stage: Stage) -> None:
    await stage.offers()
    asked = await stage.calls()
    await asked.answers(4, {"content": "psst", "flags": 64})
    admin, interaction_id = stage.house.admin, int(asked.event["id"])
    for table in ("interactions", "whispers"):
        aged = f"UPDATE chat.{table} SET created = created - interval '1 hour'"
        await admin.execute(f"{aged} WHERE channel_id = $1", stage.room)
    left = """SELECT (SELECT count(*) FROM chat.interactions WHERE id = $1)
      + (SELECT count(*) FROM chat.whispers WHERE channel_id = $2)"""
    assert await admin.fetchval(left, interaction_id, stage.room)
    await stage.house.running.job("past_interactions")
    assert not await admin.fetchval(left, interaction_id, stage.room)
