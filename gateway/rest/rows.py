"""Data: which service owns a path, who may come without a token, and which rate limit counts it.

Patterns are relative to the API base paths, which are stripped before a service sees the request.
What a service does with a path is its own business; so are methods, but where a limit differs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256

from contracts import assets
from contracts.limits import BODY_BYTES, PICTURE_BODY_BYTES, UPLOAD_BODY_BYTES

GATEWAY = "gateway"
"""The owner of paths that the edge's own application serves."""

_ANY = frozenset((b"GET", b"HEAD", b"POST", b"PUT", b"PATCH", b"DELETE"))
_READ = frozenset((b"GET", b"HEAD"))


@dataclass(frozen=True, slots=True)
class Bucket:
    """So many requests per so many seconds, for each caller and value of the major parameter."""

    name: str
    limit: int
    per: float
    counts_globally: bool = True
    """Whether it also counts against the limit over everything."""
    identifier: bytes = field(init=False)
    """What X-RateLimit-Bucket shows: opaque to clients, the same in every process."""

    def __post_init__(self) -> None:
        digest = sha256(self.name.encode()).hexdigest()[:32]
        object.__setattr__(self, "identifier", digest.encode())


@dataclass(frozen=True, slots=True)
class Row:
    """One pattern. `{x}` is one segment; a trailing `*` is the path itself and everything below."""

    pattern: str
    service: str
    bucket: Bucket
    by_method: Mapping[bytes, Bucket] = field(default_factory=dict)
    """Methods with a limit of their own."""
    by_service: Mapping[bytes, str] = field(default_factory=dict)
    """Methods that another service answers."""
    major: str = ""
    """The segment whose values are counted apart."""
    opened_by: str = ""
    """The segment that is the token of what the major one names."""
    anonymous: frozenset[bytes] = frozenset()
    """Methods that need no token."""
    brief: frozenset[bytes] = frozenset()
    """Methods that the service answers briefly from a hot route: small ones go by a lane."""
    body_bytes: int = BODY_BYTES
    parts_bytes: int = BODY_BYTES
    """The same of a body in parts, which brings files."""


_COMMON = Bucket("common", 50, 1)
_ACCOUNT = Bucket("account", 10, 5)
_LETTERS = Bucket("letters", 3, 60)
_LINKS = Bucket("links", 10, 60)
_OWNER = Bucket("owner", 5, 30)
_COMMUNITY = Bucket("community", 10, 2)
_VOICE_STATES = Bucket("voice-states", 20, 10)
_RECORDINGS = Bucket("recordings", 10, 10)
_CHANNEL = Bucket("channel", 10, 2)
_THREADS = Bucket("threads", 10, 5)
_MESSAGES = Bucket("messages", 20, 5)
_SEARCH = Bucket("search", 10, 10)
_SENDS = {b"POST": Bucket("message-create", 5, 5)}
_COMMANDS = Bucket("commands", 10, 5)
_INDEX = Bucket("command-index", 5, 5)
_POSTS = Bucket("webhook-post", 5, 2)

