// Shows where the time is spent: node scripts/run.mjs bench/profile.ts describe|engine [--top N], or a .cpuprofile file.
import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { LISTS, type List, listRequests } from "./cases/list.ts";
import { buildIfOld } from "./load/built.ts";
import { type Requests, slice } from "./load/load.ts";
import { describeRequests } from "./load/questions.ts";
import { emptyDirectory, scratch } from "./load/scratch.ts";
import { seeded } from "./load/seed.ts";
import { isProduct } from "./load/seed-tasks.ts";
import { type Server, startOurs } from "./load/servers.ts";
import { startDriver } from "./peers/drivers.ts";
import {
  between,
  busyPercent,
  byArea,
  byFunction,
  type CpuProfile,
  type Share,
} from "./report/shares.ts";
import { unbundled } from "./unbundled.ts";

const HELP = `node scripts/run.mjs bench/profile.ts WHAT [--top N]

  ack|lingjun|bdrc|cloudcontrol   describe, 1,000 polled tasks, 32 connections
  random                          describe (ACK), any of 10⁵ stored tasks
  list-ack|list-bdrc|list-native  newest 20 that fit, of 10⁵ stored tasks, 1 connection
  engine                          durable tasks of four steps, 64 submitters
  FILE.cpuprofile                 what somebody else recorded
`;

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { top: { type: "string", default: "25" } },
});
const [what = ""] = positionals;
const top = Number(values.top);

if (what === "") process.stdout.write(HELP);
else for (const profile of await recordings(what)) print(profile);

interface Span {
  readonly fromUs: number;
  readonly toUs: number;
}

async function recordings(what: string): Promise<readonly CpuProfile[]> {
  if (what.endsWith(".cpuprofile")) return [read(what)];
  buildIfOld();
  const directory = join(scratch(), "profiles");
  mkdirSync(directory);
  const flags = ["--cpu-prof", "--cpu-prof-interval", "200", "--cpu-prof-dir", directory];
  const record = what === "engine" ? recordEngine(flags) : recordDescribe(what, flags);
  const { fromUs, toUs } = await record;
  return readdirSync(directory).map((name) => between(read(join(directory, name)), fromUs, toUs));
}

function read(file: string): CpuProfile {
  return unbundled(JSON.parse(readFileSync(file, "utf8")) as CpuProfile);
}

/** The time on the clock of the profile. */
async function timed(work: () => Promise<unknown>): Promise<Span> {
  const fromUs = Number(process.hrtime.bigint() / 1_000n);
  await work();
  return { fromUs, toUs: Number(process.hrtime.bigint() / 1_000n) };
}

async function recordDescribe(what: string, nodeFlags: readonly string[]): Promise<Span> {
  const list = LISTS.find(({ name }) => name === what);
  if (list !== undefined) return recordList(list, nodeFlags);
  const product = what === "random" ? "ack" : what;
  if (!isProduct(product)) throw new Error(HELP);
  const tasks = await seeded(what === "random" ? 100_000 : 4_000, () => {});
  const server = await startOurs("profiled", tasks.directory, { nodeFlags });
  const requests = describeRequests(tasks, product, what === "random" ? "any" : "polled");
  return recordLoad(server, requests, 32);
}

async function recordList({ template }: List, nodeFlags: readonly string[]): Promise<Span> {
  const { tasks, directory } = await seeded(100_000, () => {});
  const server = await startOurs("profiled", directory, { nodeFlags });
  return recordLoad(server, listRequests(template, tasks), 1);
}

async function recordLoad(server: Server, requests: Requests, connections: number): Promise<Span> {
  const load = { connections, seconds: 6 };
  await slice(server, requests, { ...load, seconds: 2 });
  const span = await timed(() => slice(server, requests, load));
  await server.stop();
  return span;
}

async function recordEngine(execArgv: readonly string[]): Promise<Span> {
  const driver = await startDriver("ours", { directory: emptyDirectory() }, execArgv);
  await driver.measure({ tasks: 3_000, submitters: 64 });
  const span = await timed(() => driver.measure({ tasks: 10_000, submitters: 64 }));
  await driver.stop();
  return span;
}

function print(profile: CpuProfile): void {
  const areas = byArea(profile).filter(({ percent }) => percent >= 0.5);
  const functions = byFunction(profile).slice(0, top);
  process.stdout.write(
    `\nbusy ${busyPercent(profile).toFixed(0)} % of the time; of that\n\n${lines(areas)}\n\n${lines(functions)}\n`,
  );
}

function lines(shares: readonly Share[]): string {
  return shares
    .map(({ name, percent }) => `${percent.toFixed(1).padStart(6)} %  ${name}`)
    .join("\n");
}
