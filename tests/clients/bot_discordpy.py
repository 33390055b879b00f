"""A bot on discord.py, unmodified: only the address is set.

`python bot_discordpy.py URL TOKEN`
"""

from __future__ import annotations

import asyncio
import sys
from base64 import b64decode
from datetime import datetime, timedelta
from io import BytesIO
from typing import Any

import discord
import yarl
from bot_lines import How, obey, tell

url, token = sys.argv[1:]
discord.http.Route.BASE = f"{url}/api/v10"
discord.gateway.DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(url.replace("http", "ws", 1) + "/")

intents = discord.Intents.default()
intents.message_content = True
intents.members = True


# What is told of a thing, the same for every library.


def of_role(role: discord.Role) -> dict[str, Any]:
    return {
        "id": str(role.id),
        "name": role.name,
        "color": role.color.value,
        "permissions": str(role.permissions.value),
        "hoist": role.hoist,
        "mentionable": role.mentionable,
        "position": role.position,
    }


def of_channel(channel: Any) -> dict[str, Any]:
    return {
        "id": str(channel.id),
        "name": channel.name,
        "topic": getattr(channel, "topic", None),
        "parent": str(channel.category_id) if channel.category_id else None,
        "overwrites": {
            str(target.id): [str(part.value) for part in overwrite.pair()]
            for target, overwrite in channel.overwrites.items()
        },
    }


def of_thread(thread: discord.Thread) -> dict[str, Any]:
    return {
        "id": str(thread.id),
        "name": thread.name,
        "parent": str(thread.parent_id),
        "archived": thread.archived,
        "locked": thread.locked,
    }


def of_member(member: discord.Member) -> dict[str, Any]:
    return {
        "id": str(member.id),
        "nick": member.nick,
        "roles": sorted(str(role.id) for role in member.roles if not role.is_default()),
        "silenced": member.is_timed_out(),
    }


def of_message(message: discord.Message) -> dict[str, Any]:
    return {
        "id": str(message.id),
        "content": message.content,
        "edited": message.edited_at is not None,
        "pinned": message.pinned,
    }


def of_invite(invite: discord.Invite) -> dict[str, Any]:
    return {"code": invite.code, "uses": invite.max_uses, "age": invite.max_age}


def of_guild(guild: discord.Guild) -> dict[str, Any]:
    return {"id": str(guild.id), "name": guild.name}


def of_rule(rule: discord.AutoModRule) -> dict[str, Any]:
    words = rule.trigger.keyword_filter
    return {"id": str(rule.id), "name": rule.name, "words": words, "enabled": rule.enabled}


def of_event(event: discord.ScheduledEvent) -> dict[str, Any]:
    return {"id": str(event.id), "name": event.name, "location": event.location}


def of_emoji(emoji: discord.Emoji) -> dict[str, Any]:
    return {"id": str(emoji.id), "name": emoji.name}


def of_webhook(webhook: discord.Webhook) -> dict[str, Any]:
    return {"id": str(webhook.id), "name": webhook.name}


def ids(things: Any) -> list[str]:
    return sorted(str(each.id) for each in things)