ROWS: tuple[Row, ...] = (
    Row("gateway", GATEWAY, _COMMON, anonymous=_READ),
    Row("gateway/bot", GATEWAY, Bucket("gateway-bot", 10, 5)),
    Row("docs", GATEWAY, _COMMON, anonymous=_READ),
    Row("openapi.json", GATEWAY, _COMMON, anonymous=_READ),
    Row("auth/register", "user", Bucket("register", 3, 18), anonymous=_ANY),
    Row("auth/login", "user", Bucket("login", 3, 18), anonymous=_ANY),
    Row("auth/mfa/*", "user", Bucket("second-factor", 5, 10), anonymous=_ANY),
    Row("auth/forgot", "user", _LETTERS, anonymous=_ANY),
    Row("auth/reset", "user", _LINKS, anonymous=_ANY),
    Row("auth/verify", "user", _LINKS, anonymous=_ANY),
    Row("auth/verify/resend", "user", _LETTERS, anonymous=_ANY),
    Row("auth/logout", "user", _ACCOUNT),
    Row("auth/sessions/*", "user", _ACCOUNT),
    Row("users/@me/mfa/*", "user", _OWNER),
    Row("users/@me/disable", "user", _OWNER),
    Row("users/@me/delete", "user", _OWNER),
    Row("users/@me/harvest", "user", _OWNER),
    Row("harvests/{harvest}", "user", _LINKS, anonymous=_READ),
    Row("users/@me", "user", _ACCOUNT, body_bytes=PICTURE_BODY_BYTES),
    Row("users/@me/profile", "user", _ACCOUNT, body_bytes=PICTURE_BODY_BYTES),
    Row("users/@me/guilds/settings", "user", Bucket("settings", 20, 10)),
    Row(
        "users/@me/relationships/*",
        "user",
        Bucket("relationships", 20, 10),
        {b"POST": Bucket("friend-requests", 10, 60)},
    ),
    Row("users/@me/settings", "user", Bucket("settings", 20, 10)),
    Row("users/@me/guilds/{guild}/settings", "user", Bucket("settings", 20, 10)),
    Row("users/@me/stream-keys/*", "user", Bucket("stream-keys", 10, 10)),
    Row("users/@me/notes/*", "user", Bucket("notes", 20, 10)),
    Row("users/{user}/profile", "user", Bucket("profiles", 30, 30)),
    Row("users/{user}/relationships", "user", Bucket("profiles", 30, 30)),
    Row("users/{user}", "user", Bucket("users", 30, 30)),
    Row("applications/{application}/commands/*", "chat", _COMMANDS, major="application"),
    Row("applications/{application}/guilds/*", "chat", _COMMANDS, major="application"),
    Row("applications/*", "user", Bucket("applications", 10, 10), body_bytes=PICTURE_BODY_BYTES),
    Row("oauth2/@me", "user", _ACCOUNT),
    Row("oauth2/applications/@me", "user", _ACCOUNT),
    Row("oauth2/authorize", "community", _COMMUNITY),
    Row("users/@me/guilds/*", "community", Bucket("own-guilds", 10, 5)),
    Row("guild-templates", "community", _COMMON),
    Row("users/@me/scheduled-events", "community", Bucket("own-events", 10, 5)),
    Row("guilds", "community", Bucket("guild-create", 10, 60), body_bytes=PICTURE_BODY_BYTES),
    Row("guilds/{guild}/messages/search", "chat", _SEARCH, major="guild"),
    Row("guilds/{guild}/regions", "signaling", _COMMON),
    Row("guilds/{guild}/voice-states/*", "signaling", _VOICE_STATES, major="guild"),
    Row("guilds/{guild}/ack", "chat", Bucket("read-states", 10, 5)),
    Row("guilds/{guild}/*", "community", _COMMUNITY, major="guild", body_bytes=PICTURE_BODY_BYTES),
    Row(
        "invites/{code}/*",
        "community",
        Bucket("invites", 10, 60),
        {b"POST": Bucket("invite-accept", 10, 10)},
        anonymous=_READ,
    ),
    Row("channels/{channel}", "community", _CHANNEL, major="channel"),
    Row("channels/{channel}/invites", "community", _CHANNEL, major="channel"),
    Row("channels/{channel}/clone", "community", _CHANNEL, major="channel"),
    Row("channels/{channel}/permissions/*", "community", _CHANNEL, major="channel"),
    Row(
        "channels/{channel}/messages",
        "chat",
        _MESSAGES,
        _SENDS,
        major="channel",
        brief=frozenset((b"POST",)),
        parts_bytes=UPLOAD_BODY_BYTES,
    ),
    Row(
        "channels/{channel}/messages/{message}/threads",
        "chat",
        _THREADS,
        major="channel",
    ),
    Row(
        "channels/{channel}/threads/*",
        "chat",
        _THREADS,
        major="channel",
        parts_bytes=UPLOAD_BODY_BYTES,
    ),
    Row("channels/{channel}/users/@me/threads/*", "chat", _THREADS, major="channel"),
    Row("channels/{channel}/thread-members/*", "chat", _CHANNEL, major="channel"),
    Row("channels/{channel}/answer/*", "chat", _CHANNEL, major="channel"),
    Row("guilds/{guild}/threads/*", "chat", _COMMUNITY, major="guild"),
    Row("channels/{channel}/messages/*", "chat", _MESSAGES, _SENDS, major="channel"),
    Row("channels/{channel}/messages/search", "chat", _SEARCH, major="channel"),
    Row(
        "channels/{channel}/messages/{message}",
        "chat",
        _MESSAGES,
        _SENDS,
        major="channel",
        parts_bytes=UPLOAD_BODY_BYTES,
    ),
    Row("channels/{channel}/attachments", "chat", _CHANNEL, major="channel"),
    Row("attachments/*", "chat", Bucket("attachments", 10, 5)),
    Row(
        "channels/{channel}/messages/{message}/ack",
        "chat",
        Bucket("ack", 20, 5),
        major="channel",
    ),
    Row("read-states/*", "chat", Bucket("read-states", 10, 5)),
    Row("channels/{channel}/recipients/*", "chat", Bucket("recipients", 10, 5), major="channel"),
    Row("stage-instances/*", "signaling", Bucket("stages", 10, 5)),
    Row("channels/{channel}/voice-status", "signaling", _CHANNEL, major="channel"),
    Row(
        "channels/{channel}/recordings",
        "chat",
        _RECORDINGS,
        by_service={b"POST": "signaling"},
        major="channel",
    ),
    Row(
        "channels/{channel}/recordings/{recording}/stop", "signaling", _RECORDINGS, major="channel"
    ),
    Row("channels/{channel}/voice-attendance", "chat", _RECORDINGS, major="channel"),
    Row("channels/{channel}/call/*", "signaling", Bucket("calls", 10, 10), major="channel"),
    Row("channels/{channel}/typing", "chat", Bucket("typing", 5, 5), major="channel"),
    Row("channels/{channel}/polls/*", "chat", Bucket("polls", 5, 5), major="channel"),
    Row("channels/{channel}/quizzes/scores", "chat", _CHANNEL, major="channel"),
    Row("channels/{channel}/pins/*", "chat", Bucket("pins", 5, 5), major="channel"),
    Row("users/@me/mentions/*", "chat", Bucket("mentions", 10, 10)),
    Row("users/@me/saved-messages/*", "chat", Bucket("saved", 10, 5)),
    Row("users/@me/channels", "chat", Bucket("direct", 10, 10)),
    Row("discovery/categories", "community", _COMMON, anonymous=_READ),
    Row("discoverable-guilds", "community", Bucket("discovery", 10, 10)),
    Row(
        "channels/{channel}/webhooks",
        "community",
        _CHANNEL,
        major="channel",
        body_bytes=PICTURE_BODY_BYTES,
    ),
    Row(
        "webhooks/{webhook}",
        "community",
        Bucket("webhooks", 10, 5),
        major="webhook",
        body_bytes=PICTURE_BODY_BYTES,
    ),
    Row(
        "webhooks/{webhook}/{token}",
        "community",
        Bucket("webhook-by-token", 10, 5),
        {b"POST": _POSTS},
        {b"POST": "chat"},
        major="webhook",
        opened_by="token",
        anonymous=_ANY,
        parts_bytes=UPLOAD_BODY_BYTES,
    ),
    Row(
        "webhooks/{webhook}/{token}/*",
        "chat",
        _POSTS,
        major="webhook",
        opened_by="token",
        anonymous=_ANY,
        parts_bytes=UPLOAD_BODY_BYTES,
    ),
    Row(
        "interactions",
        "chat",
        Bucket("interactions", 10, 5),
        parts_bytes=UPLOAD_BODY_BYTES,
    ),
    Row(
        "interactions/{interaction}/{token}/callback",
        "chat",
        _POSTS,
        major="interaction",
        opened_by="token",
        anonymous=_ANY,
        parts_bytes=UPLOAD_BODY_BYTES,
    ),
    Row("guilds/{guild}/application-command-index", "chat", _INDEX, major="guild"),
    Row("channels/{channel}/application-command-index", "chat", _INDEX, major="channel"),
    Row("voice/regions", "signaling", _COMMON),
    Row("soundboard-default-sounds", "signaling", _COMMON),
    Row("users/@me/devices/*", "notification", Bucket("devices", 10, 10)),
    Row("users/@me/notification-settings", "notification", Bucket("settings", 20, 10)),
    Row("users/@me/notifications/*", "notification", Bucket("notifications", 20, 10)),
    Row("notifications/unsubscribe/{ticket}", "notification", _LINKS, anonymous=_ANY),
    Row("push/*", "notification", _COMMON, anonymous=_READ),
)

# A page with a hundred faces asks for them at once, and then never again.
_PICTURES = Bucket("pictures", 600, 10, counts_globally=False)
_FOLDERS = sorted({shelf.pattern.split("/")[0] for shelf in assets.SHELVES} | {"embed"})

SITE: tuple[Row, ...] = (
    Row("", GATEWAY, _COMMON, anonymous=_READ),
    Row("verify", GATEWAY, _COMMON, anonymous=_READ),
    Row("reset", GATEWAY, _COMMON, anonymous=_READ),
    Row("voice/*", GATEWAY, _COMMON, anonymous=_ANY),
    Row("whip/{channel}", GATEWAY, Bucket("whip", 10, 10), major="channel", anonymous=_ANY),
    Row("attachments/*", GATEWAY, _PICTURES, anonymous=_READ),
    Row(
        "uploads/*",
        "chat",
        Bucket("uploads", 20, 5),
        anonymous=frozenset((b"PUT",)),
        body_bytes=UPLOAD_BODY_BYTES,
    ),
    *(Row(f"{folder}/*", GATEWAY, _PICTURES, anonymous=_READ) for folder in _FOLDERS),
)
"""What is served outside the API: the landing page, where links in letters lead, files."""
