// npm run build: compiled JavaScript in dist/. `npm run package` runs it first; the `files` of package.json say what of it is published.
import { chmodSync, rmSync } from "node:fs";
import { join } from "node:path";
import { bundle } from "./bundle.ts";
import { publishTypes } from "./publish-types.ts";
import { root, step, tool } from "./steps.ts";

const dist = join(root, "dist");

rmSync(dist, { recursive: true, force: true });
step(tool("tsc"), ["-p", "tsconfig.build.json"]);
await bundle(dist);
publishTypes(join(dist, "types"), ["index.d.ts", "client/index.d.ts"]);
chmodSync(join(dist, "cli/taskscribe.cjs"), 0o755);