class Bot(discord.Client):
    """What it sees."""

    async def setup_hook(self) -> None:
        self.obeying = asyncio.ensure_future(obey(DEEDS, refusal))

    async def on_ready(self) -> None:
        assert self.user is not None
        tell(
            "ready",
            user=str(self.user.id),
            guilds={
                guild.name: sorted(channel.name for channel in guild.channels)
                for guild in self.guilds
            },
            members=sum(guild.member_count or 0 for guild in self.guilds),
        )

    async def on_resumed(self) -> None:
        tell("resumed")

    async def on_guild_join(self, guild: discord.Guild) -> None:
        tell("guild_join", name=guild.name)

    async def on_guild_update(self, _: discord.Guild, guild: discord.Guild) -> None:
        tell("guild_update", **of_guild(guild))

    async def on_message(self, message: discord.Message) -> None:
        tell("message", **of_message(message), author=message.author.name)
        if message.content == "!ping":
            answer = await message.channel.send("pong!")
            tell("answered", id=str(answer.id), by_me=answer.author == self.user)
            history = [text.content async for text in message.channel.history(limit=2)]
            tell("history", contents=history)

    async def on_guild_role_create(self, role: discord.Role) -> None:
        tell("role_create", **of_role(role))

    async def on_guild_role_update(self, _: discord.Role, role: discord.Role) -> None:
        tell("role_update", **of_role(role))

    async def on_guild_role_delete(self, role: discord.Role) -> None:
        tell("role_delete", id=str(role.id))

    async def on_guild_channel_create(self, channel: Any) -> None:
        tell("channel_create", **of_channel(channel))

    async def on_guild_channel_update(self, _: Any, channel: Any) -> None:
        tell("channel_update", **of_channel(channel))

    async def on_guild_channel_delete(self, channel: Any) -> None:
        tell("channel_delete", id=str(channel.id))

    async def on_guild_channel_pins_update(self, channel: Any, _: Any) -> None:
        tell("pins", id=str(channel.id))

    async def on_member_join(self, member: discord.Member) -> None:
        tell("member_join", **of_member(member))

    async def on_member_update(self, _: discord.Member, member: discord.Member) -> None:
        tell("member_update", **of_member(member))

    async def on_raw_member_remove(self, event: discord.RawMemberRemoveEvent) -> None:
        tell("member_leave", id=str(event.user.id))

    async def on_member_ban(self, _: discord.Guild, user: Any) -> None:
        tell("ban", id=str(user.id))

    async def on_member_unban(self, _: discord.Guild, user: discord.User) -> None:
        tell("unban", id=str(user.id))

    async def on_invite_create(self, invite: discord.Invite) -> None:
        tell("invite_create", **of_invite(invite))

    async def on_invite_delete(self, invite: discord.Invite) -> None:
        tell("invite_delete", code=invite.code)

    async def on_message_edit(self, _: discord.Message, message: discord.Message) -> None:
        tell("message_update", **of_message(message))

    async def on_raw_message_delete(self, event: discord.RawMessageDeleteEvent) -> None:
        tell("message_delete", id=str(event.message_id))

    async def on_raw_bulk_message_delete(self, event: discord.RawBulkMessageDeleteEvent) -> None:
        tell("message_bulk", ids=sorted(map(str, event.message_ids)))

    async def on_raw_reaction_add(self, event: discord.RawReactionActionEvent) -> None:
        tell("reaction_add", **_reacted(event))

    async def on_raw_reaction_remove(self, event: discord.RawReactionActionEvent) -> None:
        tell("reaction_remove", **_reacted(event))

    async def on_raw_reaction_clear_emoji(self, event: discord.RawReactionClearEmojiEvent) -> None:
        tell("reaction_remove_emoji", id=str(event.message_id), emoji=event.emoji.name)

    async def on_raw_reaction_clear(self, event: discord.RawReactionClearEvent) -> None:
        tell("reaction_clear", id=str(event.message_id))

    async def on_thread_create(self, thread: discord.Thread) -> None:
        tell("thread_create", **of_thread(thread))

    async def on_thread_update(self, _: discord.Thread, thread: discord.Thread) -> None:
        tell("thread_update", **of_thread(thread))

    async def on_raw_thread_delete(self, event: discord.RawThreadDeleteEvent) -> None:
        tell("thread_delete", id=str(event.thread_id))

    async def on_thread_member_join(self, member: discord.ThreadMember) -> None:
        tell("thread_members", id=str(member.thread_id), added=[str(member.id)])

    async def on_raw_thread_member_remove(self, event: discord.RawThreadMembersUpdate) -> None:
        removed = event.data["removed_member_ids"]
        tell("thread_members", id=str(event.thread_id), removed=removed)

    async def on_automod_rule_create(self, rule: discord.AutoModRule) -> None:
        tell("rule_create", **of_rule(rule))

    async def on_automod_rule_update(self, rule: discord.AutoModRule) -> None:
        tell("rule_update", **of_rule(rule))

    async def on_automod_rule_delete(self, rule: discord.AutoModRule) -> None:
        tell("rule_delete", id=str(rule.id))

    async def on_scheduled_event_create(self, event: discord.ScheduledEvent) -> None:
        tell("event_create", **of_event(event))

    async def on_scheduled_event_update(
        self, _: discord.ScheduledEvent, event: discord.ScheduledEvent
    ) -> None:
        tell("event_update", **of_event(event))

    async def on_scheduled_event_delete(self, event: discord.ScheduledEvent) -> None:
        tell("event_delete", id=str(event.id))

    async def on_scheduled_event_user_add(
        self, event: discord.ScheduledEvent, user: discord.User
    ) -> None:
        tell("event_user", id=str(event.id), user=str(user.id))

    async def on_guild_emojis_update(self, _: discord.Guild, __: Any, emojis: Any) -> None:
        tell("emojis", names=sorted(emoji.name for emoji in emojis))

    async def on_raw_poll_vote_add(self, event: discord.RawPollVoteActionEvent) -> None:
        user = str(event.user_id)
        tell("vote", message=str(event.message_id), user=user, answer=event.answer_id)

    async def on_webhooks_update(self, channel: Any) -> None:
        tell("webhooks", channel=str(channel.id))

    async def on_audit_log_entry_create(self, entry: discord.AuditLogEntry) -> None:
        target = str(entry.target.id) if hasattr(entry.target, "id") else None
        tell("audit", action=entry.action.value, target=target, reason=entry.reason)


