// A person on @stomp/stompjs: subscribes, hears, answers. Lines of JSON tell what it sees.
import { Client } from "@stomp/stompjs";
import { WebSocket } from "ws";

const { STOMP_URL, TOKEN, CHANNEL } = process.env;
const tell = (saw, more = {}) => console.log(JSON.stringify({ saw, ...more }));

const client = new Client({
  brokerURL: STOMP_URL,
  webSocketFactory: () => new WebSocket(STOMP_URL, client.stompVersions.protocolVersions()),
  connectHeaders: { passcode: TOKEN },
  heartbeatIncoming: 30_000,
  heartbeatOutgoing: 30_000,
  reconnectDelay: 0,
});

client.onStompError = (frame) => tell("error", { message: frame.headers.message });
client.onConnect = (frame) => {
  tell("connected", { version: frame.headers.version });
  client.subscribe("/user/queue/events", (message) => {
    const event = JSON.parse(message.body);
    if (event.t === "READY") tell("ready", { user: event.d.user.id });
  });
  client.subscribe(`/topic/channels.${CHANNEL}`, (message) => {
    const event = JSON.parse(message.body);
    if (event.t !== "MESSAGE_CREATE") return;
    tell("message", { content: event.d.content, author: event.d.author.username });
    if (event.d.content === "!ping") {
      client.publish({
        destination: `/app/channels.${CHANNEL}.messages`,
        body: JSON.stringify({ content: "pong! 퐁" }),
        headers: { receipt: "answer" },
      });
    }
  }, { receipt: "subscribed" });
  client.watchForReceipt("subscribed", () => tell("subscribed"));
  client.watchForReceipt("answer", () => tell("answered"));
};
client.activate();

process.stdin.on("end", async () => {
  await client.deactivate();
  tell("gone");
}).resume();
