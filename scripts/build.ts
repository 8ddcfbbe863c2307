// npm run build: compiled JavaScript in dist/, which is what gets published.
import { chmodSync, cpSync, rmSync } from "node:fs";
import { join } from "node:path";
import { bundle } from "./bundle.ts";
import { root, step, tool } from "./steps.ts";

const dist = join(root, "dist");
rmSync(dist, { recursive: true, force: true });
step(tool("tsc"), ["-p", "tsconfig.build.json"]);
// Read at run time, so the compiler does not know of them.
cpSync(join(root, "src/store/sqlite/migrations"), join(dist, "store/sqlite/migrations"), {
  recursive: true,
});
const preload = "cli/clients/node-proxy.cjs"; // for other people's Node, so never compiled
cpSync(join(root, "src", preload), join(dist, preload));
await bundle();
chmodSync(join(dist, "cli/main.js"), 0o755);
