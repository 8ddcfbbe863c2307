// npm run build: compiled JavaScript in dist/. `npm pack` runs it first; the `files` of package.json say what of it is published.
import { chmodSync, cpSync, rmSync } from "node:fs";
import { join } from "node:path";
import { bundle } from "./bundle.ts";
import { publishTypes } from "./publish-types.ts";
import { root, step, tool } from "./steps.ts";

const dist = join(root, "dist");

/** What the compiler does not know of: read at run time, or for a Node that cannot read what the compiler makes. */
const COPIED = [
  "store/sqlite/migrations",
  "cli/clients/node-proxy.cjs",
  "cli/taskscribe.cjs",
  "node-version.cjs",
];

rmSync(dist, { recursive: true, force: true });
step(tool("tsc"), ["-p", "tsconfig.build.json"]);
for (const path of COPIED) cpSync(join(root, "src", path), join(dist, path), { recursive: true });
await bundle();
publishTypes(join(dist, "types"), ["index.d.ts", "client/index.d.ts"]);
chmodSync(join(dist, "cli/taskscribe.cjs"), 0o755);
