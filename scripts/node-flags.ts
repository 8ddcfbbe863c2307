import { readFileSync } from "node:fs";

/** The flags of Node in the first line of a file, `#!/usr/bin/env -S node FLAG …`. scripts/run.mjs reads them in the same way on Node 20. */
export function nodeFlagsOf(file: string): readonly string[] {
  const [first = ""] = readFileSync(file, "utf8").split("\n", 1);
  return /^#!\S+ -S node (.+)$/.exec(first)?.[1]?.split(" ") ?? [];
}
