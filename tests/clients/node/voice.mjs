// A bot that plays and listens in voice on discord.js and @discordjs/voice, unmodified: only the
// address is set.
//
// `node voice.mjs URL TOKEN`
import { Readable } from "node:stream";

import {
  StreamType,
  VoiceConnectionStatus,
  createAudioPlayer,
  createAudioResource,
  entersState,
  getVoiceConnection,
  joinVoiceChannel,
} from "@discordjs/voice";
import { Client, Events, GatewayIntentBits as Intent } from "discord.js";

import { obey, tell, token, url } from "./lines.mjs";

const client = new Client({
  intents: [Intent.Guilds, Intent.GuildVoiceStates],
  rest: { api: `${url}/api`, version: "10", retries: 0 },
});
const player = createAudioPlayer();
const heard = new Map();
const states = [];
const codes = [];
let guildId;

function listen(connection, user) {
  if (connection.receiver.subscriptions.has(user)) return;
  const stream = connection.receiver.subscribe(user);
  stream.on("data", (packet) => heard.get(user).push(packet.toString("hex")));
}

const deeds = {
  async joins({ guild, channel, deaf = false }) {
    guildId = guild;
    const connection = joinVoiceChannel({
      guildId,
      channelId: channel,
      selfDeaf: deaf,
      adapterCreator: (await client.guilds.fetch(guild)).voiceAdapterCreator,
    });
    if (!connection.listeners("stateChange").length) {
      connection.on("stateChange", (before, now) => {
        if (before.status !== now.status) states.push(now.status);
        if (!now.networking || now.networking === before.networking) return;
        now.networking.on("stateChange", (was, is) => {
          if (was.code !== is.code) codes.push(is.code);
        });
      });
      connection.on("error", (error) => process.stderr.write(`${error.stack}\n`));
      connection.on("debug", (line) => process.stderr.write(`${line}\n`));
    }
    await entersState(connection, VoiceConnectionStatus.Ready, 60_000);
    connection.subscribe(player);
  },
  hears({ user }) {
    if (!heard.has(user)) heard.set(user, []);
    listen(getVoiceConnection(guildId), user);
    return heard.get(user);
  },
  plays({ frames, count }) {
    const packets = Array.from({ length: count }, (_, at) => Buffer.from(frames[at % frames.length], "hex"));
    player.play(createAudioResource(Readable.from(packets), { inputType: StreamType.Opus }));
  },
  leaves() {
    getVoiceConnection(guildId).destroy();
  },
  stands() {
    const connection = getVoiceConnection(guildId);
    return {
      connected: connection?.state.status === VoiceConnectionStatus.Ready,
      channel: connection?.joinConfig.channelId ?? null,
      states,
      codes,
    };
  },
};

client.once(Events.ClientReady, () => tell("ready"));
obey(deeds, () => null);
await client.login(token);
