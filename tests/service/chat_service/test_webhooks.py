"""Outside programs post through webhooks."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from contracts.events.webhook import WebhookChanged
from contracts.identity import Kind
from contracts.ids import ApplicationId, WebhookId
from contracts.objects.channel import ChannelType
from contracts.permissions import Permission
from tests.service.chat_service.house import ALICE, BOB, OWNER, PLAIN, House, refusal


async def _posted(house: House, webhook: int, **form: Any) -> dict[str, Any]:
    answer: httpx.Response = await house.posts(webhook, "POST", "?wait=true", json=form)
    assert answer.status_code == 200, answer.text
    message: dict[str, Any] = answer.json()
    return message


class TestPosting:
    async def test_a_post_is_signed_by_the_webhook_and_told_without_a_member(
        self, house: House
    ) -> None:
        guild = house.guild()
        channel = house.channel(guild)
        webhook = house.webhook(channel)
        message = await _posted(house, webhook, content="<@13> @everyone", nonce="1")
        author = message["author"]
        assert (author["id"], author["username"]) == (str(webhook), "News")
        assert (author["avatar"], author["bot"]) == ("a" * 32, True)
        assert (message["webhook_id"], message["type"]) == (str(webhook), 0)
        assert [one["id"] for one in message["mentions"]] == ["13"]
        assert message["mention_everyone"] is True
        assert "application_id" not in message
        name, told = (await house.told(guild))[-1]
        assert name == "MessageCreate"
        assert "member" not in told
        assert told == {**message, "guild_id": str(guild)}
        assert await house.history(ALICE, int(channel.id)) == [message]

    async def test_whoever_does_not_wait_hears_nothing_and_it_is_stored_once(
        self, house: House
    ) -> None:
        channel = house.channel(house.guild())
        webhook = house.webhook(channel)
        answer = await house.posts(webhook, "POST", json={"content": "quiet"})
        assert (answer.status_code, answer.content) == (204, b"")
        assert len(await house.stored(int(channel.id))) == 1

    async def test_a_post_may_be_signed_otherwise(self, house: House) -> None:
        channel = house.channel(house.guild())
        signed = {"username": " Weather ", "avatar_url": "https://example.com/sun.png"}
        message = await _posted(house, house.webhook(channel), embeds=[{"title": "Sun"}], **signed)
        author = message["author"]
        assert (author["username"], author["avatar"]) == ("Weather", None)
        assert author["avatar_url"] == signed["avatar_url"]
        again = await house.history(ALICE, int(channel.id))
        assert again == [message]

    async def test_what_an_application_posts_names_it(self, house: House) -> None:
        channel = house.channel(house.guild())
        row = {"type": 1, "components": [{"type": 2, "style": 1, "label": "Go", "custom_id": "go"}]}
        own = house.webhook(channel, application_id=ApplicationId(5))
        message = await _posted(house, own, content="hi", components=[row])
        assert message["application_id"] == "5"
        assert message["components"][0]["components"][0]["custom_id"] == "go"
        anybodys = house.webhook(channel)
        assert (await _posted(house, anybodys, content="hi", components=[row]))["components"] == []
        refused = await house.posts(
            anybodys, "POST", "?with_components=true", json={"content": "hi", "components": [row]}
        )
        assert refusal(refused) == (400, 50035)
        link = {"type": 2, "style": 5, "label": "Go", "url": "https://example.com"}
        form = {"content": "hi", "components": [{"type": 1, "components": [link]}]}
        shown = await house.posts(anybodys, "POST", "?wait=1&with_components=1", json=form)
        assert len(shown.json()["components"]) == 1

    async def test_slowmode_and_denials_are_not_for_webhooks(self, house: House) -> None:
        guild = house.guild(PLAIN & ~Permission.SEND_MESSAGES)
        channel = house.channel(guild)
        webhook = house.webhook(channel)
        assert await house.refused(BOB, int(channel.id)) == (403, 50013)
        await _posted(house, webhook, content="one")
        await _posted(house, webhook, content="two")

    async def test_what_it_has_posted_stays_when_the_webhook_is_gone(self, house: House) -> None:
        channel = house.channel(house.guild())
        webhook = house.webhook(channel)
        message = await _posted(house, webhook, content="last words")
        del house.neighbours.webhooks[webhook]
        house.tell(WebhookChanged(webhook_id=WebhookId(webhook), is_gone=True))
        for _ in range(500):
            answer = await house.posts(webhook, "POST", json={"content": "more"})
            if answer.status_code != 204:
                break
        assert refusal(answer) == (404, 10015)
        shown = await house.history(ALICE, int(channel.id))
        assert shown[-1] == message

    @pytest.mark.parametrize(
        ("form", "code"),
        [
            ({}, 50006),
            ({"content": "x" * 2_001}, 50035),
            ({"content": "x", "username": "y" * 81}, 50035),
            ({"content": "x", "avatar_url": "javascript:alert(1)"}, 50035),
            ({"embeds": [{"title": "x"}] * 11}, 50035),
            ({"content": "a NUL \0"}, 50035),
        ],
    )
    async def test_what_nobody_may_send_it_may_not_either(
        self, house: House, form: dict[str, Any], code: int
    ) -> None:
        webhook = house.webhook(house.channel(house.guild()))
        answer = await house.posts(webhook, "POST", json=form)
        assert refusal(answer) == (400, code)


class TestTokens:
    async def test_only_its_own_token_posts(self, house: House) -> None:
        """A webhook's identity comes from the edge alone: what the path says counts for nothing."""
        channel = house.channel(house.guild())
        webhook, other = house.webhook(channel), house.webhook(channel)
        path, form = f"/webhooks/{webhook}/token", {"content": "mine"}
        strangers = [
            house.running.nobody,
            house.running.as_(OWNER),
            house.running.as_(other, kind=Kind.WEBHOOK, session=0),
            house.running.as_(webhook),
        ]
        for stranger in strangers:
            for answer in (
                await stranger.post(path, json=form),
                await stranger.get(f"{path}/messages/5"),
                await stranger.post(f"{path}/github", json={}),
            ):
                assert refusal(answer) == (401, 50027)
        missing = await house.running.nobody.post("/webhooks/5/token", json=form)
        assert refusal(missing) == (404, 10015)

    async def test_its_token_opens_no_other_door(self, house: House) -> None:
        channel = house.channel(house.guild())
        webhook = house.running.as_(house.webhook(channel), kind=Kind.WEBHOOK, session=0)
        answer = await webhook.post(f"/channels/{channel.id:d}/messages", json={"content": "hi"})
        assert answer.status_code in {401, 403, 404}

    async def test_where_nobody_can_write_no_webhook_can(self, house: House) -> None:
        guild = house.guild()
        category = house.channel(guild, ChannelType.CATEGORY)
        answer = await house.posts(house.webhook(category), "POST", json={"content": "hi"})
        assert refusal(answer) == (403, 50024)
        channel = house.channel(guild)
        webhook = house.webhook(channel)
        facts = house.neighbours.guilds[guild]
        house.neighbours.guilds[guild] = facts.model_copy(update={"channels": {}})
        answer = await house.posts(webhook, "POST", json={"content": "hi"})
        assert refusal(answer) == (404, 10015)


