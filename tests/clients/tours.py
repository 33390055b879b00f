"""What every library is asked to do, as tables: one row is one call of the library.

A row names the published operation it shows, what the call must give, what must arrive in the
library's cache, and what the owner then reads over REST. Words in braces are ids kept by rows
before. Rows of operations that the house does not have are passed over.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from contracts.permissions import Permission

EVERYONE = Permission.VIEW_CHANNEL | Permission.READ_MESSAGE_HISTORY
"""What is left to everybody when refusals are shown."""
THUMB = "👍"
HEART = "❤"
FORBIDDEN = (403, 50013)

Fields = Mapping[str, Any]


@dataclass(frozen=True)
class Row:
    """One call. `by` somebody else than the bot it is their REST request: `does` names it."""

    op: str
    does: str
    how: Fields = field(default_factory=dict)
    gives: Any = None
    """Compared as far as it goes; None: whatever it is."""
    keeps: str = ""
    sees: tuple[str, Fields] | None = None
    reads: tuple[str, Fields] | None = None
    gone: str = ""
    """A path that the owner must not find any more."""
    by: str = "bot"
    without: frozenset[str] = frozenset()
    """Libraries that have no such call."""


GUILD = {"guild": "{guild}"}
CHANNEL = {**GUILD, "channel": "{channel}"}
ROLE = {**GUILD, "role": "{role}"}
GUEST = {**GUILD, "user": "{guest}"}
MESSAGE = {"channel": "{channel}", "message": "{message}"}
THUMBED = {**MESSAGE, "emoji": THUMB}

REST_GUILD = "/guilds/{guild}"
REST_GUEST = f"{REST_GUILD}/members/{{guest}}"
REST_ROLE = f"{REST_GUILD}/roles/{{role}}"
REST_CHANNEL = "/channels/{channel}"
REST_MESSAGE = f"{REST_CHANNEL}/messages/{{message}}"

ONLY_HIKARI = frozenset({"discord.py", "discord.js", "oceanic.js"})
ONLY_OCEANIC = frozenset({"discord.py", "discord.js", "hikari"})

PIXEL = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk"
    "+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
"""A picture, in base64."""
MEETING = "독서모임에서 만나요"
NO_SEARCH = frozenset({"discord.py", "discord.js"})

ABOUT = (
    Row("get_my_user", "me", gives={"id": "{bot}"}),
    Row("get_my_application", "application", gives={"name": "{library}"}),
    Row("get_user", "user", GUEST, {"id": "{guest}"}),
    Row("get_guild", "guild", GUILD, {"id": "{guild}"}),
    Row("list_my_guilds", "guilds", gives=["{guild}"]),
    Row("get_my_guild_member", "member_self", GUILD, {"id": "{bot}"}, without=ONLY_HIKARI),
    Row(
        "update_my_user",
        "edit_user",
        {"name": "librarian{bot}"},
        {"name": "librarian{bot}"},
        reads=("/users/{bot}", {"username": "librarian{bot}"}),
    ),
    Row("list_voice_regions", "regions", gives=["home"], without=frozenset({"discord.py"})),
    Row(
        "update_guild",
        "edit_guild",
        {**GUILD, "name": "Reading room"},
        {"name": "Reading room"},
        sees=("guild_update", {"name": "Reading room"}),
        reads=(REST_GUILD, {"name": "Reading room"}),
    ),
)

ROLES = (
    Row(
        "create_guild_role",
        "create_role",
        {
            **GUILD,
            "name": "Readers",
            "color": 0x336699,
            "permissions": "3072",
            "reason": "책을 읽자",
        },
        {
            "name": "Readers",
            "color": 0x336699,
            "permissions": "3072",
            "hoist": True,
            "mentionable": True,
        },
        keeps="role",
        sees=("role_create", {"id": "{role}", "name": "Readers", "color": 0x336699}),
        reads=(REST_ROLE, {"name": "Readers", "permissions": "3072"}),
    ),
    Row("get_guild_role", "role", ROLE, {"id": "{role}", "name": "Readers"}),
    Row("list_guild_roles", "roles", GUILD, ["{role}", "{guild}"]),
    Row(
        "update_guild_role",
        "edit_role",
        {**ROLE, "name": "Writers"},
        {"name": "Writers", "permissions": "3072"},
        sees=("role_update", {"id": "{role}", "name": "Writers"}),
        reads=(REST_ROLE, {"name": "Writers", "color": 0x336699}),
    ),
    Row(
        "create_guild_role",
        "create_role",
        {**GUILD, "name": "Third", "color": 0, "permissions": "0"},
        {"name": "Third"},
        keeps="third",
        sees=("role_create", {"id": "{third}"}),
    ),
    Row(
        "bulk_update_guild_roles",
        "move_role",
        {**ROLE, "position": 2},
        sees=("role_update", {"id": "{role}", "position": 2}),
        reads=(REST_ROLE, {"position": 2}),
    ),
    Row(
        "add_guild_member_role",
        "give_role",
        {**GUEST, "role": "{role}"},
        sees=("member_update", {"id": "{guest}", "roles": ["{role}"]}),
        reads=(REST_GUEST, {"roles": ["{role}"]}),
    ),
    Row(
        "delete_guild_member_role",
        "take_role",
        {**GUEST, "role": "{role}"},
        sees=("member_update", {"id": "{guest}", "roles": []}),
        reads=(REST_GUEST, {"roles": []}),
    ),
)

CHANNELS = (
    Row(
        "create_guild_channel",
        "create_channel",
        {**GUILD, "name": "Shelves", "type": 4, "topic": None},
        {"name": "Shelves"},
        keeps="category",
        sees=("channel_create", {"id": "{category}", "name": "Shelves"}),
        reads=("/channels/{category}", {"type": 4}),
    ),
    Row(
        "create_guild_channel",
        "create_channel",
        {**GUILD, "name": "novels", "type": 0, "topic": "all of them"},
        {"name": "novels", "topic": "all of them"},
        keeps="channel",
        sees=("channel_create", {"id": "{channel}", "topic": "all of them"}),
        reads=(REST_CHANNEL, {"name": "novels", "type": 0}),
    ),
    Row("get_channel", "channel", CHANNEL, {"id": "{channel}", "topic": "all of them"}),
    Row("list_guild_channels", "channels", GUILD, ["{channel}", "{category}"]),
    Row(
        "update_channel",
        "edit_channel",
        {**CHANNEL, "topic": "소설"},
        {"topic": "소설", "name": "novels"},
        sees=("channel_update", {"id": "{channel}", "topic": "소설"}),
        reads=(REST_CHANNEL, {"topic": "소설"}),
    ),
    Row(
        "bulk_update_guild_channels",
        "move_channel",
        {**CHANNEL, "parent": "{category}"},
        sees=("channel_update", {"id": "{channel}", "parent": "{category}"}),
        reads=(REST_CHANNEL, {"parent_id": "{category}"}),
    ),
    Row(
        "set_channel_permission_overwrite",
        "set_overwrite",
        {**CHANNEL, "role": "{role}"},
        sees=("channel_update", {"id": "{channel}", "overwrites": {"{role}": ["0", "1024"]}}),
        reads=(REST_CHANNEL, {"permission_overwrites": [{"id": "{role}", "deny": "1024"}]}),
    ),
    Row(
        "delete_channel_permission_overwrite",
        "delete_overwrite",
        {**CHANNEL, "role": "{role}"},
        sees=("channel_update", {"id": "{channel}", "overwrites": {}}),
        reads=(REST_CHANNEL, {"permission_overwrites": []}),
    ),
)

INVITES = (
    Row(
        "create_channel_invite",
        "create_invite",
        CHANNEL,
        {"uses": 3, "age": 600},
        keeps="code",
        sees=("invite_create", {"code": "{code}", "uses": 3}),
        reads=("/invites/{code}", {"code": "{code}"}),
    ),
    Row("invite_resolve", "invite", {"code": "{code}"}, {"code": "{code}"}),
    Row("list_channel_invites", "channel_invites", CHANNEL, ["{code}"]),
    Row("list_guild_invites", "guild_invites", GUILD, ["{code}"]),
    Row(
        "invite_revoke",
        "delete_invite",
        {**GUILD, "code": "{code}"},
        sees=("invite_delete", {"code": "{code}"}),
        gone="/invites/{code}",
    ),
)

MEMBERS = (
    Row("list_guild_members", "members", GUILD, ["{bot}", "{guest}"]),
    Row("search_guild_members", "search_members", {**GUILD, "name": "guest"}, ["{guest}"]),
    Row("get_guild_member", "member", GUEST, {"id": "{guest}", "nick": None, "silenced": False}),
    Row(
        "update_my_guild_member",
        "edit_self",
        {**GUILD, "nick": "사서"},
        {"id": "{bot}"},
        sees=("member_update", {"id": "{bot}", "nick": "사서"}),
        reads=(f"{REST_GUILD}/members/{{bot}}", {"nick": "사서"}),
    ),
    Row(
        "update_guild_member",
        "edit_member",
        {**GUEST, "nick": "손님"},
        {"nick": "손님"},
        sees=("member_update", {"id": "{guest}", "nick": "손님"}),
        reads=(REST_GUEST, {"nick": "손님"}),
    ),
    Row(
        "update_guild_member",
        "silence",
        {**GUEST, "seconds": 3600},
        sees=("member_update", {"id": "{guest}", "silenced": True}),
    ),
    Row(
        "update_guild_member",
        "unsilence",
        GUEST,
        sees=("member_update", {"id": "{guest}", "silenced": False, "nick": "손님"}),
        reads=(REST_GUEST, {"communication_disabled_until": None}),
    ),
    Row("preview_prune_guild", "prune_count", GUILD, 0),
    Row("prune_guild", "prune", GUILD, 0),
    Row(
        "delete_guild_member",
        "kick",
        {**GUEST, "reason": "조용히"},
        sees=("member_leave", {"id": "{guest}"}),
        gone=REST_GUEST,
    ),
    Row("", "POST /invites/{welcome}", by="guest", sees=("member_join", {"id": "{guest}"})),
    Row(
        "ban_user_from_guild",
        "ban",
        {**GUEST, "reason": "광고"},
        sees=("ban", {"id": "{guest}"}),
        reads=(f"{REST_GUILD}/bans/{{guest}}", {"reason": "광고"}),
        gone=REST_GUEST,
    ),
    Row("list_guild_bans", "bans", GUILD, ["{guest}"]),
    Row("get_guild_ban", "get_ban", GUEST, {"id": "{guest}"}),
    Row(
        "unban_user_from_guild",
        "unban",
        GUEST,
        sees=("unban", {"id": "{guest}"}),
        gone=f"{REST_GUILD}/bans/{{guest}}",
    ),
    Row(
        "bulk_ban_users_from_guild",
        "bulk_ban",
        GUEST,
        ["{guest}"],
        sees=("ban", {"id": "{guest}"}),
    ),
    Row("unban_user_from_guild", "unban", GUEST, sees=("unban", {"id": "{guest}"})),
    Row("", "POST /invites/{welcome}", by="guest", sees=("member_join", {"id": "{guest}"})),
    Row("list_guild_audit_log_entries", "audit_log", GUILD, [30, 31, 10, 11, 25, 40, 20, 22, 23]),
)

MESSAGES = (
    Row(
        "create_message",
        "send",
        {**CHANNEL, "content": "안녕 1"},
        {"content": "안녕 1", "edited": False},
        keeps="message",
        sees=("message", {"id": "{message}", "content": "안녕 1"}),
        reads=(REST_MESSAGE, {"content": "안녕 1"}),
    ),
    Row("get_message", "message", MESSAGE, {"id": "{message}", "content": "안녕 1"}),
    Row("list_messages", "history", {**CHANNEL, "limit": 1}, ["안녕 1"]),
    Row("trigger_typing_indicator", "typing", CHANNEL),
    Row(
        "update_message",
        "edit_message",
        {**MESSAGE, "content": "안녕 2"},
        {"content": "안녕 2", "edited": True},
        sees=("message_update", {"id": "{message}", "content": "안녕 2", "edited": True}),
        reads=(REST_MESSAGE, {"content": "안녕 2"}),
    ),
    Row(
        "create_pin",
        "pin",
        MESSAGE,
        sees=("pins", {"id": "{channel}"}),
        reads=(REST_MESSAGE, {"pinned": True}),
    ),
    Row("list_pins", "pins", CHANNEL, ["{message}"]),
    Row("deprecated_list_pins", "old_pins", CHANNEL, ["{message}"], without=ONLY_OCEANIC),
    Row(
        "delete_pin",
        "unpin",
        MESSAGE,
        sees=("message_update", {"id": "{message}", "pinned": False}),
        reads=(REST_MESSAGE, {"pinned": False}),
    ),
    Row(
        "add_my_message_reaction",
        "react",
        THUMBED,
        sees=("reaction_add", {"id": "{message}", "emoji": THUMB, "user": "{bot}"}),
        reads=(REST_MESSAGE, {"reactions": [{"count": 1}]}),
    ),
    Row(
        "add_my_message_reaction",
        f"PUT {REST_MESSAGE}/reactions/{THUMB}/@me",
        by="guest",
        sees=("reaction_add", {"emoji": THUMB, "user": "{guest}"}),
    ),
    Row("list_message_reactions_by_emoji", "reactions", THUMBED, ["{bot}", "{guest}"]),
    Row(
        "delete_my_message_reaction",
        "unreact",
        THUMBED,
        sees=("reaction_remove", {"emoji": THUMB, "user": "{bot}"}),
    ),
    Row(
        "delete_user_message_reaction",
        "unreact_user",
        {**THUMBED, "user": "{guest}"},
        sees=("reaction_remove", {"emoji": THUMB, "user": "{guest}"}),
        reads=(REST_MESSAGE, {"reactions": None}),
    ),
    Row("add_my_message_reaction", "react", THUMBED),
    Row(
        "delete_all_message_reactions_by_emoji",
        "clear_emoji",
        THUMBED,
        sees=("reaction_remove_emoji", {"id": "{message}", "emoji": THUMB}),
    ),
    Row("add_my_message_reaction", "react", {**MESSAGE, "emoji": HEART}),
    Row(
        "delete_all_message_reactions",
        "clear_reactions",
        MESSAGE,
        sees=("reaction_clear", {"id": "{message}"}),
    ),
    Row(
        "delete_message",
        "delete_message",
        MESSAGE,
        sees=("message_delete", {"id": "{message}"}),
        gone=REST_MESSAGE,
    ),
    Row("create_message", "send", {**CHANNEL, "content": "a"}, keeps="first"),
    Row("create_message", "send", {**CHANNEL, "content": "b"}, keeps="second"),
    Row(
        "bulk_delete_messages",
        "bulk_delete",
        {**CHANNEL, "messages": ["{first}", "{second}"]},
        sees=("message_bulk", {"ids": ["{first}", "{second}"]}),
        gone=f"{REST_CHANNEL}/messages/{{first}}",
    ),
    Row(
        "create_message",
        "send_file",
        {**CHANNEL, "content": "minutes", "name": "회의록 1.txt", "text": "안녕"},
        {"content": "minutes", "files": [{"name": "회의록 1.txt", "text": "안녕"}]},
        keeps="message",
        reads=(REST_MESSAGE, {"attachments": [{"filename": "회의록 1.txt", "size": 6}]}),
    ),
    Row(
        "update_message",
        "edit_file",
        {**CHANNEL, "message": "{message}", "name": "b.txt", "text": "other"},
        {"content": "minutes", "files": [{"name": "b.txt", "text": "other"}]},
        reads=(REST_MESSAGE, {"attachments": [{"filename": "b.txt", "size": 5}]}),
    ),
    Row("create_dm", "direct", {**GUEST, "content": "psst"}, {"content": "psst"}),
)

THREAD = {"thread": "{thread}"}
WHO = {**THREAD, "user": "{guest}"}
REST_THREAD = "/channels/{thread}"
REST_IN_THREAD = f"{REST_THREAD}/thread-members"

THREADS = (
    Row("create_message", "send", {**CHANNEL, "content": "let us talk"}, keeps="talk"),
    Row(
        "create_thread_from_message",
        "thread_at",
        {**CHANNEL, "message": "{talk}", "name": "이야기"},
        {"id": "{talk}", "name": "이야기", "parent": "{channel}", "archived": False},
        keeps="thread",
        sees=("thread_create", {"id": "{thread}", "parent": "{channel}"}),
        reads=(REST_THREAD, {"name": "이야기", "type": 11, "owner_id": "{bot}"}),
    ),
    Row(
        "join_thread",
        f"PUT {REST_IN_THREAD}/@me",
        by="guest",
        sees=("thread_members", {"id": "{thread}", "added": ["{guest}"]}),
    ),
    Row("list_thread_members", "thread_members", THREAD, ["{bot}", "{guest}"]),
    Row("get_thread_member", "thread_member", WHO, {"id": "{guest}"}),
    Row(
        "delete_thread_member",
        "remove_from_thread",
        WHO,
        sees=("thread_members", {"id": "{thread}", "removed": ["{guest}"]}),
        gone=f"{REST_IN_THREAD}/{{guest}}",
    ),
    Row(
        "add_thread_member",
        "add_to_thread",
        WHO,
        sees=("thread_members", {"added": ["{guest}"]}),
        reads=(f"{REST_IN_THREAD}/{{guest}}", {"user_id": "{guest}"}),
    ),
    Row("leave_thread", "leave_thread", THREAD, gone=f"{REST_IN_THREAD}/{{bot}}"),
    Row("join_thread", "join_thread", THREAD, reads=(f"{REST_IN_THREAD}/{{bot}}", {"flags": 0})),
    Row(
        "create_message",
        "send",
        {"channel": "{thread}", "content": "in here"},
        {"content": "in here"},
        sees=("message", {"content": "in here"}),
        reads=(REST_THREAD, {"message_count": 1, "total_message_sent": 1}),
    ),
    Row("get_active_guild_threads", "active_threads", GUILD, ["{thread}"]),
    Row(
        "update_channel",
        "archive",
        THREAD,
        {"id": "{thread}", "archived": True},
        sees=("thread_update", {"id": "{thread}", "archived": True}),
        reads=(REST_THREAD, {"thread_metadata": {"archived": True}}),
    ),
    Row("list_public_archived_threads", "archived", CHANNEL, ["{thread}"]),
    Row(
        "create_thread",
        "thread",
        {**CHANNEL, "name": "비밀", "type": 12},
        {"name": "비밀", "parent": "{channel}"},
        keeps="private",
        sees=("thread_create", {"id": "{private}"}),
        reads=("/channels/{private}", {"type": 12, "member_count": 1}),
    ),
    Row("update_channel", "archive", {"thread": "{private}"}, {"archived": True}),
    Row("list_private_archived_threads", "archived_private", CHANNEL, ["{private}"]),
    Row("list_my_private_archived_threads", "archived_joined", CHANNEL, ["{private}"]),
    Row(
        "create_guild_channel",
        "create_forum",
        {**GUILD, "name": "questions"},
        {"name": "questions"},
        keeps="forum",
        reads=("/channels/{forum}", {"type": 15}),
    ),
    Row(
        "create_thread",
        "post",
        {"forum": "{forum}", "name": "why", "content": "because"},
        {"name": "why", "parent": "{forum}"},
        keeps="post",
        sees=("thread_create", {"id": "{post}", "parent": "{forum}"}),
        reads=("/channels/{post}/messages/{post}", {"content": "because"}),
    ),
    Row(
        "delete_channel",
        "delete_thread",
        {"thread": "{post}"},
        sees=("thread_delete", {"id": "{post}"}),
        gone="/channels/{post}",
    ),
)

RULE = {**GUILD, "rule": "{rule}"}
REST_RULE = f"{REST_GUILD}/auto-moderation/rules/{{rule}}"
MODERATION = (
    Row(
        "create_auto_moderation_rule",
        "create_rule",
        {**GUILD, "name": "Spoilers", "words": ["spoiler*"]},
        {"name": "Spoilers", "words": ["spoiler*"], "enabled": True},
        keeps="rule",
        sees=("rule_create", {"id": "{rule}", "name": "Spoilers", "words": ["spoiler*"]}),
        reads=(REST_RULE, {"trigger_metadata": {"keyword_filter": ["spoiler*"]}}),
    ),
    Row("get_auto_moderation_rule", "rule", RULE, {"id": "{rule}", "name": "Spoilers"}),
    Row("list_auto_moderation_rules", "rules", GUILD, ["{rule}"]),
    Row(
        "update_auto_moderation_rule",
        "edit_rule",
        {**RULE, "name": "결말"},
        {"name": "결말", "words": ["spoiler*"]},
        sees=("rule_update", {"id": "{rule}", "name": "결말"}),
        reads=(REST_RULE, {"name": "결말"}),
    ),
    Row(
        "delete_auto_moderation_rule",
        "delete_rule",
        RULE,
        sees=("rule_delete", {"id": "{rule}"}),
        gone=REST_RULE,
    ),
    Row("create_message", "send", {**CHANNEL, "content": MEETING}),
    Row(
        "guild_search",
        "search",
        {**GUILD, "content": "모임"},
        [MEETING],
        without=NO_SEARCH,
    ),
)

EVENT = {**GUILD, "event": "{event}"}
REST_EVENT = f"{REST_GUILD}/scheduled-events/{{event}}"
_TOMORROW = datetime.now(UTC) + timedelta(days=1)
_WHEN = {
    "starts": _TOMORROW.isoformat(),
    "ends": (_TOMORROW + timedelta(hours=2)).isoformat(),
}
PLANS = (
    Row(
        "create_guild_scheduled_event",
        "create_event",
        {**GUILD, **_WHEN, "name": "Reading night", "location": "Café"},
        {"name": "Reading night", "location": "Café"},
        keeps="event",
        sees=("event_create", {"id": "{event}", "name": "Reading night", "location": "Café"}),
        reads=(REST_EVENT, {"entity_type": 3, "status": 1}),
    ),
    Row("get_guild_scheduled_event", "event", EVENT, {"id": "{event}", "name": "Reading night"}),
    Row("list_guild_scheduled_events", "events", GUILD, ["{event}"]),
    Row(
        "",
        "PUT /guilds/{guild}/scheduled-events/{event}/users/@me",
        by="guest",
        sees=("event_user", {"id": "{event}", "user": "{guest}"}),
    ),
    Row("list_guild_scheduled_event_users", "event_users", EVENT, ["{guest}"]),
    Row(
        "update_guild_scheduled_event",
        "edit_event",
        {**EVENT, "name": "낭독의 밤"},
        {"name": "낭독의 밤", "location": "Café"},
        sees=("event_update", {"id": "{event}", "name": "낭독의 밤"}),
        reads=(REST_EVENT, {"name": "낭독의 밤"}),
    ),
    Row(
        "delete_guild_scheduled_event",
        "delete_event",
        EVENT,
        sees=("event_delete", {"id": "{event}"}),
        gone=REST_EVENT,
    ),
)

EMOJI = {**GUILD, "emoji": "{emoji}"}
REST_EMOJI = f"{REST_GUILD}/emojis/{{emoji}}"
EMOJIS = (
    Row(
        "create_guild_emoji",
        "create_emoji",
        {**GUILD, "name": "moim", "image": PIXEL},
        {"name": "moim"},
        keeps="emoji",
        sees=("emojis", {"names": ["moim"]}),
        reads=(REST_EMOJI, {"name": "moim"}),
    ),
    Row("get_guild_emoji", "emoji", EMOJI, {"id": "{emoji}", "name": "moim"}),
    Row("list_guild_emojis", "emojis", GUILD, ["{emoji}"]),
    Row(
        "update_guild_emoji",
        "edit_emoji",
        {**EMOJI, "name": "gather"},
        {"name": "gather"},
        sees=("emojis", {"names": ["gather"]}),
        reads=(REST_EMOJI, {"name": "gather"}),
    ),
    Row(
        "delete_guild_emoji", "delete_emoji", EMOJI, sees=("emojis", {"names": []}), gone=REST_EMOJI
    ),
)

POLL = {"channel": "{channel}", "message": "{poll}"}
POLLS = (
    Row(
        "create_message",
        "poll",
        {**CHANNEL, "question": "When?", "answers": ["Today", "내일"]},
        keeps="poll",
        reads=("/channels/{channel}/messages/{poll}", {"poll": {"question": {"text": "When?"}}}),
    ),
    Row(
        "",
        "PUT /channels/{channel}/polls/{poll}/answers/@me",
        {"answer_ids": ["2"]},
        by="guest",
        sees=("vote", {"message": "{poll}", "user": "{guest}", "answer": 2}),
    ),
    Row("get_answer_voters", "voters", {**POLL, "answer": 2}, ["{guest}"]),
    Row(
        "poll_expire",
        "end_poll",
        POLL,
        reads=(
            "/channels/{channel}/messages/{poll}",
            {"poll": {"results": {"answer_counts": [{"id": 2, "count": 1}]}}},
        ),
    ),
)

WEBHOOK = {"webhook": "{webhook}"}
BY_TOKEN = {**WEBHOOK, "token": "{webhook_token}"}
REST_WEBHOOK = "/webhooks/{webhook}"
WEBHOOKS = (
    Row(
        "create_webhook",
        "create_webhook",
        {**CHANNEL, "name": "Herald"},
        {"name": "Herald", "channel": "{channel}"},
        keeps="webhook",
        sees=("webhooks", {"channel": "{channel}"}),
        reads=(REST_WEBHOOK, {"name": "Herald"}),
    ),
    Row("list_channel_webhooks", "channel_webhooks", CHANNEL, ["{webhook}"]),
    Row("get_guild_webhooks", "guild_webhooks", GUILD, ["{webhook}"]),
    Row("get_webhook", "webhook", WEBHOOK, {"id": "{webhook}", "name": "Herald"}),
    Row("get_webhook_by_token", "webhook_by_token", BY_TOKEN, {"name": "Herald"}),
    Row(
        "update_webhook",
        "edit_webhook",
        {**WEBHOOK, "name": "Crier"},
        {"name": "Crier"},
        reads=(REST_WEBHOOK, {"name": "Crier"}),
    ),
    Row(
        "update_webhook_by_token",
        "edit_webhook_by_token",
        {**BY_TOKEN, "name": "전령"},
        {"name": "전령"},
        reads=(REST_WEBHOOK, {"name": "전령"}),
    ),
    Row("delete_webhook_by_token", "delete_webhook_by_token", BY_TOKEN, gone=REST_WEBHOOK),
    Row("create_webhook", "create_webhook", {**CHANNEL, "name": "Again"}, keeps="webhook"),
    Row("delete_webhook", "delete_webhook", WEBHOOK, gone=REST_WEBHOOK),
)

FAREWELL = (
    Row(
        "delete_guild_role",
        "delete_role",
        ROLE,
        sees=("role_delete", {"id": "{role}"}),
        gone=REST_ROLE,
    ),
    Row(
        "delete_channel",
        "delete_channel",
        CHANNEL,
        sees=("channel_delete", {"id": "{channel}"}),
        gone=REST_CHANNEL,
    ),
)

TOUR = (
    *(*ABOUT, *ROLES, *CHANNELS, *INVITES, *MEMBERS, *MESSAGES, *THREADS),
    *(*MODERATION, *PLANS, *EMOJIS, *POLLS, *WEBHOOKS, *FAREWELL),
)

PLAIN = {"color": 0, "permissions": "0", "name": "no"}
REFUSALS = (
    Row("update_guild", "edit_guild", {**GUILD, "name": "no"}),
    Row("create_guild_role", "create_role", {**GUILD, **PLAIN}),
    Row("update_guild_role", "edit_role", {**ROLE, "name": "no"}),
    Row("bulk_update_guild_roles", "move_role", {**ROLE, "position": 1}),
    Row("delete_guild_role", "delete_role", ROLE),
    Row("add_guild_member_role", "give_role", {**GUEST, "role": "{role}"}),
    Row("delete_guild_member_role", "take_role", {**GUEST, "role": "{role}"}),
    Row("create_guild_channel", "create_channel", {**GUILD, "name": "no", "type": 0, "topic": ""}),
    Row("update_channel", "edit_channel", {**CHANNEL, "topic": "no"}),
    Row("set_channel_permission_overwrite", "set_overwrite", {**CHANNEL, "role": "{role}"}),
    Row("delete_channel", "delete_channel", CHANNEL),
    Row("create_channel_invite", "create_invite", CHANNEL),
    Row("list_channel_invites", "channel_invites", CHANNEL),
    Row("list_guild_invites", "guild_invites", GUILD),
    Row("invite_revoke", "delete_invite", {**GUILD, "code": "{welcome}"}),
    Row("update_my_guild_member", "edit_self", {**GUILD, "nick": "no"}),
    Row("update_guild_member", "edit_member", {**GUEST, "nick": "no"}),
    Row("update_guild_member", "silence", {**GUEST, "seconds": 60}),
    Row("delete_guild_member", "kick", {**GUEST, "reason": "no"}),
    Row("ban_user_from_guild", "ban", {**GUEST, "reason": "no"}),
    Row("list_guild_bans", "bans", GUILD),
    Row("bulk_ban_users_from_guild", "bulk_ban", GUEST),
    Row("preview_prune_guild", "prune_count", GUILD),
    Row("prune_guild", "prune", GUILD),
    Row("list_guild_audit_log_entries", "audit_log", GUILD),
    Row("create_auto_moderation_rule", "create_rule", {**GUILD, "name": "no", "words": ["no"]}),
    Row("list_auto_moderation_rules", "rules", GUILD),
    Row(
        "create_guild_scheduled_event",
        "create_event",
        {**GUILD, **_WHEN, "name": "no", "location": "no"},
    ),
    Row("create_message", "send", {**CHANNEL, "content": "no"}),
    Row("create_thread", "thread", {**CHANNEL, "name": "no", "type": 11}),
    Row("create_thread_from_message", "thread_at", {**MESSAGE, "name": "no"}),
    Row("delete_message", "delete_message", MESSAGE),
    Row("create_pin", "pin", MESSAGE),
    Row("add_my_message_reaction", "react", THUMBED),
    Row("delete_all_message_reactions", "clear_reactions", MESSAGE),
)
"""Each of them again without a permission; the thing itself stays as it is."""

GOODBYE = (Row("leave_guild", "leave_guild", GUILD, gone=f"{REST_GUILD}/members/{{bot}}"),)

ELSEWHERE = {
    "get_gateway": "every library asks get_bot_gateway or neither; tests/service/gateway asks it",
    "get_bot_gateway": "hikari, discord.js and oceanic.js ask it before they connect",
    "get_my_oauth2_application": "discord.py asks it when it logs in",
    "get_soundboard_default_sounds": "only py-cord asks it",
    "deprecated_create_pin": "only eris still calls it",
    "deprecated_delete_pin": "only eris still calls it",
    **dict.fromkeys(
        (
            *("execute_webhook", "get_webhook_message", "update_webhook_message"),
            *("delete_webhook_message", "bulk_set_guild_application_commands"),
            *("get_original_webhook_message", "update_original_webhook_message"),
            "delete_original_webhook_message",
            *("list_guild_application_commands", "create_interaction_response"),
        ),
        "test_asked.py, where every library is asked for something by a client",
    ),
}
"""Operations of the first waves that no row shows, and why."""

_FIRST = """
get_gateway get_bot_gateway get_my_user get_user get_my_application list_my_guilds
get_my_oauth2_application
list_voice_regions get_soundboard_default_sounds get_guild update_guild list_guild_channels
create_guild_channel bulk_update_guild_channels get_channel update_channel delete_channel
list_messages get_message create_message update_message delete_message bulk_delete_messages
trigger_typing_indicator create_dm update_my_user leave_guild get_my_guild_member list_pins
delete_pin create_pin deprecated_list_pins deprecated_delete_pin deprecated_create_pin
delete_all_message_reactions delete_all_message_reactions_by_emoji
list_message_reactions_by_emoji delete_my_message_reaction add_my_message_reaction
delete_user_message_reaction list_channel_invites create_channel_invite list_guild_invites
invite_revoke invite_resolve list_guild_members update_my_guild_member search_guild_members
delete_guild_member get_guild_member update_guild_member list_guild_audit_log_entries
list_guild_bans unban_user_from_guild get_guild_ban ban_user_from_guild
bulk_ban_users_from_guild preview_prune_guild prune_guild delete_guild_member_role
add_guild_member_role list_guild_roles bulk_update_guild_roles create_guild_role
delete_guild_role get_guild_role update_guild_role set_channel_permission_overwrite
delete_channel_permission_overwrite
"""
_OF_MODERATION = """
guild_search list_auto_moderation_rules create_auto_moderation_rule get_auto_moderation_rule
update_auto_moderation_rule delete_auto_moderation_rule
"""
_OF_PLANS = """
list_guild_scheduled_events create_guild_scheduled_event get_guild_scheduled_event
update_guild_scheduled_event delete_guild_scheduled_event list_guild_scheduled_event_users
"""
_OF_THREADS = """
create_thread_from_message create_thread list_thread_members join_thread leave_thread
add_thread_member delete_thread_member get_thread_member get_active_guild_threads
list_public_archived_threads list_private_archived_threads list_my_private_archived_threads
"""
_OF_ASKING = """
execute_webhook get_webhook_message update_webhook_message delete_webhook_message
bulk_set_guild_application_commands list_guild_application_commands create_interaction_response
get_original_webhook_message update_original_webhook_message delete_original_webhook_message
"""
_OF_CRAFTS = """
list_guild_emojis create_guild_emoji delete_guild_emoji get_guild_emoji update_guild_emoji
get_answer_voters poll_expire list_channel_webhooks create_webhook get_guild_webhooks
delete_webhook get_webhook update_webhook delete_webhook_by_token get_webhook_by_token
update_webhook_by_token
"""
WAVES = frozenset(
    (
        *(*_OF_ASKING.split(), *_FIRST.split(), *_OF_THREADS.split()),
        *(*_OF_MODERATION.split(), *_OF_PLANS.split(), *_OF_CRAFTS.split()),
    )
)
"""The first four waves: boot, talk, govern, structure; and of the others scheduled events."""
