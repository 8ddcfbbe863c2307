// The build is measured. Only types are imported from the source.
import { spawnSync } from "node:child_process";
import { existsSync, globSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { nodeFlagsOf } from "../../scripts/node-flags.ts";

const root = dirname(dirname(import.meta.dirname));

export function builtFile(path: string): string {
  return join(root, "dist", path);
}

/** The flags of Node in the first line of the command line's main file. */
export function builtCli(): readonly string[] {
  const main = builtFile("cli/taskscribe.cjs");
  return [...nodeFlagsOf(main), main];
}

interface Modules {
  readonly "auth/authenticate.js": typeof import("../../src/auth/authenticate.ts");
  readonly "auth/credentials.js": typeof import("../../src/auth/credentials.ts");
  readonly "auth/sign.js": typeof import("../../src/auth/sign.ts");
  readonly "server/start-server.js": typeof import("../../src/server/start-server.ts");
  readonly "config/settings.js": typeof import("../../src/config/settings.ts");
  readonly "engine/engine.js": typeof import("../../src/engine/engine.ts");
  readonly "engine/catalog.js": typeof import("../../src/engine/catalog.ts");
  readonly "client/index.js": typeof import("../../src/client/index.ts");
  readonly "clock.js": typeof import("../../src/clock.ts");
  readonly "engine/native-ids.js": typeof import("../../src/engine/native-ids.ts");
  readonly "engine/local/local-executor.js": typeof import("../../src/engine/local/local-executor.ts");
  readonly "core/evolve.js": typeof import("../../src/core/evolve.ts");
  readonly "core/define-task.js": typeof import("../../src/core/define-task.ts");
  readonly "products/ack/ids.js": typeof import("../../src/products/ack/ids.ts");
  readonly "products/bdrc/ids.js": typeof import("../../src/products/bdrc/ids.ts");
  readonly "products/cloudcontrol/ids.js": typeof import("../../src/products/cloudcontrol/ids.ts");
  readonly "products/lingjun/ids.js": typeof import("../../src/products/lingjun/ids.ts");
  readonly "store/sqlite/sqlite-store.js": typeof import("../../src/store/sqlite/sqlite-store.ts");
}

export async function built<K extends keyof Modules>(path: K): Promise<Modules[K]> {
  return (await import(pathToFileURL(builtFile(path)).href)) as Modules[K];
}

/** Builds if there is no build, or if the source has changed since the last one. */
export function buildIfOld(): void {
  const main = builtFile("cli/taskscribe.cjs");
  if (existsSync(main) && newest("dist/**/*.js") >= newest("src/**/*.{ts,sql,json}")) return;
  const { status } = spawnSync("npm", ["run", "--silent", "build"], {
    cwd: root,
    stdio: "inherit",
  });
  if (status !== 0) throw new Error("npm run build failed; see above");
}

function newest(pattern: string): number {
  const times = globSync(pattern, { cwd: root })
    .filter((file) => !file.endsWith(".test.ts"))
    .map((file) => statSync(join(root, file)).mtimeMs);
  return Math.max(0, ...times);
}
