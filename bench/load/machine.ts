import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { cpus, loadavg, release, type as system, totalmem } from "node:os";

/** Above this the machine is busy with something else, and absolute figures mean little. */
const QUIET_LOAD = 1;

/** The lines for the head of a report. */
export function describeMachine(): readonly string[] {
  const [cpu] = cpus();
  const memoryGb = Math.round(totalmem() / 1024 ** 3);
  const { v8, sqlite, openssl } = process.versions;
  return [
    `${cpus().length} × ${cpu?.model.trim() ?? "unknown CPU"}, ${memoryGb} GB, ${system()} ${release()}`,
    `Node ${process.versions.node} (V8 ${v8}, SQLite ${sqlite ?? "?"}, OpenSSL ${openssl})`,
    `load average before the start ${load()}`,
  ];
}

function load(): string {
  return loadavg()
    .map((value) => value.toFixed(2))
    .join(" ");
}

/** The reason not to measure now, undefined if the machine is quiet. */
export function busyWarning(): string | undefined {
  const [lastMinute = 0] = loadavg();
  if (lastMinute <= QUIET_LOAD) return undefined;
  return `the machine is busy (load average ${load()}): trust the ratios, not the absolute figures`;
}

export interface CpuTimes {
  /** Busy time of all cores since the boot, in ms. Time that the host took away counts as busy. */
  readonly busyMs: number;
  readonly totalMs: number;
}

const TICK_MS = 10;

export function machineTimes(): CpuTimes {
  const [line = ""] = readFileSync("/proc/stat", "utf8").split("\n");
  const [user = 0, nice = 0, kernel = 0, idle = 0, wait = 0, irq = 0, soft = 0, steal = 0] = line
    .split(/\s+/)
    .slice(1)
    .map(Number);
  const busy = user + nice + kernel + irq + soft + steal;
  return { busyMs: busy * TICK_MS, totalMs: (busy + idle + wait) * TICK_MS };
}

/** CPU time of a process with all its threads, in ms. */
export function processCpuMs(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
}

export interface Memory {
  readonly rssMb: number;
  /** Memory without mapped files. */
  readonly anonMb: number;
}

export function processMemory(pid: number): Memory {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  return { rssMb: field(status, "VmRSS"), anonMb: field(status, "RssAnon") };
}

function field(status: string, name: string): number {
  return Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(status)?.[1] ?? Number.NaN) / 1024;
}

/** How to install a missing program, undefined if it is installed. */
export function missing(program: string, debianPackage: string): string | undefined {
  const found = spawnSync(program, ["--version"], { stdio: "ignore" });
  if (found.error === undefined) return undefined;
  return `${program} is not installed; install it with: sudo apt-get install ${debianPackage}`;
}
