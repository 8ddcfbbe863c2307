import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const FILE = join(import.meta.dirname, "../e2e/called-by.json");

/** By client, then by dialect: the operations that it called with success and got a right answer from. */
export type CalledBy = Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;

/** What the end-to-end tests have written down; `docs/compatibility.md` is made from it. */
export function readCalledBy(): CalledBy {
  return JSON.parse(readFileSync(FILE, "utf8")) as CalledBy;
}

/** What the file should say of one client; with TASKSCRIBE_UPDATE it is made to. */
export function recordCalledBy(client: string, called: CalledBy[string]): CalledBy[string] {
  if (process.env["TASKSCRIBE_UPDATE"]) {
    const all = { ...readCalledBy(), [client]: called };
    writeFileSync(FILE, `${JSON.stringify(all, null, 2)}\n`);
    execFileSync("npx", ["biome", "format", "--write", FILE]); // `npm run check` looks at it too
  }
  return readCalledBy()[client] ?? {};
}
