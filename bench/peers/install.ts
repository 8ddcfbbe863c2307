import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { cache } from "../load/scratch.ts";

/** Installs packages outside the checkout, once, and returns the folder. @throws Error with the message of npm. */
export function install(packages: Readonly<Record<string, string>>): string {
  const key = createHash("sha256").update(JSON.stringify(packages)).digest("hex").slice(0, 12);
  const directory = join(cache(), `peers-${key}`);
  const done = join(directory, "installed");
  if (existsSync(done)) return directory;
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory, { recursive: true });
  const manifest = { name: "peers", private: true, type: "module", dependencies: packages };
  writeFileSync(join(directory, "package.json"), JSON.stringify(manifest));
  // An import is resolved from the file that contains it, so there is a file beside the packages.
  writeFileSync(join(directory, "load.js"), "export const load = (name) => import(name);\n");
  const { status, stderr } = spawnSync(
    "npm",
    ["install", "--no-audit", "--no-fund", "--loglevel=error"],
    {
      cwd: directory,
      encoding: "utf8",
      // npm chooses versions and binaries for the Node that runs it.
      env: { ...process.env, PATH: `${dirname(process.execPath)}:${process.env["PATH"] ?? ""}` },
    },
  );
  if (status !== 0) throw new Error(`npm install of the peers failed: ${stderr}`);
  writeFileSync(done, "");
  return directory;
}

/** Imports an installed package. `T` is the type of the used part. */
export async function load<T>(directory: string, name: string): Promise<T> {
  const shim = await import(pathToFileURL(join(directory, "load.js")).href);
  return (await shim.load(name)) as T;
}