def _reacted(event: discord.RawReactionActionEvent) -> dict[str, Any]:
    return {
        "id": str(event.message_id),
        "emoji": event.emoji.name,
        "user": str(event.user_id),
    }


def _file(how: How) -> discord.File:
    return discord.File(BytesIO(how["text"].encode()), filename=how["name"])


async def _with_files(message: discord.Message) -> dict[str, Any]:
    files = [
        {"name": each.filename, "text": (await each.read()).decode()}
        for each in message.attachments
    ]
    return {**of_message(message), "files": files}


bot = Bot(intents=intents)


class Deeds:
    """What it can be asked to do: one call of the library each."""

    async def me(self, how: How) -> Any:
        assert bot.user is not None
        return {"id": str((await bot.fetch_user(bot.user.id)).id)}

    async def application(self, how: How) -> Any:
        return {"name": (await bot.application_info()).name}

    async def user(self, how: How) -> Any:
        return {"id": str((await bot.fetch_user(int(how["user"]))).id)}

    async def guild(self, how: How) -> Any:
        return of_guild(await bot.fetch_guild(int(how["guild"])))

    async def guilds(self, how: How) -> Any:
        return [str(each.id) async for each in bot.fetch_guilds()]

    async def edit_user(self, how: How) -> Any:
        assert bot.user is not None
        return {"name": (await bot.user.edit(username=how["name"])).name}

    async def edit_guild(self, how: How) -> Any:
        return of_guild(await _guild(how).edit(name=how["name"]))

    async def leave_guild(self, how: How) -> Any:
        await _guild(how).leave()

    async def roles(self, how: How) -> Any:
        return ids(await _guild(how).fetch_roles())

    async def role(self, how: How) -> Any:
        return of_role(await _guild(how).fetch_role(int(how["role"])))

    async def create_role(self, how: How) -> Any:
        permissions = discord.Permissions(int(how["permissions"]))
        made = await _guild(how).create_role(
            name=how["name"],
            color=how["color"],
            permissions=permissions,
            hoist=True,
            mentionable=True,
            reason=how.get("reason"),
        )
        return of_role(made)

    async def edit_role(self, how: How) -> Any:
        made = await _role(how).edit(name=how["name"])
        assert made is not None
        return of_role(made)

    async def move_role(self, how: How) -> Any:
        await _guild(how).edit_role_positions({_role(how): how["position"]})

    async def delete_role(self, how: How) -> Any:
        await _role(how).delete()

    async def channels(self, how: How) -> Any:
        return ids(await _guild(how).fetch_channels())

    async def channel(self, how: How) -> Any:
        return of_channel(await bot.fetch_channel(int(how["channel"])))

    async def create_channel(self, how: How) -> Any:
        guild = _guild(how)
        if how["type"] == 4:
            return of_channel(await guild.create_category(how["name"]))
        return of_channel(await guild.create_text_channel(how["name"], topic=how["topic"]))

    async def edit_channel(self, how: How) -> Any:
        return of_channel(await _channel(how).edit(topic=how["topic"]))

    async def move_channel(self, how: How) -> Any:
        parent = discord.Object(int(how["parent"]))
        await _channel(how).move(beginning=True, category=parent, sync_permissions=False)

    async def set_overwrite(self, how: How) -> Any:
        await _channel(how).set_permissions(_role(how), view_channel=False)

    async def delete_overwrite(self, how: How) -> Any:
        await _channel(how).set_permissions(_role(how), overwrite=None)

    async def delete_channel(self, how: How) -> Any:
        await _channel(how).delete()

    async def thread_at(self, how: How) -> Any:
        return of_thread(await _message(how).create_thread(name=how["name"]))

    async def thread(self, how: How) -> Any:
        kind = discord.ChannelType(how["type"])
        return of_thread(await _channel(how).create_thread(name=how["name"], type=kind))

    async def create_forum(self, how: How) -> Any:
        return of_channel(await _guild(how).create_forum(how["name"]))

    async def post(self, how: How) -> Any:
        forum: Any = bot.get_channel(int(how["forum"]))
        made = await forum.create_thread(name=how["name"], content=how["content"])
        return of_thread(made.thread)

    async def thread_members(self, how: How) -> Any:
        return ids(await (await _thread(how)).fetch_members())

    async def thread_member(self, how: How) -> Any:
        return {"id": str((await (await _thread(how)).fetch_member(int(how["user"]))).id)}

    async def add_to_thread(self, how: How) -> Any:
        await (await _thread(how)).add_user(_thing(how["user"]))

    async def remove_from_thread(self, how: How) -> Any:
        await (await _thread(how)).remove_user(_thing(how["user"]))

    async def join_thread(self, how: How) -> Any:
        await (await _thread(how)).join()

    async def leave_thread(self, how: How) -> Any:
        await (await _thread(how)).leave()

    async def active_threads(self, how: How) -> Any:
        return ids(await _guild(how).active_threads())

    async def archive(self, how: How) -> Any:
        return of_thread(await (await _thread(how)).edit(archived=True))

    async def archived(self, how: How) -> Any:
        return ids([each async for each in _channel(how).archived_threads()])

    async def archived_private(self, how: How) -> Any:
        return ids([each async for each in _channel(how).archived_threads(private=True)])

    async def archived_joined(self, how: How) -> Any:
        found = _channel(how).archived_threads(private=True, joined=True)
        return ids([each async for each in found])

    async def delete_thread(self, how: How) -> Any:
        await (await _thread(how)).delete()

    async def create_invite(self, how: How) -> Any:
        return of_invite(await _channel(how).create_invite(max_age=600, max_uses=3))

    async def invite(self, how: How) -> Any:
        return {"code": (await bot.fetch_invite(how["code"])).code}

    async def channel_invites(self, how: How) -> Any:
        return [each.code for each in await _channel(how).invites()]

    async def guild_invites(self, how: How) -> Any:
        return [each.code for each in await _guild(how).invites()]

    async def delete_invite(self, how: How) -> Any:
        await bot.delete_invite(how["code"])

    async def members(self, how: How) -> Any:
        return sorted([str(each.id) async for each in _guild(how).fetch_members(limit=100)])

    async def search_members(self, how: How) -> Any:
        return ids(await _guild(how).query_members(how["name"], cache=False))

    async def member(self, how: How) -> Any:
        return of_member(await _guild(how).fetch_member(int(how["user"])))

    async def edit_self(self, how: How) -> Any:
        return of_member(await _guild(how).me.edit(nick=how["nick"]) or _guild(how).me)

    async def edit_member(self, how: How) -> Any:
        return of_member(await (await _member(how)).edit(nick=how["nick"]))  # type: ignore[arg-type]

    async def silence(self, how: How) -> Any:
        await (await _member(how)).timeout(timedelta(seconds=how["seconds"]))

    async def unsilence(self, how: How) -> Any:
        await (await _member(how)).timeout(None)

    async def give_role(self, how: How) -> Any:
        await (await _member(how)).add_roles(_thing(how["role"]))

    async def take_role(self, how: How) -> Any:
        await (await _member(how)).remove_roles(_thing(how["role"]))

    async def kick(self, how: How) -> Any:
        await _guild(how).kick(_thing(how["user"]), reason=how["reason"])

    async def ban(self, how: How) -> Any:
        user = _thing(how["user"])
        await _guild(how).ban(user, delete_message_seconds=60, reason=how["reason"])

    async def bans(self, how: How) -> Any:
        return [str(ban.user.id) async for ban in _guild(how).bans()]

    async def get_ban(self, how: How) -> Any:
        return {"id": str((await _guild(how).fetch_ban(_thing(how["user"]))).user.id)}

    async def unban(self, how: How) -> Any:
        await _guild(how).unban(_thing(how["user"]))

    async def bulk_ban(self, how: How) -> Any:
        return ids((await _guild(how).bulk_ban([_thing(how["user"])])).banned)

    async def prune_count(self, how: How) -> Any:
        return await _guild(how).estimate_pruned_members(days=7)

    async def prune(self, how: How) -> Any:
        return await _guild(how).prune_members(days=7)

    async def audit_log(self, how: How) -> Any:
        return [entry.action.value async for entry in _guild(how).audit_logs(limit=100)]

    async def send(self, how: How) -> Any:
        return of_message(await _channel(how).send(how["content"]))

    async def send_file(self, how: How) -> Any:
        sent = await _channel(how).send(how["content"], file=_file(how))
        return await _with_files(await _channel(how).fetch_message(sent.id))

    async def edit_file(self, how: How) -> Any:
        return await _with_files(await _message(how).edit(attachments=[_file(how)]))

    async def history(self, how: How) -> Any:
        return [each.content async for each in _channel(how).history(limit=how["limit"])]

    async def message(self, how: How) -> Any:
        return of_message(await _channel(how).fetch_message(int(how["message"])))

    async def edit_message(self, how: How) -> Any:
        return of_message(await _message(how).edit(content=how["content"]))

    async def delete_message(self, how: How) -> Any:
        await _message(how).delete()

    async def bulk_delete(self, how: How) -> Any:
        await _channel(how).delete_messages([_thing(each) for each in how["messages"]])

    async def typing(self, how: How) -> Any:
        await _channel(how).typing()

    async def pin(self, how: How) -> Any:
        await _message(how).pin()

    async def pins(self, how: How) -> Any:
        return [str(each.id) async for each in _channel(how).pins()]

    async def unpin(self, how: How) -> Any:
        await _message(how).unpin()

    async def react(self, how: How) -> Any:
        await _message(how).add_reaction(how["emoji"])

    async def reactions(self, how: How) -> Any:
        message = await _channel(how).fetch_message(int(how["message"]))
        found = next(each for each in message.reactions if each.emoji == how["emoji"])
        return sorted([str(user.id) async for user in found.users()])

    async def unreact(self, how: How) -> Any:
        await _message(how).remove_reaction(how["emoji"], _thing(str(bot.user.id)))  # type: ignore[union-attr]

    async def unreact_user(self, how: How) -> Any:
        await _message(how).remove_reaction(how["emoji"], _thing(how["user"]))

    async def clear_emoji(self, how: How) -> Any:
        await _message(how).clear_reaction(how["emoji"])

    async def clear_reactions(self, how: How) -> Any:
        await _message(how).clear_reactions()

    async def rules(self, how: How) -> Any:
        return ids(await _guild(how).fetch_automod_rules())

    async def rule(self, how: How) -> Any:
        return of_rule(await _guild(how).fetch_automod_rule(int(how["rule"])))

    async def create_rule(self, how: How) -> Any:
        made = await _guild(how).create_automod_rule(
            name=how["name"],
            event_type=discord.AutoModRuleEventType.message_send,
            trigger=discord.AutoModTrigger(keyword_filter=how["words"]),
            actions=[discord.AutoModRuleAction()],
            enabled=True,
        )
        return of_rule(made)

    async def edit_rule(self, how: How) -> Any:
        rule = await _guild(how).fetch_automod_rule(int(how["rule"]))
        return of_rule(await rule.edit(name=how["name"]))

    async def delete_rule(self, how: How) -> Any:
        await (await _guild(how).fetch_automod_rule(int(how["rule"]))).delete()

    async def events(self, how: How) -> Any:
        return ids(await _guild(how).fetch_scheduled_events())

    async def event(self, how: How) -> Any:
        return of_event(await _event(how))

    async def create_event(self, how: How) -> Any:
        made = await _guild(how).create_scheduled_event(
            name=how["name"],
            start_time=datetime.fromisoformat(how["starts"]),
            end_time=datetime.fromisoformat(how["ends"]),
            privacy_level=discord.PrivacyLevel.guild_only,
            entity_type=discord.EntityType.external,
            location=how["location"],
        )
        return of_event(made)

    async def edit_event(self, how: How) -> Any:
        return of_event(await (await _event(how)).edit(name=how["name"]))

    async def delete_event(self, how: How) -> Any:
        await (await _event(how)).delete()

    async def event_users(self, how: How) -> Any:
        return [str(user.id) async for user in (await _event(how)).users()]

    async def create_emoji(self, how: How) -> Any:
        image = b64decode(how["image"])
        return of_emoji(await _guild(how).create_custom_emoji(name=how["name"], image=image))

    async def emoji(self, how: How) -> Any:
        return of_emoji(await _emoji(how))

    async def emojis(self, how: How) -> Any:
        return ids(await _guild(how).fetch_emojis())

    async def edit_emoji(self, how: How) -> Any:
        return of_emoji(await (await _emoji(how)).edit(name=how["name"]))

    async def delete_emoji(self, how: How) -> Any:
        await _guild(how).delete_emoji(_thing(how["emoji"]))

    async def poll(self, how: How) -> Any:
        poll = discord.Poll(how["question"], duration=timedelta(hours=1))
        for answer in how["answers"]:
            poll.add_answer(text=answer)
        return {"id": str((await _channel(how).send(poll=poll)).id)}

    async def voters(self, how: How) -> Any:
        message = await _channel(how).fetch_message(int(how["message"]))
        answer = message.poll.get_answer(how["answer"])
        return sorted([str(user.id) async for user in answer.voters()])

    async def end_poll(self, how: How) -> Any:
        await _message(how).end_poll()

    async def create_webhook(self, how: How) -> Any:
        made = await _channel(how).create_webhook(name=how["name"])
        return {**of_webhook(made), "channel": str(made.channel_id), "token": made.token}

    async def channel_webhooks(self, how: How) -> Any:
        return ids(await _channel(how).webhooks())

    async def guild_webhooks(self, how: How) -> Any:
        return ids(await _guild(how).webhooks())

    async def webhook(self, how: How) -> Any:
        return of_webhook(await _webhook(how))

    async def webhook_by_token(self, how: How) -> Any:
        return of_webhook(await _by_token(how).fetch())

    async def edit_webhook(self, how: How) -> Any:
        return of_webhook(await (await _webhook(how)).edit(name=how["name"]))

    async def edit_webhook_by_token(self, how: How) -> Any:
        return of_webhook(await _by_token(how).edit(name=how["name"]))

    async def delete_webhook_by_token(self, how: How) -> Any:
        await _by_token(how).delete()

    async def delete_webhook(self, how: How) -> Any:
        await (await _webhook(how)).delete()

    async def direct(self, how: How) -> Any:
        opened = await bot.create_dm(_thing(how["user"]))
        return of_message(await opened.send(how["content"]))


