// Lines of JSON both ways: what a bot sees goes out, what it is asked to do comes in.
import { createInterface } from "node:readline";

export const [url, token] = process.argv.slice(2);

export function tell(saw, more = {}) {
  process.stdout.write(`${JSON.stringify({ saw, ...more })}\n`);
}

// `refusal(error)` gives {status, code} for what the server refused, null for any other failure.
export function obey(deeds, refusal) {
  createInterface({ input: process.stdin }).on("line", async (line) => {
    const { n, does, ...how } = JSON.parse(line);
    try {
      tell("done", { n, result: (await deeds[does](how)) ?? null });
    } catch (error) {
      const refused = refusal(error);
      if (refused) tell("refused", { n, ...refused });
      else tell("failed", { n, why: String(error?.stack ?? error) });
    }
  });
}

export const sorted = (words) => [...words].sort();
