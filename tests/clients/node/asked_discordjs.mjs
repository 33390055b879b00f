// A bot on discord.js, unmodified, that people ask for something.
//
// `node asked_discordjs.mjs URL TOKEN`
import { Client, DiscordAPIError, Events, GatewayIntentBits as Intent, WebhookClient } from "discord.js";

import { COMMANDS, EPHEMERAL, LOADING, form, panel } from "./asked.mjs";
import { obey, sorted, tell, token, url } from "./lines.mjs";

const rest = { api: `${url}/api`, version: "10", retries: 0 };
const client = new Client({ intents: [Intent.Guilds, Intent.GuildMessages], rest });
const PANEL = panel("custom_id");
const FORM = form("custom_id", "max_length");

const called = {
  async echo(it) {
    const who = it.options.getMember("who");
    await it.reply(`${it.options.getString("text")}${who ? ` ${who.user.username}` : ""}`);
  },
  async later(it) {
    await it.deferReply();
    const waits = await it.fetchReply();
    await it.editReply(waits.flags.bitfield & LOADING ? "at last" : "?");
    await it.followUp("and more");
  },
  async whisper(it) {
    await it.reply({ content: "psst", flags: EPHEMERAL });
    await it.editReply("psst!");
    await it.deleteReply();
  },
  panel: (it) => it.reply({ content: "panel", components: PANEL }),
  ask: (it) => it.showModal(FORM),
  finish: (it) => it.reply(it.options.getString("word")),
};

client.once(Events.ClientReady, () => tell("ready"));
client.on(Events.InteractionCreate, async (it) => {
  if (it.isAutocomplete()) {
    const done = `${it.options.getFocused()}-done`;
    await it.respond([{ name: done, value: done }]);
  } else if (it.isChatInputCommand()) await called[it.commandName](it);
  else if (it.isModalSubmit()) await it.reply(`hello ${it.fields.getTextInputValue("name")}`);
  else if (it.isButton()) await it.update("went");
  else await it.reply({ content: `picked ${it.values[0]}`, flags: EPHEMERAL });
});

const deeds = {
  async offer({ guild }) {
    const commands = (await client.guilds.fetch(guild)).commands;
    await commands.set(COMMANDS);
    return sorted((await commands.fetch()).map((each) => each.name));
  },
  async post({ webhook, token: secret }) {
    const hook = new WebhookClient({ id: webhook, token: secret }, { rest });
    const sent = await hook.send({ content: "posted", username: "Clerk" });
    await hook.editMessage(sent.id, "edited");
    const found = await hook.fetchMessage(sent.id);
    await hook.deleteMessage(sent.id);
    return { author: sent.author.username, content: found.content };
  },
};

obey(deeds, (error) =>
  error instanceof DiscordAPIError ? { status: error.status, code: error.code } : null,
);
client.login(token);