class TestLater:
    async def test_it_looks_after_what_it_has_posted(self, house: House) -> None:
        guild = house.guild()
        channel = house.channel(guild)
        webhook = house.webhook(channel)
        message = await _posted(house, webhook, content="first")
        below = f"/messages/{message['id']}"
        assert (await house.posts(webhook, "GET", below)).json() == message
        edited = (await house.posts(webhook, "PATCH", below, json={"content": "second"})).json()
        assert edited["content"] == "second"
        assert edited["edited_timestamp"] is not None
        assert edited["author"] == message["author"]
        assert (await house.posts(webhook, "DELETE", below)).status_code == 204
        assert refusal(await house.posts(webhook, "GET", below)) == (404, 10008)
        names = [name for name, _ in await house.told(guild)]
        assert names == ["MessageCreate", "MessageUpdate", "MessageDelete"]
        assert await house.governed(guild) == []

    async def test_it_does_not_touch_what_others_have_said(self, house: House) -> None:
        channel = house.channel(house.guild())
        webhook, other = house.webhook(channel), house.webhook(channel)
        foreign = [
            await house.send(ALICE, int(channel.id), "mine"),
            await _posted(house, other, content="also mine"),
        ]
        for message in foreign:
            for method, more in (
                ("GET", {}),
                ("PATCH", {"json": {"content": "x"}}),
                ("DELETE", {}),
            ):
                answer = await house.posts(webhook, method, f"/messages/{message['id']}", **more)
                assert refusal(answer) == (404, 10008)
        assert [one["content"] for one in await house.history(ALICE, int(channel.id))] == [
            "also mine",
            "mine",
        ]

    async def test_who_governs_the_channel_may_delete_it(self, house: House) -> None:
        guild = house.guild()
        channel = house.channel(guild)
        message = await _posted(house, house.webhook(channel), content="spam")
        path = f"/channels/{channel.id:d}/messages/{message['id']}"
        assert refusal(await house.asks(ALICE, "DELETE", path)) == (403, 50013)
        assert refusal(await house.asks(OWNER, "PATCH", path, json={"content": "x"})) == (
            403,
            50005,
        )
        assert (await house.asks(OWNER, "DELETE", path)).status_code == 204


