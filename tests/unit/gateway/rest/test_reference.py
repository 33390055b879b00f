"""One description of many: names, security, and what the published API calls a thing."""

from __future__ import annotations

from typing import Any

from gateway.rest.reference import merged, published
from gateway.rest.routes import Routes

NAME = {"type": "object", "properties": {"name": {"type": "string"}}}
TITLE = {"type": "object", "properties": {"title": {"type": "string"}}}


def body(shape: str) -> dict[str, Any]:
    schema = {"$ref": f"#/components/schemas/{shape}"}
    return {"content": {"application/json": {"schema": schema}}}


def said(path: str, method: str, schemas: dict[str, Any], **operation: Any) -> dict[str, Any]:
    return {"paths": {path: {method: operation}}, "components": {"schemas": schemas}}


def of_house(**services: dict[str, Any]) -> dict[str, Any]:
    return merged(services, Routes(), "http://moim.test/")


def test_a_known_operation_has_its_published_name_and_answers() -> None:
    path = "/guilds/{guild_id}/roles/{role_id}"
    found = of_house(community=said(path, "delete", {}, description="Gone."))["paths"][path]
    assert found["delete"]["operationId"] == "delete_guild_role"
    assert found["delete"]["summary"] == "Gone."
    assert {"204", "4XX", "429"} <= found["delete"]["responses"].keys()
    assert found["delete"]["security"] == [{"token": []}, {"bot": []}]
    assert not found["delete"]["x-extension"]


def test_slots_are_compared_without_their_names() -> None:
    path = "/webhooks/{webhook_id}/{token}"
    found = of_house(community=said(path, "get", {}))["paths"][path]["get"]
    assert found["operationId"] == "get_webhook_by_token"
    assert found["security"] == [{}], "the edge lets anybody through"


def test_our_own_operations_are_marked() -> None:
    found = of_house(user=said("/auth/login", "post", {}))["paths"]["/auth/login"]["post"]
    assert (found["operationId"], found["x-extension"]) == ("post_auth_login", True)


def test_operations_that_differ_in_a_slot_have_names_of_their_own() -> None:
    every, one = "/users/@me/guilds/settings", "/users/@me/guilds/{guild_id}/settings"
    paths = of_house(user=said(one, "patch", {}), chat=said(every, "patch", {}))["paths"]
    assert paths[every]["patch"]["operationId"] == "patch_users_me_guilds_settings"
    assert paths[one]["patch"]["operationId"] == "patch_users_me_guilds_settings_by_guild_id"


def test_two_shapes_of_one_name_are_told_apart_and_equal_ones_are_not_repeated() -> None:
    document = of_house(
        user=said("/a", "post", {"Form": NAME, "Same": NAME}, requestBody=body("Form")),
        chat=said("/b", "post", {"Form": TITLE, "Same": NAME}, requestBody=body("Form")),
    )
    schemas = document["components"]["schemas"]
    assert (schemas["Form"], schemas["ChatForm"]) == (NAME, TITLE)
    assert "ChatSame" not in schemas
    assert document["paths"]["/a"]["post"]["requestBody"] == body("Form")
    assert document["paths"]["/b"]["post"]["requestBody"] == body("ChatForm")


def test_names_of_published_operations_are_unique() -> None:
    names = [known.name for known in published().values()]
    assert len(names) == len(set(names)) > 200
