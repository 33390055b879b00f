"""A bot on hikari, unmodified: only the address is set.

`python bot_hikari.py URL TOKEN`
"""

from __future__ import annotations

import asyncio
import base64
import sys
from datetime import UTC, datetime, timedelta
from typing import Any

import hikari
from bot_lines import How, obey, tell
from hikari import auto_mod
from hikari.events import auto_mod_events
from hikari.impl import special_endpoints

url, token = sys.argv[1:]

intents = (
    hikari.Intents.ALL_UNPRIVILEGED | hikari.Intents.MESSAGE_CONTENT | hikari.Intents.GUILD_MEMBERS
)
bot = hikari.GatewayBot(
    token=token, rest_url=f"{url}/api/v10", intents=intents, banner=None, logs="ERROR"
)
rest = bot.rest

at_ready: set[int] = set()
all_guilds_here = asyncio.Event()


# What is told of a thing, the same for every library.


def of_role(role: hikari.Role) -> dict[str, Any]:
    return {
        "id": str(role.id),
        "name": role.name,
        "color": int(role.color),
        "permissions": str(int(role.permissions)),
        "hoist": role.is_hoisted,
        "mentionable": role.is_mentionable,
        "position": role.position,
    }


def of_channel(channel: Any) -> dict[str, Any]:
    return {
        "id": str(channel.id),
        "name": channel.name,
        "topic": getattr(channel, "topic", None),
        "parent": str(channel.parent_id) if channel.parent_id else None,
        "overwrites": {
            str(each.id): [str(int(each.allow)), str(int(each.deny))]
            for each in channel.permission_overwrites.values()
        },
    }


def of_thread(thread: hikari.GuildThreadChannel) -> dict[str, Any]:
    return {
        "id": str(thread.id),
        "name": thread.name,
        "parent": str(thread.parent_id),
        "archived": thread.is_archived,
        "locked": thread.is_locked,
    }


def of_member(member: hikari.Member) -> dict[str, Any]:
    return {
        "id": str(member.id),
        "nick": member.nickname,
        "roles": sorted(str(role) for role in member.role_ids if role != member.guild_id),
        "silenced": member.communication_disabled_until() is not None,
    }


def of_message(message: Any) -> dict[str, Any]:
    return {
        "id": str(message.id),
        "content": message.content,
        "edited": bool(message.edited_timestamp),
        "pinned": bool(message.is_pinned),
    }


def of_invite(invite: hikari.InviteWithMetadata) -> dict[str, Any]:
    age = int(invite.max_age.total_seconds()) if invite.max_age else 0
    return {"code": invite.code, "uses": invite.max_uses, "age": age}


def of_guild(guild: hikari.PartialGuild) -> dict[str, Any]:
    return {"id": str(guild.id), "name": guild.name}


def of_rule(rule: Any) -> dict[str, Any]:
    words = list(rule.trigger.keyword_filter)
    return {"id": str(rule.id), "name": rule.name, "words": words, "enabled": rule.is_enabled}


def of_event(event: hikari.ScheduledEvent) -> dict[str, Any]:
    location = getattr(event, "location", None)
    return {"id": str(event.id), "name": event.name, "location": location}


def of_named(thing: Any) -> dict[str, Any]:
    return {"id": str(thing.id), "name": thing.name}


def ids(things: Any) -> list[str]:
    return sorted(str(each.id) for each in things)


# What it sees.


@bot.listen()
async def shard_ready(event: hikari.ShardReadyEvent) -> None:
    at_ready.update(event.unavailable_guilds)
    notice_guild()


@bot.listen()
async def guild_available(event: hikari.GuildAvailableEvent) -> None:
    notice_guild()


def notice_guild() -> None:
    """Hikari calls a bot started at READY; the guilds come after it, one event each."""
    if at_ready.issubset(bot.cache.get_available_guilds_view()):
        all_guilds_here.set()


@bot.listen()
async def started(event: hikari.StartedEvent) -> None:
    await asyncio.wait_for(all_guilds_here.wait(), timeout=20)
    me = bot.get_me()
    assert me is not None
    guilds = bot.cache.get_guilds_view().values()
    tell(
        "ready",
        user=str(me.id),
        guilds={
            guild.name: sorted(channel.name or "" for channel in guild.get_channels().values())
            for guild in guilds
        },
        members=sum(guild.member_count or 0 for guild in guilds),
    )
    await obey(DEEDS, refusal)


