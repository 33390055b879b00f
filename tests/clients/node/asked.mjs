// What bots offer that people ask for something: their commands, a panel and a form. Libraries
// have names of their own for some of its keys.

const text = (name, more = {}) => ({ type: 3, name, description: "What", ...more });

export const EPHEMERAL = 64;
export const LOADING = 128;

export const COMMANDS = Object.entries({
  echo: [text("text", { required: true }), { type: 6, name: "who", description: "Whom" }],
  later: [],
  whisper: [],
  panel: [],
  ask: [],
  finish: [text("word", { required: true, autocomplete: true })],
}).map(([name, options]) => ({ type: 1, name, description: "Does", options }));

const row = (component) => ({ type: 1, components: [component] });

export const panel = (id) => [
  row({ type: 2, style: 1, label: "Go", [id]: "go" }),
  row({
    type: 3,
    [id]: "pick",
    options: [
      { label: "A", value: "a" },
      { label: "B", value: "B" },
    ],
  }),
];

export const form = (id, most) => ({
  [id]: "form",
  title: "Say",
  components: [row({ type: 4, [id]: "name", label: "Name", style: 1, [most]: 20 })],
});
