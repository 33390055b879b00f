"""Which service a path belongs to."""

from __future__ import annotations

import pytest

from gateway.rest.routes import Routes
from gateway.rest.rows import GATEWAY, ROWS, Bucket, Row

ROUTES = Routes()

OWNERS = [
    ("auth/register", "user"),
    ("auth/login", "user"),
    ("auth/logout", "user"),
    ("users/@me", "user"),
    ("users/123", "user"),
    ("applications", "user"),
    ("applications/@me", "user"),
    ("applications/5/bot/reset", "user"),
    ("oauth2/@me", "user"),
    ("oauth2/applications/@me", "user"),
    ("oauth2/authorize", "community"),
    ("users/@me/guilds", "community"),
    ("users/@me/guilds/7/member", "community"),
    ("guilds", "community"),
    ("guilds/7", "community"),
    ("guilds/7/channels", "community"),
    ("invites/abc", "community"),
    ("channels/9", "community"),
    ("channels/9/invites", "community"),
    ("channels/9/permissions/4", "community"),
    ("channels/9/messages", "chat"),
    ("channels/9/messages/3/reactions/%F0%9F%91%8D/@me", "chat"),
    ("channels/9/typing", "chat"),
    ("channels/9/pins", "chat"),
    ("channels/9/pins/4", "chat"),
    ("users/@me/channels", "chat"),
    ("voice/regions", "signaling"),
    ("users/@me/devices", "notification"),
    ("users/@me/devices/4", "notification"),
    ("gateway", GATEWAY),
    ("gateway/bot", GATEWAY),
]


@pytest.mark.parametrize(("path", "service"), OWNERS)
@pytest.mark.parametrize("base", ["/api/v10/", "/api/v9/", "/api/"])
def test_a_path_has_its_owner_under_every_base(base: str, path: str, service: str) -> None:
    match = ROUTES.match((base + path).encode())
    assert match is not None
    assert match.route.service(b"GET") == service
    assert match.path == b"/" + path.encode()


@pytest.mark.parametrize(
    "path",
    [
        "/api/v10/nothing",
        "/api/v10/",
        "/api/v8/users/@me",
        "/users/@me",
        "/api/v10/channels/9/nothing",
        "/api/v10/channels/9/typing/more",
        "/api/v10/channels//messages",
        "/api/v10/channels/../users/@me/channels",
        "/api/v10/channels/./messages",
        "/api/v10/channels/9%2Fmessages/messages",
        "/api/v10/channels/%2e%2e/messages",
        "/api/v10/invites/a%5Cb",
        "/api/v10/invites/a%00",
        "/api/v10/users/1/2",
        "/metrics",
    ],
)
def test_unknown_and_ambiguous_paths_have_no_owner(path: str) -> None:
    assert ROUTES.match(path.encode()) is None
    assert ROUTES.match(path.encode()) is None, "asking twice changes nothing"


def test_the_landing_page_is_outside_the_api() -> None:
    match = ROUTES.match(b"/")
    assert match is not None
    assert (match.route.service(b"GET"), match.path) == (GATEWAY, b"/")


def test_an_escaped_at_sign_means_the_same() -> None:
    match = ROUTES.match(b"/api/v10/users/%40me/guilds")
    assert match is not None
    assert match.route.service(b"GET") == "community"
    assert match.path == b"/users/%40me/guilds"


def test_the_major_parameter_is_counted_apart() -> None:
    match = ROUTES.match(b"/api/v10/channels/99/messages/5")
    assert match is not None
    assert match.major == b"99"
    unlimited = ROUTES.match(b"/api/v10/users/@me")
    assert unlimited is not None
    assert unlimited.major == b""


def test_sending_has_a_limit_of_its_own() -> None:
    match = ROUTES.match(b"/api/v10/channels/99/messages")
    assert match is not None
    assert match.route.bucket(b"POST").name == "message-create"
    assert match.route.bucket(b"GET").name == "messages"


def test_only_reading_an_invite_needs_no_token() -> None:
    match = ROUTES.match(b"/api/v10/invites/abc")
    assert match is not None
    assert b"GET" in match.route.anonymous
    assert b"POST" not in match.route.anonymous


def test_a_webhook_is_posted_to_at_another_service_than_it_is_managed() -> None:
    match = ROUTES.match(b"/api/v10/webhooks/7/secret")
    assert match is not None
    assert (match.route.service(b"POST"), match.route.service(b"PATCH")) == ("chat", "community")
    assert match.credential == b"\n7/secret"
    below = ROUTES.match(b"/api/v10/webhooks/7/secret/messages/@original")
    assert below is not None
    assert (below.route.service(b"PATCH"), below.major) == ("chat", b"7")
    plain = ROUTES.match(b"/api/v10/webhooks/7")
    assert plain is not None
    assert plain.credential == b""


def test_bucket_identifiers_differ_and_stay() -> None:
    names: dict[bytes, str] = {}
    for row in ROWS:
        for bucket in (row.bucket, *row.by_method.values()):
            assert names.setdefault(bucket.identifier, bucket.name) == bucket.name
    assert Bucket("common", 1, 1).identifier == Bucket("common", 50, 9).identifier


def test_a_pattern_can_not_be_declared_twice() -> None:
    row = Row("a/{b}", "user", Bucket("x", 1, 1))
    with pytest.raises(ValueError, match="twice"):
        Routes([row, Row("a/{c}", "chat", Bucket("y", 1, 1))])


def test_remembered_paths_stay_bounded() -> None:
    routes = Routes()
    for number in range(10_000):
        assert routes.match(b"/api/v10/users/%d" % number) is not None
    assert len(routes._found) <= 4_096
