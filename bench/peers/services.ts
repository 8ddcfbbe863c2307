// Redis, PostgreSQL and Restate for the peers, on free ports and in directories of this run.
import { spawnSync } from "node:child_process";
import { chmodSync, chownSync, existsSync, globSync } from "node:fs";
import { join } from "node:path";
import { type Program, startProgram } from "../load/children.ts";
import { freePort, listening } from "../load/ports.ts";
import { emptyDirectory } from "../load/scratch.ts";

export interface Service extends Program {
  readonly port: number;
}

const PATIENCE_MS = 30_000;
/** The Debian package has the same name as the program. */
const REDIS = "redis-server";

export function redisMissing(): string | undefined {
  const found = spawnSync(REDIS, ["--version"], { stdio: "ignore" }).status === 0;
  return found ? undefined : `install it with: sudo apt-get install ${REDIS}`;
}

export async function startRedis(fsync: "always" | "everysec"): Promise<Service> {
  const port = await freePort();
  const settings = { port, dir: emptyDirectory(), appendonly: "yes", appendfsync: fsync, save: "" };
  const args = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const program = startProgram(REDIS, args);
  await listening(port, PATIENCE_MS);
  return { ...program, port };
}

export function postgresMissing(): string | undefined {
  return postgresPrograms() === undefined
    ? "install it with: sudo apt-get install postgresql"
    : undefined;
}

/** The folder of the programs of the newest PostgreSQL on Debian. */
function postgresPrograms(): string | undefined {
  return globSync("/usr/lib/postgresql/*/bin/initdb")
    .sort()
    .at(-1)
    ?.replace(/\/initdb$/, "");
}

/** With the settings of a new cluster: fsync on, synchronous_commit on. */
export async function startPostgres(): Promise<Service> {
  const programs = postgresPrograms();
  if (programs === undefined) throw new Error("PostgreSQL is not installed");
  const directory = emptyDirectory();
  const prefix = notAsRoot(directory);
  const data = join(directory, "data");
  run([...prefix, join(programs, "initdb"), "-D", data, "-U", "postgres", "-A", "trust"]);
  const port = await freePort();
  const [command = "", ...args] = [
    ...prefix,
    ...[join(programs, "postgres"), "-D", data, "-p", String(port), "-k", directory],
  ];
  const program = startProgram(command, args);
  await listening(port, PATIENCE_MS);
  return { ...program, port };
}

/** The user of the Debian package, because PostgreSQL refuses to run as root. */
function notAsRoot(directory: string): readonly string[] {
  if (process.getuid?.() !== 0) return [];
  const id = (flag: string) =>
    Number(spawnSync("id", [flag, "postgres"], { encoding: "utf8" }).stdout);
  const [uid, gid] = [id("-u"), id("-g")];
  chownSync(directory, uid, gid);
  chmodSync(join(directory, ".."), 0o755); // PostgreSQL needs access to the directory of the run
  return ["setpriv", `--reuid=${uid}`, `--regid=${gid}`, "--clear-groups"];
}

export interface Restate extends Service {
  readonly adminPort: number;
}

/** Four partitions. The default of 24 was 30–50 % slower on two cores. */
export async function startRestate(installed: string): Promise<Restate> {
  const [binary] = globSync("node_modules/@restatedev/restate-server-*/bin/restate-server", {
    cwd: installed,
  });
  if (binary === undefined || !existsSync(join(installed, binary))) {
    throw new Error("the Restate package has no server for this platform");
  }
  const [port, adminPort, nodePort] = [await freePort(), await freePort(), await freePort()];
  const program = startProgram(join(installed, binary), ["--no-logo"], {
    cwd: emptyDirectory(),
    env: {
      RESTATE_BASE_DIR: emptyDirectory(),
      RESTATE_BIND_ADDRESS: `127.0.0.1:${nodePort}`,
      RESTATE_ADVERTISED_ADDRESS: `http://127.0.0.1:${nodePort}`,
      RESTATE_INGRESS__BIND_ADDRESS: `127.0.0.1:${port}`,
      RESTATE_ADMIN__BIND_ADDRESS: `127.0.0.1:${adminPort}`,
      RESTATE_DEFAULT_NUM_PARTITIONS: "4",
      RESTATE_LISTEN_MODE: "tcp",
      RESTATE_LOG_FILTER: "error",
      RESTATE_DISABLE_TELEMETRY: "true",
    },
  });
  await listening(port, PATIENCE_MS);
  await listening(adminPort, PATIENCE_MS);
  return { ...program, port, adminPort };
}

function run([command = "", ...args]: readonly string[]): void {
  const { status, stderr } = spawnSync(command, args, { encoding: "utf8" });
  if (status !== 0) throw new Error(`${command} failed: ${stderr}`);
}