@bot.listen()
async def resumed(event: hikari.ShardResumedEvent) -> None:
    tell("resumed")


@bot.listen()
async def joined(event: hikari.GuildJoinEvent) -> None:
    tell("guild_join", name=event.guild.name)


@bot.listen()
async def guild_updated(event: hikari.GuildUpdateEvent) -> None:
    tell("guild_update", **of_guild(event.guild))


@bot.listen()
async def heard(event: hikari.GuildMessageCreateEvent) -> None:
    tell("message", **of_message(event.message), author=event.author.username)
    if event.content == "!ping":
        answer = await event.message.respond("pong!")
        me = bot.get_me()
        tell("answered", id=str(answer.id), by_me=me is not None and answer.author.id == me.id)
        found = await rest.fetch_messages(event.channel_id).limit(2)
        tell("history", contents=[text.content for text in found])


@bot.listen()
async def role_created(event: hikari.RoleCreateEvent) -> None:
    tell("role_create", **of_role(event.role))


@bot.listen()
async def role_updated(event: hikari.RoleUpdateEvent) -> None:
    tell("role_update", **of_role(event.role))


@bot.listen()
async def role_deleted(event: hikari.RoleDeleteEvent) -> None:
    tell("role_delete", id=str(event.role_id))


@bot.listen()
async def rule_created(event: auto_mod_events.AutoModRuleCreateEvent) -> None:
    tell("rule_create", **of_rule(event.rule))


@bot.listen()
async def rule_updated(event: auto_mod_events.AutoModRuleUpdateEvent) -> None:
    tell("rule_update", **of_rule(event.rule))


@bot.listen()
async def rule_deleted(event: auto_mod_events.AutoModRuleDeleteEvent) -> None:
    tell("rule_delete", id=str(event.rule.id))


@bot.listen()
async def event_created(event: hikari.ScheduledEventCreateEvent) -> None:
    tell("event_create", **of_event(event.event))


@bot.listen()
async def event_updated(event: hikari.ScheduledEventUpdateEvent) -> None:
    tell("event_update", **of_event(event.event))


@bot.listen()
async def event_deleted(event: hikari.ScheduledEventDeleteEvent) -> None:
    tell("event_delete", id=str(event.event_id))


@bot.listen()
async def event_interests(event: hikari.ScheduledEventUserAddEvent) -> None:
    tell("event_user", id=str(event.event_id), user=str(event.user_id))


@bot.listen()
async def emojis_updated(event: hikari.EmojisUpdateEvent) -> None:
    tell("emojis", names=sorted(each.name for each in event.emojis))


@bot.listen()
async def voted(event: hikari.PollVoteCreateEvent) -> None:
    message, user = str(event.message_id), str(event.user_id)
    tell("vote", message=message, user=user, answer=event.answer_id)


@bot.listen()
async def webhooks_updated(event: hikari.WebhookUpdateEvent) -> None:
    tell("webhooks", channel=str(event.channel_id))


@bot.listen()
async def channel_created(event: hikari.GuildChannelCreateEvent) -> None:
    tell("channel_create", **of_channel(event.channel))


@bot.listen()
async def channel_updated(event: hikari.GuildChannelUpdateEvent) -> None:
    tell("channel_update", **of_channel(event.channel))


@bot.listen()
async def channel_deleted(event: hikari.GuildChannelDeleteEvent) -> None:
    tell("channel_delete", id=str(event.channel_id))


@bot.listen()
async def pins_updated(event: hikari.GuildPinsUpdateEvent) -> None:
    tell("pins", id=str(event.channel_id))


@bot.listen()
async def thread_created(event: hikari.GuildThreadCreateEvent) -> None:
    tell("thread_create", **of_thread(event.thread))


@bot.listen()
async def thread_shown(event: hikari.GuildThreadAccessEvent) -> None:
    tell("thread_create", **of_thread(event.thread))


