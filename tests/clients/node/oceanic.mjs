// A bot on oceanic.js, unmodified: only the address is set.
//
// `node oceanic.mjs URL TOKEN`
import { Client, DiscordRESTError } from "oceanic.js";

import { obey, sorted, tell, token, url } from "./lines.mjs";

const client = new Client({
  auth: `Bot ${token}`,
  rest: { baseURL: `${url}/api/v10` },
  gateway: {
    intents: [
      "GUILDS",
      "GUILD_MEMBERS",
      "GUILD_MODERATION",
      "AUTO_MODERATION_CONFIGURATION",
      "GUILD_EXPRESSIONS",
      "GUILD_WEBHOOKS",
      "GUILD_INVITES",
      "GUILD_SCHEDULED_EVENTS",
      "GUILD_MESSAGES",
      "GUILD_MESSAGE_REACTIONS",
      "GUILD_MESSAGE_POLLS",
      "MESSAGE_CONTENT",
    ],
  },
});

// What is told of a thing, the same for every library.

const ofRole = (role) => ({
  id: role.id,
  name: role.name,
  color: role.colors.primaryColor,
  permissions: String(role.permissions.allow),
  hoist: role.hoist,
  mentionable: role.mentionable,
  position: role.position,
});
const ofChannel = (channel) => ({
  id: channel.id,
  name: channel.name,
  topic: channel.topic ?? null,
  parent: channel.parentID ?? null,
  overwrites: Object.fromEntries(
    [...channel.permissionOverwrites.values()].map((each) => [
      each.id,
      [String(each.allow), String(each.deny)],
    ]),
  ),
});
const ofThread = (thread) => ({
  id: thread.id,
  name: thread.name,
  parent: thread.parentID,
  archived: thread.threadMetadata.archived,
  locked: thread.threadMetadata.locked,
});
const ofMember = (member) => ({
  id: member.id,
  nick: member.nick,
  roles: sorted(member.roles),
  silenced: member.communicationDisabledUntil !== null,
});
const ofMessage = (message) => ({
  id: message.id,
  content: message.content,
  edited: message.editedTimestamp !== null,
  pinned: message.pinned,
});
const fileOf = (how) => ({ contents: Buffer.from(how.text), name: how.name });
const withFiles = async (message) => ({
  ...ofMessage(message),
  files: await Promise.all(
    message.attachments.map(async (each) => ({
      name: each.filename,
      text: await (await fetch(each.url)).text(),
    })),
  ),
});
const ofInvite = (invite) => ({ code: invite.code, uses: invite.maxUses, age: invite.maxAge });
const ofRule = (rule) => ({
  id: rule.id,
  name: rule.name,
  words: rule.triggerMetadata.keywordFilter,
  enabled: rule.enabled,
});
const ofEvent = (event) => ({
  id: event.id,
  name: event.name,
  location: event.entityMetadata?.location ?? null,
});
const ofEmoji = (emoji) => ({ id: emoji.id, name: emoji.name });
const ofWebhook = (webhook) => ({
  id: webhook.id,
  name: webhook.name,
  channel: webhook.channelID,
  token: webhook.token,
});
const ofGuild = (guild) => ({ id: guild.id, name: guild.name });
const ids = (things) => sorted(things.map((each) => each.id));

// What it sees. Its own "ready" comes by the clock when guilds are late, so they are awaited here.

