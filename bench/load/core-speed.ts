// A process on the core of the server that does the same small work forty times a second and notes how long it takes:
// node core-speed.ts. It uses 2 % of the core. A message asks for what was noted since the last one.
import { createHmac } from "node:crypto";

/** One piece of work: when, in ms since the epoch, and how long it took. */
export interface Worked {
  readonly at: number;
  readonly us: number;
}

const EVERY_MS = 25;
const TIMES = 20;
const VALUE = {
  requestId: "0".repeat(36),
  items: Array.from({ length: 20 }, (_, i) => ({ id: `t-${i}`, state: "running", at: i * 1e9 })),
};

let noted: Worked[] = [];

setInterval(() => {
  const began = performance.now();
  work();
  noted.push({ at: performance.timeOrigin + began, us: (performance.now() - began) * 1_000 });
}, EVERY_MS);

process.on("message", () => {
  process.send?.(noted);
  noted = [];
});
process.on("disconnect", () => process.exit(0));

/** What a server does, too: text is made, read and signed. */
function work(): void {
  for (let i = 0; i < TIMES; i++) {
    const text = JSON.stringify(VALUE);
    createHmac("sha256", "key").update(text).digest("hex");
    JSON.parse(text);
  }
}