@bot.listen()
async def thread_updated(event: hikari.GuildThreadUpdateEvent) -> None:
    tell("thread_update", **of_thread(event.thread))


@bot.listen()
async def thread_deleted(event: hikari.GuildThreadDeleteEvent) -> None:
    tell("thread_delete", id=str(event.thread_id))


@bot.listen()
async def thread_members_updated(event: hikari.ThreadMembersUpdateEvent) -> None:
    tell(
        "thread_members",
        id=str(event.thread_id),
        added=sorted(map(str, event.added_members)),
        removed=sorted(map(str, event.removed_member_ids)),
    )


@bot.listen()
async def member_joined(event: hikari.MemberCreateEvent) -> None:
    tell("member_join", **of_member(event.member))


@bot.listen()
async def member_updated(event: hikari.MemberUpdateEvent) -> None:
    tell("member_update", **of_member(event.member))


@bot.listen()
async def member_left(event: hikari.MemberDeleteEvent) -> None:
    tell("member_leave", id=str(event.user_id))


@bot.listen()
async def banned(event: hikari.BanCreateEvent) -> None:
    tell("ban", id=str(event.user_id))


@bot.listen()
async def unbanned(event: hikari.BanDeleteEvent) -> None:
    tell("unban", id=str(event.user_id))


@bot.listen()
async def invite_created(event: hikari.InviteCreateEvent) -> None:
    tell("invite_create", **of_invite(event.invite))


@bot.listen()
async def invite_deleted(event: hikari.InviteDeleteEvent) -> None:
    tell("invite_delete", code=event.code)


@bot.listen()
async def message_updated(event: hikari.GuildMessageUpdateEvent) -> None:
    tell("message_update", **of_message(event.message))


@bot.listen()
async def message_deleted(event: hikari.GuildMessageDeleteEvent) -> None:
    tell("message_delete", id=str(event.message_id))


@bot.listen()
async def messages_deleted(event: hikari.GuildBulkMessageDeleteEvent) -> None:
    tell("message_bulk", ids=sorted(map(str, event.message_ids)))


@bot.listen()
async def reacted(event: hikari.GuildReactionAddEvent) -> None:
    tell("reaction_add", **_reaction(event), user=str(event.user_id))


@bot.listen()
async def unreacted(event: hikari.GuildReactionDeleteEvent) -> None:
    tell("reaction_remove", **_reaction(event), user=str(event.user_id))


@bot.listen()
async def emoji_cleared(event: hikari.GuildReactionDeleteEmojiEvent) -> None:
    tell("reaction_remove_emoji", **_reaction(event))


@bot.listen()
async def reactions_cleared(event: hikari.GuildReactionDeleteAllEvent) -> None:
    tell("reaction_clear", id=str(event.message_id))


@bot.listen()
async def audited(event: hikari.AuditLogEntryCreateEvent) -> None:
    entry = event.entry
    target = str(entry.target_id) if entry.target_id else None
    tell("audit", action=int(entry.action_type), target=target, reason=entry.reason)


def _reaction(event: Any) -> dict[str, Any]:
    return {"id": str(event.message_id), "emoji": str(event.emoji_name)}


def _file(how: How) -> hikari.Bytes:
    return hikari.Bytes(how["text"].encode(), how["name"])


async def _with_files(message: Any) -> dict[str, Any]:
    files = [
        {"name": each.filename, "text": (await each.read()).decode()}
        for each in message.attachments
    ]
    return {**of_message(message), "files": files}