let isReady = false;
const greet = () => {
  if (isReady || !client.ready || client.unavailableGuilds.size > 0) return;
  isReady = true;
  const guilds = [...client.guilds.values()];
  tell("ready", {
    user: client.user.id,
    guilds: Object.fromEntries(
      guilds.map((guild) => [guild.name, sorted([...guild.channels.values()].map((c) => c.name))]),
    ),
    members: guilds.reduce((sum, guild) => sum + guild.memberCount, 0),
  });
};
client.on("shardResume", () => tell("resumed"));
client.on("ready", greet);
client.on("guildAvailable", greet);
client.on("guildCreate", (guild) => {
  greet();
  tell("guild_join", { name: guild.name });
});
client.on("error", (error) => process.stderr.write(`${error?.stack ?? error}\n`));
client.on("guildUpdate", (guild) => tell("guild_update", ofGuild(guild)));
client.on("messageCreate", async (message) => {
  tell("message", { ...ofMessage(message), author: message.author.username });
  if (message.content !== "!ping") return;
  const answer = await client.rest.channels.createMessage(message.channelID, { content: "pong!" });
  tell("answered", { id: answer.id, by_me: answer.author.id === client.user.id });
  const found = await client.rest.channels.getMessages(message.channelID, { limit: 2 });
  tell("history", { contents: found.map((each) => each.content) });
});
client.on("guildRoleCreate", (role) => tell("role_create", ofRole(role)));
client.on("guildRoleUpdate", (role) => tell("role_update", ofRole(role)));
client.on("guildRoleDelete", (role) => tell("role_delete", { id: role.id }));
client.on("autoModerationRuleCreate", (rule) => tell("rule_create", ofRule(rule)));
client.on("autoModerationRuleUpdate", (rule) => tell("rule_update", ofRule(rule)));
client.on("autoModerationRuleDelete", (rule) => tell("rule_delete", { id: rule.id }));
client.on("guildScheduledEventCreate", (event) => tell("event_create", ofEvent(event)));
client.on("guildScheduledEventUpdate", (event) => tell("event_update", ofEvent(event)));
client.on("guildScheduledEventDelete", (event) => tell("event_delete", { id: event.id }));
client.on("guildScheduledEventUserAdd", (event, user) =>
  tell("event_user", { id: event.id, user: user.id }),
);
client.on("guildEmojisUpdate", (_, emojis) =>
  tell("emojis", { names: sorted(emojis.map((each) => each.name)) }),
);
client.on("messagePollVoteAdd", (message, user, answer) =>
  tell("vote", { message: message.id, user: user.id, answer: answer.answerID }),
);
client.on("webhooksUpdate", (_, channel) => tell("webhooks", { channel: channel.id }));
client.on("channelCreate", (channel) => tell("channel_create", ofChannel(channel)));
client.on("channelUpdate", (channel) => tell("channel_update", ofChannel(channel)));
client.on("channelDelete", (channel) => tell("channel_delete", { id: channel.id }));
client.on("channelPinsUpdate", (channel) => tell("pins", { id: channel.id }));
client.on("threadCreate", (thread) => tell("thread_create", ofThread(thread)));
client.on("threadUpdate", (thread) => tell("thread_update", ofThread(thread)));
client.on("threadDelete", (thread) => tell("thread_delete", { id: thread.id }));
client.on("threadMembersUpdate", (thread, added, removed) =>
  tell("thread_members", {
    id: thread.id,
    added: sorted(added.map((each) => each.userID)),
    removed: sorted(removed.map((each) => each.userID)),
  }),
);
client.on("guildMemberAdd", (member) => tell("member_join", ofMember(member)));
client.on("guildMemberUpdate", (member) => tell("member_update", ofMember(member)));
client.on("guildMemberRemove", (member) => tell("member_leave", { id: member.id }));
client.on("guildBanAdd", (_, user) => tell("ban", { id: user.id }));
client.on("guildBanRemove", (_, user) => tell("unban", { id: user.id }));
client.on("inviteCreate", (invite) => tell("invite_create", ofInvite(invite)));
client.on("inviteDelete", (invite) => tell("invite_delete", { code: invite.code }));
client.on("messageUpdate", (message) => tell("message_update", ofMessage(message)));
client.on("messageDelete", (message) => tell("message_delete", { id: message.id }));
client.on("messageDeleteBulk", (messages) => tell("message_bulk", { ids: ids(messages) }));
const ofReaction = (message, user, reaction) => ({
  id: message.id,
  emoji: reaction.emoji.name,
  user: user.id,
});
client.on("messageReactionAdd", (...of) => tell("reaction_add", ofReaction(...of)));
client.on("messageReactionRemove", (...of) => tell("reaction_remove", ofReaction(...of)));
client.on("messageReactionRemoveEmoji", (message, emoji) =>
  tell("reaction_remove_emoji", { id: message.id, emoji: emoji.name }),
);
client.on("messageReactionRemoveAll", (message) => tell("reaction_clear", { id: message.id }));
client.on("guildAuditLogEntryCreate", (_, entry) =>
  tell("audit", { action: entry.actionType, target: entry.targetID, reason: entry.reason ?? null }),
);

// What it can be asked to do: one call of the library each.

