// A bot on discord.js, unmodified, that people ask for something.
//
// `node asked_discordjs.mjs URL TOKEN`
import { Client, DiscordAPIError, Events, GatewayIntentBits as Intent, WebhookClient } from "discord.js";

import { obey, sorted, tell, token, url } from "./lines.mjs";

const rest = { api: `${url}/api`, version: "10", retries: 0 };
const client = new Client({ intents: [Intent.Guilds, Intent.GuildMessages], rest });
const EPHEMERAL = 64;
const text = (name, more = {}) => ({ type: 3, name, description: "What", ...more });
const COMMANDS = {
  echo: [text("text", { required: true }), { type: 6, name: "who", description: "Whom" }],
  later: [],
  whisper: [],
  panel: [],
  ask: [],
  finish: [text("word", { required: true, autocomplete: true })],
};
const PANEL = [
  { type: 1, components: [{ type: 2, style: 1, label: "Go", custom_id: "go" }] },
  {
    type: 1,
    components: [
      {
        type: 3,
        custom_id: "pick",
        options: [
          { label: "A", value: "a" },
          { label: "B", value: "B" },
        ],
      },
    ],
  },
];
const INPUT = { type: 4, custom_id: "name", label: "Name", style: 1, max_length: 20 };
const FORM = { custom_id: "form", title: "Say", components: [{ type: 1, components: [INPUT] }] };

const called = {
  async echo(it) {
    const who = it.options.getMember("who");
    await it.reply(`${it.options.getString("text")}${who ? ` ${who.user.username}` : ""}`);
  },
  async later(it) {
    await it.deferReply();
    await it.editReply("at last");
    await it.followUp("and more");
  },
  async whisper(it) {
    await it.reply({ content: "psst", flags: EPHEMERAL });
    await it.editReply("psst!");
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
    await commands.set(
      Object.entries(COMMANDS).map(([name, options]) => ({ name, description: "Does", options })),
    );
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
