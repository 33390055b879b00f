// A bot on discord.js, unmodified: only the address is set.
//
// `node discordjs.mjs URL TOKEN`
import { Client, DiscordAPIError, Events, GatewayIntentBits as Intent, Partials } from "discord.js";

import { obey, sorted, tell, token, url } from "./lines.mjs";

const client = new Client({
  intents: [
    Intent.Guilds,
    Intent.GuildMembers,
    Intent.GuildModeration,
    Intent.AutoModerationConfiguration,
    Intent.GuildExpressions,
    Intent.GuildWebhooks,
    Intent.GuildInvites,
    Intent.GuildScheduledEvents,
    Intent.GuildMessages,
    Intent.GuildMessageReactions,
    Intent.GuildMessagePolls,
    Intent.MessageContent,
  ],
  partials: [Partials.Message, Partials.Reaction, Partials.User, Partials.GuildMember],
  rest: { api: `${url}/api`, version: "10", retries: 0 },
});

// What is told of a thing, the same for every library.

const ofRole = (role) => ({
  id: role.id,
  name: role.name,
  color: role.colors.primaryColor,
  permissions: String(role.permissions.bitfield),
  hoist: role.hoist,
  mentionable: role.mentionable,
  position: role.rawPosition,
});
const ofChannel = (channel) => ({
  id: channel.id,
  name: channel.name,
  topic: channel.topic ?? null,
  parent: channel.parentId ?? null,
  overwrites: Object.fromEntries(
    channel.permissionOverwrites.cache.map((each) => [
      each.id,
      [String(each.allow.bitfield), String(each.deny.bitfield)],
    ]),
  ),
});
const ofThread = (thread) => ({
  id: thread.id,
  name: thread.name,
  parent: thread.parentId,
  archived: thread.archived,
  locked: thread.locked,
});
const ofMember = (member) => ({
  id: member.id,
  nick: member.nickname,
  roles: sorted(member.roles.cache.keys()).filter((id) => id !== member.guild.id),
  silenced: member.isCommunicationDisabled(),
});
const ofMessage = (message) => ({
  id: message.id,
  content: message.content,
  edited: message.editedTimestamp !== null,
  pinned: message.pinned,
});
const fileOf = (how) => ({ attachment: Buffer.from(how.text), name: how.name });
const withFiles = async (message) => ({
  ...ofMessage(message),
  files: await Promise.all(
    message.attachments.map(async (each) => ({
      name: each.name,
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
const ofWebhook = (webhook) => ({ id: webhook.id, name: webhook.name });
const ofGuild = (guild) => ({ id: guild.id, name: guild.name });

// What it sees.

client.once(Events.ClientReady, () => {
  const guilds = [...client.guilds.cache.values()];
  tell("ready", {
    user: client.user.id,
    guilds: Object.fromEntries(
      guilds.map((guild) => [guild.name, sorted(guild.channels.cache.map((each) => each.name))]),
    ),
    members: guilds.reduce((sum, guild) => sum + guild.memberCount, 0),
  });
});
client.on(Events.ShardResume, () => tell("resumed"));
client.on(Events.GuildCreate, (guild) => tell("guild_join", { name: guild.name }));
client.on(Events.GuildUpdate, (_, guild) => tell("guild_update", ofGuild(guild)));
client.on(Events.MessageCreate, async (message) => {
  tell("message", { ...ofMessage(message), author: message.author.username });
  if (message.content !== "!ping") return;
  const answer = await message.channel.send("pong!");
  tell("answered", { id: answer.id, by_me: answer.author.id === client.user.id });
  const found = await message.channel.messages.fetch({ limit: 2, cache: false });
  tell("history", { contents: found.map((each) => each.content) });
});
client.on(Events.GuildRoleCreate, (role) => tell("role_create", ofRole(role)));
client.on(Events.GuildRoleUpdate, (_, role) => tell("role_update", ofRole(role)));
client.on(Events.GuildRoleDelete, (role) => tell("role_delete", { id: role.id }));
client.on(Events.AutoModerationRuleCreate, (rule) => tell("rule_create", ofRule(rule)));
client.on(Events.AutoModerationRuleUpdate, (_, rule) => tell("rule_update", ofRule(rule)));
client.on(Events.AutoModerationRuleDelete, (rule) => tell("rule_delete", { id: rule.id }));
client.on(Events.GuildScheduledEventCreate, (event) => tell("event_create", ofEvent(event)));
client.on(Events.GuildScheduledEventUpdate, (_, event) => tell("event_update", ofEvent(event)));
client.on(Events.GuildScheduledEventDelete, (event) => tell("event_delete", { id: event.id }));
client.on(Events.GuildScheduledEventUserAdd, (event, user) =>
  tell("event_user", { id: event.id, user: user.id }),
);
const tellEmojis = ({ guild }) =>
  tell("emojis", { names: sorted(guild.emojis.cache.map((each) => each.name)) });
client.on(Events.GuildEmojiCreate, tellEmojis);
client.on(Events.GuildEmojiUpdate, (_, emoji) => tellEmojis(emoji));
client.on(Events.GuildEmojiDelete, tellEmojis);
client.on(Events.MessagePollVoteAdd, (answer, user) =>
  tell("vote", { message: answer.poll.messageId, user, answer: answer.id }),
);
client.on(Events.WebhooksUpdate, (channel) => tell("webhooks", { channel: channel.id }));
client.on(Events.ChannelCreate, (channel) => tell("channel_create", ofChannel(channel)));
client.on(Events.ChannelUpdate, (_, channel) => tell("channel_update", ofChannel(channel)));
// A thread that it has deleted itself is told as a channel when the answer overtakes the event.
client.on(Events.ChannelDelete, (channel) =>
  tell(channel.isThread() ? "thread_delete" : "channel_delete", { id: channel.id }),
);
client.on(Events.ChannelPinsUpdate, (channel) => tell("pins", { id: channel.id }));
client.on(Events.ThreadCreate, (thread) => tell("thread_create", ofThread(thread)));
client.on(Events.ThreadUpdate, (_, thread) => tell("thread_update", ofThread(thread)));
client.on(Events.ThreadDelete, (thread) => tell("thread_delete", { id: thread.id }));
client.on(Events.ThreadMembersUpdate, (added, removed, thread) =>
  tell("thread_members", {
    id: thread.id,
    added: sorted(added.keys()),
    removed: sorted(removed.keys()),
  }),
);
client.on(Events.GuildMemberAdd, (member) => tell("member_join", ofMember(member)));
client.on(Events.GuildMemberUpdate, (_, member) => tell("member_update", ofMember(member)));
client.on(Events.GuildMemberRemove, (member) => tell("member_leave", { id: member.id }));
client.on(Events.GuildBanAdd, (ban) => tell("ban", { id: ban.user.id }));
client.on(Events.GuildBanRemove, (ban) => tell("unban", { id: ban.user.id }));
client.on(Events.InviteCreate, (invite) => tell("invite_create", ofInvite(invite)));
client.on(Events.InviteDelete, (invite) => tell("invite_delete", { code: invite.code }));
client.on(Events.MessageUpdate, (_, message) => tell("message_update", ofMessage(message)));
client.on(Events.MessageDelete, (message) => tell("message_delete", { id: message.id }));
client.on(Events.MessageBulkDelete, (messages) =>
  tell("message_bulk", { ids: sorted(messages.keys()) }),
);
const ofReaction = (reaction, user) => ({
  id: reaction.message.id,
  emoji: reaction.emoji.name,
  user: user?.id,
});
client.on(Events.MessageReactionAdd, (...of) => tell("reaction_add", ofReaction(...of)));
client.on(Events.MessageReactionRemove, (...of) => tell("reaction_remove", ofReaction(...of)));
client.on(Events.MessageReactionRemoveEmoji, (of) => tell("reaction_remove_emoji", ofReaction(of)));
client.on(Events.MessageReactionRemoveAll, (of) => tell("reaction_clear", { id: of.id }));
client.on(Events.GuildAuditLogEntryCreate, (entry) =>
  tell("audit", { action: entry.action, target: entry.targetId, reason: entry.reason }),
);

// What it can be asked to do: one call of the library each.

const guild = (how) => client.guilds.cache.get(how.guild);
const channel = (how) => client.channels.cache.get(how.channel);
const thread = (how) => client.channels.fetch(how.thread);
const slept = async (how, options) => [
  ...(await channel(how).threads.fetchArchived(options, false)).threads.keys(),
];
const messages = (how) => channel(how).messages;
const fetched = (how) => messages(how).fetch({ message: how.message, force: true });
const members = (how) => guild(how).members;
const rules = (how) => guild(how).autoModerationRules;
const events = (how) => guild(how).scheduledEvents;
const emojis = (how) => guild(how).emojis;
const reason = ({ reason }) => reason;

obey(
  {
    me: async () => ({ id: (await client.user.fetch(true)).id }),
    application: async () => ({ name: (await client.application.fetch()).name }),
    user: async (how) => ({ id: (await client.users.fetch(how.user, { force: true })).id }),
    guild: async (how) => ofGuild(await client.guilds.fetch({ guild: how.guild, force: true })),
    guilds: async () => [...(await client.guilds.fetch()).keys()],
    edit_user: async (how) => ({ name: (await client.user.setUsername(how.name)).username }),
    edit_guild: async (how) => ofGuild(await guild(how).edit({ name: how.name })),
    leave_guild: (how) => guild(how).leave().then(() => null),
    regions: async () => [...(await client.fetchVoiceRegions()).keys()],

    roles: async (how) => sorted((await guild(how).roles.fetch()).keys()),
    role: async (how) => ofRole(await guild(how).roles.fetch(how.role, { force: true })),
    create_role: async (how) =>
      ofRole(
        await guild(how).roles.create({
          name: how.name,
          colors: { primaryColor: how.color },
          permissions: BigInt(how.permissions),
          hoist: true,
          mentionable: true,
          reason: reason(how),
        }),
      ),
    edit_role: async (how) => ofRole(await guild(how).roles.edit(how.role, { name: how.name })),
    move_role: async (how) =>
      void (await guild(how).roles.setPositions([{ role: how.role, position: how.position }])),
    delete_role: (how) => guild(how).roles.delete(how.role),

    channels: async (how) => sorted((await guild(how).channels.fetch()).keys()),
    channel: async (how) => ofChannel(await client.channels.fetch(how.channel, { force: true })),
    create_channel: async (how) =>
      ofChannel(
        await guild(how).channels.create({ name: how.name, type: how.type, topic: how.topic }),
      ),
    edit_channel: async (how) => ofChannel(await channel(how).edit({ topic: how.topic })),
    move_channel: async (how) =>
      void (await guild(how).channels.setPositions([
        { channel: how.channel, position: 1, parent: how.parent, lockPermissions: false },
      ])),
    set_overwrite: async (how) =>
      void (await channel(how).permissionOverwrites.create(how.role, { ViewChannel: false })),
    delete_overwrite: async (how) =>
      void (await channel(how).permissionOverwrites.delete(how.role)),
    delete_channel: (how) => channel(how).delete().then(() => null),

    thread_at: async (how) =>
      ofThread(await channel(how).threads.create({ name: how.name, startMessage: how.message })),
    thread: async (how) =>
      ofThread(await channel(how).threads.create({ name: how.name, type: how.type })),
    create_forum: async (how) =>
      ofChannel(await guild(how).channels.create({ name: how.name, type: 15 })),
    post: async (how) => {
      const { threads } = client.channels.cache.get(how.forum);
      return ofThread(await threads.create({ name: how.name, message: { content: how.content } }));
    },
    thread_members: async (how) =>
      sorted((await (await thread(how)).members.fetch({ cache: false })).keys()),
    thread_member: async (how) => ({
      id: (await (await thread(how)).members.fetch({ member: how.user, force: true })).id,
    }),
    add_to_thread: async (how) => void (await (await thread(how)).members.add(how.user)),
    remove_from_thread: async (how) => void (await (await thread(how)).members.remove(how.user)),
    join_thread: async (how) => void (await (await thread(how)).join()),
    leave_thread: async (how) => void (await (await thread(how)).leave()),
    active_threads: async (how) => [
      ...(await guild(how).channels.fetchActiveThreads(false)).threads.keys(),
    ],
    archive: async (how) => ofThread(await (await thread(how)).setArchived(true)),
    archived: (how) => slept(how, {}),
    archived_private: (how) => slept(how, { type: "private", fetchAll: true }),
    archived_joined: (how) => slept(how, { type: "private" }),
    delete_thread: async (how) => void (await (await thread(how)).delete()),

    create_invite: async (how) =>
      ofInvite(await guild(how).invites.create(how.channel, { maxAge: 600, maxUses: 3 })),
    invite: async (how) => ({ code: (await client.fetchInvite(how.code)).code }),
    channel_invites: async (how) => [...(await channel(how).fetchInvites({ cache: false })).keys()],
    guild_invites: async (how) => [...(await guild(how).invites.fetch({ cache: false })).keys()],
    delete_invite: (how) => guild(how).invites.delete(how.code),

    members: async (how) => sorted((await members(how).list({ limit: 100, cache: false })).keys()),
    search_members: async (how) => [...(await members(how).search({ query: how.name })).keys()],
    member: async (how) => ofMember(await members(how).fetch({ user: how.user, force: true })),
    edit_self: async (how) => ofMember(await members(how).editMe({ nick: how.nick })),
    edit_member: async (how) => ofMember(await members(how).edit(how.user, { nick: how.nick })),
    silence: async (how) =>
      ofMember(
        await members(how).edit(how.user, {
          communicationDisabledUntil: Date.now() + how.seconds * 1000,
        }),
      ),
    unsilence: async (how) =>
      ofMember(await members(how).edit(how.user, { communicationDisabledUntil: null })),
    give_role: async (how) => void (await members(how).addRole({ user: how.user, role: how.role })),
    take_role: async (how) =>
      void (await members(how).removeRole({ user: how.user, role: how.role })),
    kick: async (how) => void (await members(how).kick(how.user, how.reason)),
    ban: async (how) =>
      void (await guild(how).bans.create(how.user, { deleteMessageSeconds: 60, reason: how.reason })),
    bans: async (how) => [...(await guild(how).bans.fetch({ cache: false })).keys()],
    get_ban: async (how) => ({ id: (await guild(how).bans.fetch(how.user)).user.id }),
    unban: async (how) => void (await guild(how).bans.remove(how.user)),
    bulk_ban: async (how) => [...(await guild(how).bans.bulkCreate([how.user])).bannedUsers],
    prune_count: (how) => members(how).prune({ days: 7, dry: true }),
    prune: (how) => members(how).prune({ days: 7 }),
    audit_log: async (how) =>
      (await guild(how).fetchAuditLogs({ limit: 100 })).entries.map((entry) => entry.action),

    send: async (how) => ofMessage(await channel(how).send(how.content)),
    send_file: async (how) => {
      const sent = await channel(how).send({ content: how.content, files: [fileOf(how)] });
      return withFiles(await messages(how).fetch({ message: sent.id, force: true }));
    },
    edit_file: async (how) =>
      withFiles(await messages(how).edit(how.message, { attachments: [], files: [fileOf(how)] })),
    history: async (how) =>
      (await messages(how).fetch({ limit: how.limit, cache: false })).map((each) => each.content),
    message: async (how) => ofMessage(await fetched(how)),
    edit_message: async (how) => ofMessage(await messages(how).edit(how.message, how.content)),
    delete_message: (how) => messages(how).delete(how.message),
    bulk_delete: async (how) => void (await channel(how).bulkDelete(how.messages)),
    typing: (how) => channel(how).sendTyping().then(() => null),
    pin: (how) => messages(how).pin(how.message),
    pins: async (how) => (await messages(how).fetchPins()).items.map((each) => each.message.id),
    unpin: (how) => messages(how).unpin(how.message),
    react: (how) => messages(how).react(how.message, how.emoji),
    reactions: async (how) => {
      const reaction = (await fetched(how)).reactions.resolve(how.emoji);
      return [...(await reaction.users.fetch()).keys()];
    },
    unreact: async (how) =>
      void (await (await fetched(how)).reactions.resolve(how.emoji).users.remove()),
    unreact_user: async (how) =>
      void (await (await fetched(how)).reactions.resolve(how.emoji).users.remove(how.user)),
    clear_emoji: async (how) => void (await (await fetched(how)).reactions.resolve(how.emoji).remove()),
    clear_reactions: async (how) => void (await (await fetched(how)).reactions.removeAll()),
    rules: async (how) => sorted((await rules(how).fetch()).keys()),
    rule: async (how) =>
      ofRule(await rules(how).fetch({ autoModerationRule: how.rule, force: true })),
    create_rule: async (how) =>
      ofRule(
        await rules(how).create({
          name: how.name,
          eventType: 1,
          triggerType: 1,
          triggerMetadata: { keywordFilter: how.words },
          actions: [{ type: 1 }],
          enabled: true,
        }),
      ),
    edit_rule: async (how) => ofRule(await rules(how).edit(how.rule, { name: how.name })),
    delete_rule: async (how) => void (await rules(how).delete(how.rule)),
    events: async (how) => sorted((await events(how).fetch({ cache: false })).keys()),
    event: async (how) =>
      ofEvent(await events(how).fetch({ guildScheduledEvent: how.event, force: true })),
    create_event: async (how) =>
      ofEvent(
        await events(how).create({
          name: how.name,
          scheduledStartTime: how.starts,
          scheduledEndTime: how.ends,
          privacyLevel: 2,
          entityType: 3,
          entityMetadata: { location: how.location },
        }),
      ),
    edit_event: async (how) => ofEvent(await events(how).edit(how.event, { name: how.name })),
    delete_event: async (how) => void (await events(how).delete(how.event)),
    event_users: async (how) => [...(await events(how).fetchSubscribers(how.event)).keys()],
    emojis: async (how) => sorted((await emojis(how).fetch(undefined, { cache: false })).keys()),
    emoji: async (how) => ofEmoji(await emojis(how).fetch(how.emoji, { force: true })),
    create_emoji: async (how) =>
      ofEmoji(
        await emojis(how).create({ name: how.name, attachment: Buffer.from(how.image, "base64") }),
      ),
    edit_emoji: async (how) => ofEmoji(await emojis(how).edit(how.emoji, { name: how.name })),
    delete_emoji: async (how) => void (await emojis(how).delete(how.emoji)),
    poll: async (how) => {
      const poll = {
        question: { text: how.question },
        answers: how.answers.map((text) => ({ text })),
        duration: 1,
        allowMultiselect: false,
      };
      return { id: (await channel(how).send({ poll })).id };
    },
    voters: async (how) => {
      const { poll } = await fetched(how);
      return [...(await poll.answers.get(how.answer).voters.fetch()).keys()];
    },
    end_poll: async (how) => void (await messages(how).endPoll(how.message)),
    create_webhook: async (how) => {
      const webhook = await channel(how).createWebhook({ name: how.name });
      return { ...ofWebhook(webhook), channel: webhook.channelId, token: webhook.token };
    },
    channel_webhooks: async (how) => [...(await channel(how).fetchWebhooks()).keys()],
    guild_webhooks: async (how) => [...(await guild(how).fetchWebhooks()).keys()],
    webhook: async (how) => ofWebhook(await client.fetchWebhook(how.webhook)),
    webhook_by_token: async (how) => ofWebhook(await client.fetchWebhook(how.webhook, how.token)),
    // It uses the token whenever it knows one, unless the channel is named.
    edit_webhook: async (how) => {
      const webhook = await client.fetchWebhook(how.webhook);
      return ofWebhook(await webhook.edit({ name: how.name, channel: webhook.channelId }));
    },
    edit_webhook_by_token: async (how) => {
      const webhook = await client.fetchWebhook(how.webhook, how.token);
      return ofWebhook(await webhook.edit({ name: how.name }));
    },
    delete_webhook: (how) => client.deleteWebhook(how.webhook),
    delete_webhook_by_token: (how) => client.deleteWebhook(how.webhook, { token: how.token }),
    direct: async (how) => {
      const opened = await client.users.createDM(how.user);
      return ofMessage(await opened.send(how.content));
    },
  },
  (error) =>
    error instanceof DiscordAPIError ? { status: error.status, code: error.code } : null,
);

await client.login(token);
