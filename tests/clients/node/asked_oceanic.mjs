// A bot on oceanic.js, unmodified, that people ask for something.
//
// `node asked_oceanic.mjs URL TOKEN`
import { Client, DiscordRESTError, InteractionTypes } from "oceanic.js";

import { COMMANDS, EPHEMERAL, LOADING, form, panel } from "./asked.mjs";
import { obey, sorted, tell, token, url } from "./lines.mjs";

const client = new Client({
  auth: `Bot ${token}`,
  rest: { baseURL: `${url}/api/v10` },
  gateway: { intents: ["GUILDS", "GUILD_MESSAGES"] },
});
const PANEL = panel("customID");
const FORM = form("customID", "maxLength");

const called = {
  async echo(it) {
    const who = it.data.options.getMember("who");
    const content = `${it.data.options.getString("text")}${who ? ` ${who.user.username}` : ""}`;
    await it.createMessage({ content });
  },
  async later(it) {
    await it.defer();
    const waits = await it.getOriginal();
    await it.editOriginal({ content: waits.flags & LOADING ? "at last" : "?" });
    await it.createFollowup({ content: "and more" });
  },
  async whisper(it) {
    await it.createMessage({ content: "psst", flags: EPHEMERAL });
    await it.editOriginal({ content: "psst!" });
    await it.deleteOriginal();
  },
  panel: (it) => it.createMessage({ content: "panel", components: PANEL }),
  ask: (it) => it.createModal(FORM),
  finish: (it) => it.createMessage({ content: it.data.options.getString("word") }),
};

client.once("ready", () => tell("ready"));
client.on("error", (error) => console.error(error));
client.on("interactionCreate", async (it) => {
  if (it.type === InteractionTypes.APPLICATION_COMMAND_AUTOCOMPLETE) {
    const done = `${it.data.options.getFocused().value}-done`;
    await it.result([{ name: done, value: done }]);
  } else if (it.type === InteractionTypes.APPLICATION_COMMAND) await called[it.data.name](it);
  else if (it.type === InteractionTypes.MODAL_SUBMIT) {
    await it.createMessage({ content: `hello ${it.data.components.getTextInput("name")}` });
  } else if (it.data.customID === "go") await it.editParent({ content: "went" });
  else await it.createMessage({ content: `picked ${it.data.values.raw[0]}`, flags: EPHEMERAL });
});

const deeds = {
  async offer({ guild }) {
    const rest = client.rest.applications;
    const id = client.user.id;
    await rest.bulkEditGuildCommands(id, guild, COMMANDS);
    return sorted((await rest.getGuildCommands(id, guild)).map((each) => each.name));
  },
  async post({ webhook, token: secret }) {
    const rest = client.rest.webhooks;
    const sent = await rest.execute(webhook, secret, {
      content: "posted",
      username: "Clerk",
      wait: true,
    });
    await rest.editMessage(webhook, secret, sent.id, { content: "edited" });
    const found = await rest.getMessage(webhook, secret, sent.id);
    await rest.deleteMessage(webhook, secret, sent.id);
    return { author: sent.author.username, content: found.content };
  },
};

obey(deeds, (error) =>
  error instanceof DiscordRESTError ? { status: error.status, code: error.code } : null,
);
client.connect();