def _thing(number: str) -> Any:
    return discord.Object(int(number))


def _guild(how: How) -> discord.Guild:
    found = bot.get_guild(int(how["guild"]))
    assert found is not None
    return found


async def _event(how: How) -> discord.ScheduledEvent:
    return await _guild(how).fetch_scheduled_event(int(how["event"]))


async def _emoji(how: How) -> discord.Emoji:
    return await _guild(how).fetch_emoji(int(how["emoji"]))


async def _webhook(how: How) -> discord.Webhook:
    return await bot.fetch_webhook(int(how["webhook"]))


def _by_token(how: How) -> discord.Webhook:
    """Without the bot's own token, so that the webhook's is used."""
    return discord.Webhook.partial(int(how["webhook"]), how["token"], client=bot)


def _role(how: How) -> discord.Role:
    found = _guild(how).get_role(int(how["role"]))
    assert found is not None
    return found


def _channel(how: How) -> Any:
    return bot.get_channel(int(how["channel"]))


async def _thread(how: How) -> discord.Thread:
    number = int(how["thread"])
    found: Any = bot.get_channel(number) or await bot.fetch_channel(number)
    return found  # type: ignore[no-any-return]


def _message(how: How) -> discord.PartialMessage:
    found: discord.PartialMessage = _channel(how).get_partial_message(int(how["message"]))
    return found


async def _member(how: How) -> discord.Member:
    guild = _guild(how)
    return guild.get_member(int(how["user"])) or await guild.fetch_member(int(how["user"]))


DEEDS = {name: getattr(Deeds(), name) for name in vars(Deeds) if not name.startswith("_")}


def refusal(error: Exception) -> dict[str, Any] | None:
    if isinstance(error, discord.HTTPException):
        return {"status": error.status, "code": error.code}
    return None


bot.run(token, log_handler=None)
