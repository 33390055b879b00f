// Holds recorded answers against Discord's published schema: the zod schemas of discord-api-spec.
//
// `node schema.mjs OPERATIONS.tsv SAMPLES.jsonl…` prints one JSON line for each disagreement.
import { readFileSync } from "node:fs";

import * as published from "discord-api-spec/zod";
import * as z from "zod/mini";

const [table, ...samples] = process.argv.slice(2);

// What a dispatch carries, where the schema has a name for it: [path within the event, schema].
const EVENTS = {
  CHANNEL_CREATE: [["", "GuildChannelResponse|PrivateChannelResponse|PrivateGroupChannelResponse"]],
  CHANNEL_UPDATE: [["", "GuildChannelResponse|PrivateChannelResponse|PrivateGroupChannelResponse"]],
  CHANNEL_DELETE: [["", "GuildChannelResponse|PrivateChannelResponse|PrivateGroupChannelResponse"]],
  GUILD_AUDIT_LOG_ENTRY_CREATE: [["", "AuditLogEntryResponse"]],
  GUILD_BAN_ADD: [["user", "UserResponse"]],
  GUILD_BAN_REMOVE: [["user", "UserResponse"]],
  GUILD_CREATE: [
    ["roles", "[GuildRoleResponse]"],
    ["emojis", "[EmojiResponse]"],
    ["members", "[GuildMemberResponse]"],
  ],
  GUILD_EMOJIS_UPDATE: [["emojis", "[EmojiResponse]"]],
  GUILD_MEMBER_ADD: [["", "GuildMemberResponse"]],
  GUILD_MEMBER_REMOVE: [["user", "UserResponse"]],
  GUILD_MEMBERS_CHUNK: [["members", "[GuildMemberResponse]"]],
  GUILD_ROLE_CREATE: [["role", "GuildRoleResponse"]],
  GUILD_ROLE_UPDATE: [["role", "GuildRoleResponse"]],
  MESSAGE_CREATE: [["", "MessageResponse"]],
  MESSAGE_UPDATE: [["", "MessageResponse"]],
  THREAD_CREATE: [["", "ThreadResponse"]],
  THREAD_UPDATE: [["", "ThreadResponse"]],
};

const operations = readFileSync(table, "utf8")
  .trim()
  .split("\n")
  .slice(1)
  .map((line) => {
    const [method, path, name, answers] = line.split("\t");
    const pattern = path
      .replace(/[.]/g, "\\.")
      .replace(/\{\w+_id\}/g, "\\d+")
      .replace(/\{\w+\}/g, "[^/]+");
    return {
      method,
      name,
      // A word in the path is a better fit than a slot.
      weight: path.split("/").filter((segment) => !segment.startsWith("{")).length,
      pattern: new RegExp(`^${pattern}$`),
      answers: new Map(answers.split(" ").map((each) => each.split(/:(.*)/s).slice(0, 2))),
    };
  })
  .sort((one, other) => other.weight - one.weight);

// The schema wants numbers as the codes of single fields; the real ones are words, as are ours.
const Fault = z.object({ code: z.string(), message: z.string() });
const Faults = z.catchall(
  z.object({ _errors: z.optional(z.array(Fault)) }),
  z.lazy(() => Faults),
);
const Refusal = z.extend(published.ErrorSchema, { errors: z.optional(Faults) });

// It also wants a code in every 429, which the documentation calls optional.
const TooMany = z.extend(published.ErrorSchema, {
  code: z.optional(z.number()),
  retry_after: z.number(),
  global: z.optional(z.boolean()),
});

const made = new Map([
  ["ErrorResponse", Refusal],
  ["RatelimitedResponse", TooMany],
]);

// `?` before: may be null; `[…]`: a list; `|`: one of several; `*`: anything.
function schema(words) {
  if (!made.has(words)) made.set(words, make(words));
  return made.get(words);
}

function make(words) {
  if (words === "*") return z.unknown();
  if (words.startsWith("?")) return z.nullable(schema(words.slice(1)));
  if (words.startsWith("[")) return z.array(schema(words.slice(1, -1)));
  const all = words.split("|").map((name) => published[`${name}Schema`]);
  return all.length === 1 ? all[0] : z.union(all);
}

const at = (value, path) => path.reduce((inner, step) => inner?.[step], value);

// The schema says date-time, which knows offsets; zod's reading of it only knows Z.
const MOMENT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/;
const isMeant = (issue, value) => issue.format === "datetime" && MOMENT.test(value);

// What is wrong, as paths; of alternatives the one that fits best speaks.
function* issues(found, whole, above = []) {
  for (const issue of found) {
    const path = [...above, ...issue.path];
    if (issue.code === "invalid_union" && issue.errors?.length) {
      const told = issue.errors.map((errors) => [...issues(errors, whole, path)]);
      yield* told.sort((one, other) => badness(one) - badness(other))[0];
    } else if (!isMeant(issue, at(whole, path))) {
      yield { path: path.map((each) => (typeof each === "number" ? "[]" : each)).join("."), issue };
    }
  }
}

// Of two readings the wrong one disagrees about what kind of thing this is.
const badness = (told) =>
  told.length + 100 * told.filter(({ path }) => /(^|\.)type$/.test(path)).length;

function expected(sample) {
  const { method, path, status } = sample;
  const found = operations.find((each) => each.method === method && each.pattern.test(path));
  if (status === 429) return [found?.name, "RatelimitedResponse"];
  if (status >= 400) return [found?.name, "ErrorResponse"];
  if (!found) return [undefined, undefined];
  if (!found.answers.has(String(status))) return [found.name, null];
  return [found.name, found.answers.get(String(status))];
}

const reported = new Map();

function report(operation, path, what, sample) {
  const key = `${operation} ${path} ${what}`;
  if (!reported.has(key)) {
    reported.set(key, true);
    const { method, status } = sample;
    const line = { operation, path, what, method, status, example: sample.path };
    process.stdout.write(`${JSON.stringify(line)}\n`);
  }
}

function judge(operation, words, value, sample, where = "") {
  if (words === "-") {
    if (value !== null) report(operation, where, "a body where none is due", sample);
    return;
  }
  const result = schema(words).safeParse(value);
  if (result.success) return;
  for (const { path, issue } of issues(result.error.issues, value)) {
    report(operation, [where, path].filter(Boolean).join("."), said(issue), sample);
  }
}

function said(issue) {
  if (issue.code === "invalid_type") return `must be ${issue.expected}`;
  if (issue.code === "invalid_value") return `must be one of ${JSON.stringify(issue.values)}`.slice(0, 80);
  return `${issue.code} ${issue.format ?? ""}`.trim();
}

let judged = 0;
for (const file of samples) {
  for (const line of readFileSync(file, "utf8").split("\n")) {
    if (!line) continue;
    const sample = JSON.parse(line);
    if (sample.method === "EVENT") {
      for (const [where, words] of EVENTS[sample.path] ?? []) {
        const value = where ? sample.body?.[where] : sample.body;
        if (value === undefined) continue;
        judged += 1;
        judge(sample.path, words, value, sample, where);
      }
      continue;
    }
    const [operation, words] = expected(sample);
    if (words === undefined) continue;
    judged += 1;
    const name = operation ?? `${sample.method} ${sample.path.replace(/\d{5,}/g, "{id}")}`;
    if (words === null) report(name, "", `status ${sample.status} is not among its answers`, sample);
    else judge(name, words, sample.body, sample);
  }
}
process.stderr.write(`${judged}\n`);