class TestOtherWords:
    async def test_what_slack_would_understand_is_understood(self, house: House) -> None:
        channel = house.channel(house.guild())
        webhook = house.webhook(channel)
        said = {"text": "*Done*: <https://example.com|build>", "username": "CI"}
        answer = await house.posts(webhook, "POST", "/slack", json=said)
        assert (answer.status_code, answer.text) == (200, "ok")
        form = {"payload": '{"attachments": [{"title": "Box", "color": "good"}]}'}
        assert (await house.posts(webhook, "POST", "/slack", data=form)).status_code == 200
        boxed, plain = await house.history(ALICE, int(channel.id))
        assert plain["content"] == "**Done**: [build](https://example.com)"
        assert plain["author"]["username"] == "CI"
        assert boxed["embeds"][0]["title"] == "Box"
        assert refusal(await house.posts(webhook, "POST", "/slack", json={})) == (400, 50006)
        assert refusal(await house.posts(webhook, "POST", "/slack", content="{")) == (400, 50109)

    async def test_what_github_tells_is_a_box_and_the_rest_is_passed_over(
        self, house: House
    ) -> None:
        channel = house.channel(house.guild())
        webhook = house.webhook(channel)
        said = {"action": "created", "repository": {"full_name": "us/it"}, "sender": {"login": "a"}}
        for event in ("star", "no_such_event"):
            answer = await house.posts(
                webhook, "POST", "/github", json=said, headers={"X-GitHub-Event": event}
            )
            assert answer.status_code == 204
        (message,) = await house.history(ALICE, int(channel.id))
        assert message["author"]["username"] == "GitHub"
        assert message["embeds"][0]["title"] == "[us/it] New star added"


async def test_a_post_carries_files_which_go_with_it(house: House) -> None:
    channel = house.channel(house.guild())
    webhook = house.webhook(channel)
    files = {"files[0]": ("note.txt", b"words", "text/plain")}
    data = {"payload_json": '{"content": "see", "username": "Clerk"}'}
    answer = await house.posts(webhook, "POST", "?wait=true", data=data, files=files)
    assert answer.status_code == 200, answer.text
    message = answer.json()
    assert message["author"]["username"] == "Clerk"
    assert [one["filename"] for one in message["attachments"]] == ["note.txt"]
    below = f"/messages/{message['id']}"
    bare = (await house.posts(webhook, "PATCH", below, json={"attachments": []})).json()
    assert (bare["content"], bare["attachments"]) == ("see", [])


async def test_it_posts_into_threads_of_its_channel(house: House) -> None:
    guild = house.guild()
    channel = house.channel(guild)
    webhook = house.webhook(channel)
    path = f"/channels/{channel.id:d}/threads"
    thread = (await house.asks(ALICE, "POST", path, json={"name": "News", "type": 11})).json()
    query = f"?wait=true&thread_id={thread['id']}"
    answer = await house.posts(webhook, "POST", query, json={"content": "inside"})
    assert answer.json()["channel_id"] == thread["id"]
    below = f"/messages/{answer.json()['id']}?thread_id={thread['id']}"
    assert (await house.posts(webhook, "GET", below)).json()["content"] == "inside"
    elsewhere = house.webhook(house.channel(guild))
    refused = await house.posts(elsewhere, "POST", query, json={"content": "inside"})
    assert refusal(refused) == (404, 10003)