class Deeds:
    """What it can be asked to do: one call of the library each."""

    async def me(self, how: How) -> Any:
        return {"id": str((await rest.fetch_my_user()).id)}

    async def application(self, how: How) -> Any:
        return {"name": (await rest.fetch_application()).name}

    async def user(self, how: How) -> Any:
        return {"id": str((await rest.fetch_user(int(how["user"]))).id)}

    async def guild(self, how: How) -> Any:
        return of_guild(await rest.fetch_guild(int(how["guild"])))

    async def guilds(self, how: How) -> Any:
        return ids(await rest.fetch_my_guilds())

    async def edit_user(self, how: How) -> Any:
        return {"name": (await rest.edit_my_user(username=how["name"])).username}

    async def member_self(self, how: How) -> Any:
        return of_member(await rest.fetch_my_member(int(how["guild"])))

    async def edit_guild(self, how: How) -> Any:
        return of_guild(await rest.edit_guild(int(how["guild"]), name=how["name"]))

    async def leave_guild(self, how: How) -> Any:
        await rest.leave_guild(int(how["guild"]))

    async def regions(self, how: How) -> Any:
        return ids(await rest.fetch_voice_regions())

    async def roles(self, how: How) -> Any:
        return ids(await rest.fetch_roles(int(how["guild"])))

    async def role(self, how: How) -> Any:
        return of_role(await rest.fetch_role(int(how["guild"]), int(how["role"])))

    async def create_role(self, how: How) -> Any:
        made = await rest.create_role(
            int(how["guild"]),
            name=how["name"],
            color=how["color"],
            permissions=hikari.Permissions(int(how["permissions"])),
            hoist=True,
            mentionable=True,
            reason=how.get("reason", hikari.UNDEFINED),
        )
        return of_role(made)

    async def edit_role(self, how: How) -> Any:
        role = int(how["role"])
        return of_role(await rest.edit_role(int(how["guild"]), role, name=how["name"]))

    async def move_role(self, how: How) -> Any:
        await rest.reposition_roles(int(how["guild"]), {how["position"]: int(how["role"])})

    async def delete_role(self, how: How) -> Any:
        await rest.delete_role(int(how["guild"]), int(how["role"]))

    async def channels(self, how: How) -> Any:
        return ids(await rest.fetch_guild_channels(int(how["guild"])))

    async def channel(self, how: How) -> Any:
        return of_channel(await rest.fetch_channel(int(how["channel"])))

    async def create_channel(self, how: How) -> Any:
        guild = int(how["guild"])
        if how["type"] == 4:
            return of_channel(await rest.create_guild_category(guild, how["name"]))
        made = await rest.create_guild_text_channel(guild, how["name"], topic=how["topic"])
        return of_channel(made)

    async def edit_channel(self, how: How) -> Any:
        return of_channel(await rest.edit_channel(int(how["channel"]), topic=how["topic"]))

    async def move_channel(self, how: How) -> Any:
        # Its bulk call knows no parent.
        channel = int(how["channel"])
        await rest.reposition_channels(int(how["guild"]), {1: channel})
        await rest.edit_channel(channel, parent_category=int(how["parent"]))

    async def set_overwrite(self, how: How) -> Any:
        await rest.edit_permission_overwrite(
            int(how["channel"]),
            int(how["role"]),
            target_type=hikari.PermissionOverwriteType.ROLE,
            deny=hikari.Permissions.VIEW_CHANNEL,
        )

    async def delete_overwrite(self, how: How) -> Any:
        await rest.delete_permission_overwrite(int(how["channel"]), int(how["role"]))

    async def delete_channel(self, how: How) -> Any:
        await rest.delete_channel(int(how["channel"]))

    async def thread_at(self, how: How) -> Any:
        return of_thread(await rest.create_message_thread(*_where(how), how["name"]))

    async def thread(self, how: How) -> Any:
        made = await rest.create_thread(int(how["channel"]), how["type"], how["name"])
        return of_thread(made)

    async def create_forum(self, how: How) -> Any:
        made = await rest.create_guild_forum_channel(int(how["guild"]), how["name"])
        return of_channel(made)

    async def post(self, how: How) -> Any:
        forum = int(how["forum"])
        return of_thread(await rest.create_forum_post(forum, how["name"], how["content"]))

    async def thread_members(self, how: How) -> Any:
        found = await rest.fetch_thread_members(int(how["thread"]))
        return sorted(str(each.user_id) for each in found)

    async def thread_member(self, how: How) -> Any:
        return {"id": str((await rest.fetch_thread_member(*_within(how))).user_id)}

    async def add_to_thread(self, how: How) -> Any:
        await rest.add_thread_member(*_within(how))

    async def remove_from_thread(self, how: How) -> Any:
        await rest.remove_thread_member(*_within(how))

    async def join_thread(self, how: How) -> Any:
        await rest.join_thread(int(how["thread"]))

    async def leave_thread(self, how: How) -> Any:
        await rest.leave_thread(int(how["thread"]))

    async def active_threads(self, how: How) -> Any:
        return ids(await rest.fetch_active_threads(int(how["guild"])))

    async def archive(self, how: How) -> Any:
        changed = await rest.edit_channel(int(how["thread"]), archived=True)
        assert isinstance(changed, hikari.GuildThreadChannel)
        return of_thread(changed)

    async def archived(self, how: How) -> Any:
        return ids(await rest.fetch_public_archived_threads(int(how["channel"])))

    async def archived_private(self, how: How) -> Any:
        return ids(await rest.fetch_private_archived_threads(int(how["channel"])))

    async def archived_joined(self, how: How) -> Any:
        return ids(await rest.fetch_joined_private_archived_threads(int(how["channel"])))

    async def delete_thread(self, how: How) -> Any:
        await rest.delete_channel(int(how["thread"]))

    async def create_invite(self, how: How) -> Any:
        made = await rest.create_invite(int(how["channel"]), max_age=600, max_uses=3)
        return of_invite(made)

    async def invite(self, how: How) -> Any:
        return {"code": (await rest.fetch_invite(how["code"])).code}

    async def channel_invites(self, how: How) -> Any:
        return [each.code for each in await rest.fetch_channel_invites(int(how["channel"]))]

    async def guild_invites(self, how: How) -> Any:
        return [each.code for each in await rest.fetch_guild_invites(int(how["guild"]))]

    async def delete_invite(self, how: How) -> Any:
        await rest.delete_invite(how["code"])

    async def members(self, how: How) -> Any:
        return ids(await rest.fetch_members(int(how["guild"])))

    async def search_members(self, how: How) -> Any:
        return ids(await rest.search_members(int(how["guild"]), how["name"]))

    async def member(self, how: How) -> Any:
        return of_member(await rest.fetch_member(int(how["guild"]), int(how["user"])))

    async def edit_self(self, how: How) -> Any:
        return of_member(await rest.edit_my_member(int(how["guild"]), nickname=how["nick"]))

    async def edit_member(self, how: How) -> Any:
        return of_member(await _edited(how, nickname=how["nick"]))

    async def silence(self, how: How) -> Any:
        until = datetime.now(UTC) + timedelta(seconds=how["seconds"])
        return of_member(await _edited(how, communication_disabled_until=until))

    async def unsilence(self, how: How) -> Any:
        return of_member(await _edited(how, communication_disabled_until=None))

    async def give_role(self, how: How) -> Any:
        await rest.add_role_to_member(int(how["guild"]), int(how["user"]), int(how["role"]))

    async def take_role(self, how: How) -> Any:
        await rest.remove_role_from_member(int(how["guild"]), int(how["user"]), int(how["role"]))

    async def kick(self, how: How) -> Any:
        await rest.kick_user(int(how["guild"]), int(how["user"]), reason=how["reason"])

    async def ban(self, how: How) -> Any:
        await rest.ban_user(
            int(how["guild"]), int(how["user"]), delete_message_seconds=60, reason=how["reason"]
        )

    async def bans(self, how: How) -> Any:
        return [str(ban.user.id) for ban in await rest.fetch_bans(int(how["guild"]))]

    async def get_ban(self, how: How) -> Any:
        return {"id": str((await rest.fetch_ban(int(how["guild"]), int(how["user"]))).user.id)}

    async def unban(self, how: How) -> Any:
        await rest.unban_user(int(how["guild"]), int(how["user"]))

    async def bulk_ban(self, how: How) -> Any:
        found = await rest.bulk_ban_users(int(how["guild"]), [hikari.Snowflake(how["user"])])
        return [str(user) for user in found.banned_users]

    async def prune_count(self, how: How) -> Any:
        return await rest.estimate_guild_prune_count(int(how["guild"]), days=7)

    async def prune(self, how: How) -> Any:
        return await rest.begin_guild_prune(int(how["guild"]), days=7)

    async def audit_log(self, how: How) -> Any:
        pages = await rest.fetch_audit_log(int(how["guild"]))
        return [int(entry.action_type) for page in pages for entry in page.entries.values()]

    async def send(self, how: How) -> Any:
        return of_message(await rest.create_message(int(how["channel"]), how["content"]))

    async def send_file(self, how: How) -> Any:
        channel = int(how["channel"])
        sent = await rest.create_message(channel, how["content"], attachment=_file(how))
        return await _with_files(await rest.fetch_message(channel, sent.id))

    async def edit_file(self, how: How) -> Any:
        return await _with_files(await rest.edit_message(*_where(how), attachment=_file(how)))

    async def history(self, how: How) -> Any:
        found = await rest.fetch_messages(int(how["channel"])).limit(how["limit"])
        return [each.content for each in found]

    async def message(self, how: How) -> Any:
        return of_message(await rest.fetch_message(int(how["channel"]), int(how["message"])))

    async def edit_message(self, how: How) -> Any:
        channel, message = _where(how)
        return of_message(await rest.edit_message(channel, message, how["content"]))

    async def delete_message(self, how: How) -> Any:
        await rest.delete_message(*_where(how))

    async def bulk_delete(self, how: How) -> Any:
        await rest.delete_messages(int(how["channel"]), [int(each) for each in how["messages"]])

    async def typing(self, how: How) -> Any:
        await rest.trigger_typing(int(how["channel"]))

    async def pin(self, how: How) -> Any:
        await rest.pin_message(*_where(how))

    async def pins(self, how: How) -> Any:
        found = await rest.fetch_pins(int(how["channel"]))
        return [str(each.message.id) for each in found]

    async def unpin(self, how: How) -> Any:
        await rest.unpin_message(*_where(how))

    async def react(self, how: How) -> Any:
        await rest.add_reaction(*_where(how), how["emoji"])

    async def reactions(self, how: How) -> Any:
        return ids(await rest.fetch_reactions_for_emoji(*_where(how), how["emoji"]))

    async def unreact(self, how: How) -> Any:
        await rest.delete_my_reaction(*_where(how), how["emoji"])

    async def unreact_user(self, how: How) -> Any:
        channel, message = _where(how)
        await rest.delete_reaction(channel, message, int(how["user"]), how["emoji"])

    async def clear_emoji(self, how: How) -> Any:
        await rest.delete_all_reactions_for_emoji(*_where(how), how["emoji"])

    async def clear_reactions(self, how: How) -> Any:
        await rest.delete_all_reactions(*_where(how))

    async def rules(self, how: How) -> Any:
        return ids(await rest.fetch_auto_mod_rules(int(how["guild"])))

    async def rule(self, how: How) -> Any:
        return of_rule(await rest.fetch_auto_mod_rule(int(how["guild"]), int(how["rule"])))

    async def create_rule(self, how: How) -> Any:
        made = await rest.create_auto_mod_rule(
            int(how["guild"]),
            name=how["name"],
            event_type=auto_mod.AutoModEventType.MESSAGE_SEND,
            trigger=special_endpoints.AutoModKeywordTriggerBuilder(keyword_filter=how["words"]),
            actions=[special_endpoints.AutoModBlockMessageActionBuilder()],
            enabled=True,
        )
        return of_rule(made)

    async def edit_rule(self, how: How) -> Any:
        rule = int(how["rule"])
        return of_rule(await rest.edit_auto_mod_rule(int(how["guild"]), rule, name=how["name"]))

    async def delete_rule(self, how: How) -> Any:
        await rest.delete_auto_mod_rule(int(how["guild"]), int(how["rule"]))

    async def events(self, how: How) -> Any:
        return ids(await rest.fetch_scheduled_events(int(how["guild"])))

    async def event(self, how: How) -> Any:
        return of_event(await rest.fetch_scheduled_event(*_planned(how)))

    async def create_event(self, how: How) -> Any:
        made = await rest.create_external_event(
            int(how["guild"]),
            how["name"],
            how["location"],
            datetime.fromisoformat(how["starts"]),
            datetime.fromisoformat(how["ends"]),
        )
        return of_event(made)

    async def edit_event(self, how: How) -> Any:
        return of_event(await rest.edit_scheduled_event(*_planned(how), name=how["name"]))

    async def delete_event(self, how: How) -> Any:
        await rest.delete_scheduled_event(*_planned(how))

    async def event_users(self, how: How) -> Any:
        found = rest.fetch_scheduled_event_users(*_planned(how))
        return [str(each.user.id) async for each in found]

    async def emojis(self, how: How) -> Any:
        return ids(await rest.fetch_guild_emojis(int(how["guild"])))

    async def emoji(self, how: How) -> Any:
        return of_named(await rest.fetch_emoji(*_drawn(how)))

    async def create_emoji(self, how: How) -> Any:
        image = hikari.Bytes(base64.b64decode(how["image"]), "emoji.png")
        return of_named(await rest.create_emoji(int(how["guild"]), how["name"], image))

    async def edit_emoji(self, how: How) -> Any:
        return of_named(await rest.edit_emoji(*_drawn(how), name=how["name"]))

    async def delete_emoji(self, how: How) -> Any:
        await rest.delete_emoji(*_drawn(how))

    async def poll(self, how: How) -> Any:
        poll = special_endpoints.PollBuilder(question_text=how["question"], allow_multiselect=False)
        for answer in how["answers"]:
            poll.add_answer(text=answer)
        return {"id": str((await rest.create_message(int(how["channel"]), poll=poll)).id)}

    async def voters(self, how: How) -> Any:
        return ids(await rest.fetch_poll_voters(*_where(how), how["answer"]))

    async def end_poll(self, how: How) -> Any:
        await rest.end_poll(*_where(how))

    async def create_webhook(self, how: How) -> Any:
        made = await rest.create_webhook(int(how["channel"]), how["name"])
        return {**of_named(made), "channel": str(made.channel_id), "token": made.token}

    async def channel_webhooks(self, how: How) -> Any:
        return ids(await rest.fetch_channel_webhooks(int(how["channel"])))

    async def guild_webhooks(self, how: How) -> Any:
        return ids(await rest.fetch_guild_webhooks(int(how["guild"])))

    async def webhook(self, how: How) -> Any:
        return of_named(await rest.fetch_webhook(int(how["webhook"])))

    async def webhook_by_token(self, how: How) -> Any:
        return of_named(await rest.fetch_webhook(int(how["webhook"]), token=how["token"]))

    async def edit_webhook(self, how: How) -> Any:
        return of_named(await rest.edit_webhook(int(how["webhook"]), name=how["name"]))

    async def edit_webhook_by_token(self, how: How) -> Any:
        webhook, token = int(how["webhook"]), how["token"]
        return of_named(await rest.edit_webhook(webhook, token=token, name=how["name"]))

    async def delete_webhook_by_token(self, how: How) -> Any:
        await rest.delete_webhook(int(how["webhook"]), token=how["token"])

    async def delete_webhook(self, how: How) -> Any:
        await rest.delete_webhook(int(how["webhook"]))

    async def search(self, how: How) -> Any:
        found = await rest.search_messages(int(how["guild"]), content=how["content"])
        return [message.content for message in found.messages]

    async def direct(self, how: How) -> Any:
        opened = await rest.create_dm_channel(int(how["user"]))
        return of_message(await rest.create_message(opened.id, how["content"]))


def _where(how: How) -> tuple[int, int]:
    return int(how["channel"]), int(how["message"])


def _planned(how: How) -> tuple[int, int]:
    return int(how["guild"]), int(how["event"])


def _drawn(how: How) -> tuple[int, int]:
    return int(how["guild"]), int(how["emoji"])


def _within(how: How) -> tuple[int, int]:
    return int(how["thread"]), int(how["user"])


async def _edited(how: How, **fields: Any) -> hikari.Member:
    return await rest.edit_member(int(how["guild"]), int(how["user"]), **fields)


DEEDS = {name: getattr(Deeds(), name) for name in vars(Deeds) if not name.startswith("_")}


def refusal(error: Exception) -> dict[str, Any] | None:
    if isinstance(error, hikari.ClientHTTPResponseError):
        return {"status": int(error.status), "code": error.code}
    return None


bot.run(check_for_updates=False, enable_signal_handlers=True)