const { guilds, channels, users, webhooks } = client.rest;
const nothing = (promise) => promise.then(() => null);

obey(
  {
    me: async () => ({ id: (await client.rest.oauth.getApplication()).id }),
    application: async () => ({ name: (await client.rest.applications.getCurrent()).name }),
    user: async (how) => ({ id: (await users.get(how.user)).id }),
    guild: async (how) => ofGuild(await guilds.get(how.guild)),
    guilds: async () => ids(await client.rest.oauth.getCurrentGuilds({ withCounts: true })),
    edit_user: async (how) => ({ name: (await users.editSelf({ username: how.name })).username }),
    edit_guild: async (how) => ofGuild(await guilds.edit(how.guild, { name: how.name })),
    leave_guild: (how) => nothing(users.leaveGuild(how.guild)),
    regions: async () => ids(await channels.getVoiceRegions()),

    roles: async (how) => ids(await guilds.getRoles(how.guild)),
    role: async (how) => ofRole(await guilds.getRole(how.guild, how.role)),
    create_role: async (how) =>
      ofRole(
        await guilds.createRole(how.guild, {
          name: how.name,
          colors: { primaryColor: how.color },
          permissions: how.permissions,
          hoist: true,
          mentionable: true,
          reason: how.reason,
        }),
      ),
    edit_role: async (how) => ofRole(await guilds.editRole(how.guild, how.role, { name: how.name })),
    move_role: (how) =>
      nothing(guilds.editRolePositions(how.guild, [{ id: how.role, position: how.position }])),
    delete_role: (how) => nothing(guilds.deleteRole(how.guild, how.role)),

    channels: async (how) => ids(await guilds.getChannels(how.guild)),
    channel: async (how) => ofChannel(await channels.get(how.channel)),
    create_channel: async (how) =>
      ofChannel(
        await guilds.createChannel(how.guild, how.type, { name: how.name, topic: how.topic }),
      ),
    edit_channel: async (how) => ofChannel(await channels.edit(how.channel, { topic: how.topic })),
    move_channel: async (how) => {
      // Its bulk call leaves parents out.
      await guilds.editChannelPositions(how.guild, [{ id: how.channel, position: 1 }]);
      return nothing(channels.edit(how.channel, { parentID: how.parent }));
    },
    set_overwrite: (how) =>
      nothing(channels.editPermission(how.channel, how.role, { type: 0, allow: 0n, deny: 1024n })),
    delete_overwrite: (how) => nothing(channels.deletePermission(how.channel, how.role)),
    delete_channel: (how) => nothing(channels.delete(how.channel)),

    thread_at: async (how) =>
      ofThread(
        await channels.startThreadFromMessage(how.channel, how.message, { name: how.name }),
      ),
    thread: async (how) =>
      ofThread(
        await channels.startThreadWithoutMessage(how.channel, { name: how.name, type: how.type }),
      ),
    create_forum: async (how) =>
      ofChannel(await guilds.createChannel(how.guild, 15, { name: how.name })),
    post: async (how) =>
      ofThread(
        await channels.startThreadInThreadOnlyChannel(how.forum, {
          name: how.name,
          message: { content: how.content },
        }),
      ),
    thread_members: async (how) =>
      sorted((await channels.getThreadMembers(how.thread)).map((each) => each.userID)),
    thread_member: async (how) => ({
      id: (await channels.getThreadMember(how.thread, how.user)).userID,
    }),
    add_to_thread: (how) => nothing(channels.addThreadMember(how.thread, how.user)),
    remove_from_thread: (how) => nothing(channels.removeThreadMember(how.thread, how.user)),
    join_thread: (how) => nothing(channels.joinThread(how.thread)),
    leave_thread: (how) => nothing(channels.leaveThread(how.thread)),
    active_threads: async (how) => ids((await guilds.getActiveThreads(how.guild)).threads),
    archive: async (how) => ofThread(await channels.edit(how.thread, { archived: true })),
    archived: async (how) => ids((await channels.getPublicArchivedThreads(how.channel)).threads),
    archived_private: async (how) =>
      ids((await channels.getPrivateArchivedThreads(how.channel)).threads),
    archived_joined: async (how) =>
      ids((await channels.getJoinedPrivateArchivedThreads(how.channel)).threads),
    delete_thread: (how) => nothing(channels.delete(how.thread)),

    create_invite: async (how) =>
      ofInvite(await channels.createInvite(how.channel, { maxAge: 600, maxUses: 3 })),
    invite: async (how) => ({ code: (await channels.getInvite(how.code)).code }),
    channel_invites: async (how) =>
      (await channels.getInvites(how.channel)).map((each) => each.code),
    guild_invites: async (how) => (await guilds.getInvites(how.guild)).map((each) => each.code),
    delete_invite: (how) => nothing(channels.deleteInvite(how.code)),

    members: async (how) => ids(await guilds.getMembers(how.guild, { limit: 100 })),
    search_members: async (how) => ids(await guilds.searchMembers(how.guild, { query: how.name })),
    member: async (how) => ofMember(await guilds.getMember(how.guild, how.user)),
    edit_self: async (how) => ofMember(await guilds.editCurrentMember(how.guild, { nick: how.nick })),
    edit_member: async (how) =>
      ofMember(await guilds.editMember(how.guild, how.user, { nick: how.nick })),
    silence: async (how) =>
      ofMember(
        await guilds.editMember(how.guild, how.user, {
          communicationDisabledUntil: new Date(Date.now() + how.seconds * 1000).toISOString(),
        }),
      ),
    unsilence: async (how) =>
      ofMember(
        await guilds.editMember(how.guild, how.user, { communicationDisabledUntil: null }),
      ),
    give_role: (how) => nothing(guilds.addMemberRole(how.guild, how.user, how.role)),
    take_role: (how) => nothing(guilds.removeMemberRole(how.guild, how.user, how.role)),
    kick: (how) => nothing(guilds.removeMember(how.guild, how.user, how.reason)),
    ban: (how) =>
      nothing(
        guilds.createBan(how.guild, how.user, { deleteMessageSeconds: 60, reason: how.reason }),
      ),
    bans: async (how) => (await guilds.getBans(how.guild)).map((each) => each.user.id),
    get_ban: async (how) => ({ id: (await guilds.getBan(how.guild, how.user)).user.id }),
    unban: (how) => nothing(guilds.removeBan(how.guild, how.user)),
    bulk_ban: async (how) => (await guilds.bulkBan(how.guild, { userIDs: [how.user] })).bannedUsers,
    prune_count: (how) => guilds.getPruneCount(how.guild, { days: 7 }),
    prune: (how) => guilds.beginPrune(how.guild, { days: 7 }),
    audit_log: async (how) =>
      (await guilds.getAuditLog(how.guild, { limit: 100 })).entries.map((each) => each.actionType),

    send: async (how) =>
      ofMessage(await channels.createMessage(how.channel, { content: how.content })),
    send_file: async (how) => {
      const said = { content: how.content, files: [fileOf(how)] };
      const sent = await channels.createMessage(how.channel, said);
      return withFiles(await channels.getMessage(how.channel, sent.id));
    },
    edit_file: async (how) => {
      const said = { attachments: [], files: [fileOf(how)] };
      return withFiles(await channels.editMessage(how.channel, how.message, said));
    },
    history: async (how) =>
      (await channels.getMessages(how.channel, { limit: how.limit })).map((each) => each.content),
    message: async (how) => ofMessage(await channels.getMessage(how.channel, how.message)),
    edit_message: async (how) =>
      ofMessage(await channels.editMessage(how.channel, how.message, { content: how.content })),
    delete_message: (how) => nothing(channels.deleteMessage(how.channel, how.message)),
    bulk_delete: (how) => nothing(channels.deleteMessages(how.channel, how.messages)),
    typing: (how) => nothing(channels.sendTyping(how.channel)),
    pin: (how) => nothing(channels.pinMessage(how.channel, how.message)),
    pins: async (how) => ids((await channels.getPins(how.channel)).map((each) => each.message)),
    old_pins: async (how) => ids(await channels.getPinnedMessages(how.channel)),
    unpin: (how) => nothing(channels.unpinMessage(how.channel, how.message)),
    react: (how) => nothing(channels.createReaction(how.channel, how.message, how.emoji)),
    reactions: async (how) => ids(await channels.getReactions(how.channel, how.message, how.emoji)),
    unreact: (how) => nothing(channels.deleteReaction(how.channel, how.message, how.emoji)),
    unreact_user: (how) =>
      nothing(channels.deleteReaction(how.channel, how.message, how.emoji, how.user)),
    clear_emoji: (how) => nothing(channels.deleteReactions(how.channel, how.message, how.emoji)),
    clear_reactions: (how) => nothing(channels.deleteReactions(how.channel, how.message)),
    rules: async (how) => ids(await guilds.getAutoModerationRules(how.guild)),
    rule: async (how) => ofRule(await guilds.getAutoModerationRule(how.guild, how.rule)),
    create_rule: async (how) =>
      ofRule(
        await guilds.createAutoModerationRule(how.guild, {
          name: how.name,
          eventType: 1,
          triggerType: 1,
          triggerMetadata: { keywordFilter: how.words },
          actions: [{ type: 1, metadata: {} }],
          enabled: true,
        }),
      ),
    edit_rule: async (how) =>
      ofRule(await guilds.editAutoModerationRule(how.guild, how.rule, { name: how.name })),
    delete_rule: (how) => nothing(guilds.deleteAutoModerationRule(how.guild, how.rule)),
    events: async (how) => ids(await guilds.getScheduledEvents(how.guild)),
    event: async (how) => ofEvent(await guilds.getScheduledEvent(how.guild, how.event)),
    create_event: async (how) =>
      ofEvent(
        await guilds.createScheduledEvent(how.guild, {
          name: how.name,
          scheduledStartTime: how.starts,
          scheduledEndTime: how.ends,
          privacyLevel: 2,
          entityType: 3,
          entityMetadata: { location: how.location },
        }),
      ),
    edit_event: async (how) =>
      ofEvent(await guilds.editScheduledEvent(how.guild, how.event, { name: how.name })),
    delete_event: (how) => nothing(guilds.deleteScheduledEvent(how.guild, how.event)),
    event_users: async (how) =>
      (await guilds.getScheduledEventUsers(how.guild, how.event)).map((each) => each.user.id),
    emojis: async (how) => ids(await guilds.getEmojis(how.guild)),
    emoji: async (how) => ofEmoji(await guilds.getEmoji(how.guild, how.emoji)),
    create_emoji: async (how) =>
      ofEmoji(
        await guilds.createEmoji(how.guild, {
          name: how.name,
          image: Buffer.from(how.image, "base64"),
        }),
      ),
    edit_emoji: async (how) =>
      ofEmoji(await guilds.editEmoji(how.guild, how.emoji, { name: how.name })),
    delete_emoji: (how) => nothing(guilds.deleteEmoji(how.guild, how.emoji)),
    poll: async (how) => {
      const poll = {
        question: { text: how.question },
        answers: how.answers.map((text) => ({ pollMedia: { text } })),
        duration: 1,
        allowMultiselect: false,
      };
      return { id: (await channels.createMessage(how.channel, { poll })).id };
    },
    voters: async (how) =>
      ids(await channels.getPollAnswerUsers(how.channel, how.message, how.answer)),
    end_poll: (how) => nothing(channels.expirePoll(how.channel, how.message)),
    create_webhook: async (how) =>
      ofWebhook(await webhooks.create(how.channel, { name: how.name })),
    channel_webhooks: async (how) => ids(await webhooks.getForChannel(how.channel)),
    guild_webhooks: async (how) => ids(await webhooks.getForGuild(how.guild)),
    webhook: async (how) => ofWebhook(await webhooks.get(how.webhook)),
    webhook_by_token: async (how) => ofWebhook(await webhooks.get(how.webhook, how.token)),
    edit_webhook: async (how) => ofWebhook(await webhooks.edit(how.webhook, { name: how.name })),
    edit_webhook_by_token: async (how) =>
      ofWebhook(await webhooks.editToken(how.webhook, how.token, { name: how.name })),
    delete_webhook_by_token: (how) => nothing(webhooks.deleteToken(how.webhook, how.token)),
    delete_webhook: (how) => nothing(webhooks.delete(how.webhook)),
    search: async (how) => {
      const found = await guilds.searchMessages(how.guild, { content: how.content });
      return found.messages.flat().map((each) => each.content);
    },
    direct: async (how) => {
      const opened = await channels.createDM(how.user);
      return ofMessage(await channels.createMessage(opened.id, { content: how.content }));
    },
  },
  (error) =>
    error instanceof DiscordRESTError ? { status: error.status, code: error.code } : null,
);

await client.connect();
