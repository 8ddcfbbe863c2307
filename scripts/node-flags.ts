import { readFileSync } from "node:fs";

/** What the first line of a file asks of Node, `#!/usr/bin/env -S node FLAG …`; scripts/run.mjs does the same on Node 20. */
export function nodeFlagsOf(file: string): readonly string[] {
  const [first = ""] = readFileSync(file, "utf8").split("\n", 1);
  return /^#!\S+ -S node (.+)$/.exec(first)?.[1]?.split(" ") ?? [];
}
