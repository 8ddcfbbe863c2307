// Makes load with wrk, on the second core.
import { spawn } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { LOAD_CORE, onCore } from "./cores.ts";
import { machineTimes, processCpuMs } from "./machine.ts";
import { scratch } from "./scratch.ts";

/** The requests of one slice of load. */
export interface Requests {
  /** A raw request, in which \1 is replaced with a record. */
  readonly template: string;
  /** Records that end in \0 each. */
  readonly file: string;
  readonly order: "cycle" | "random";
}

export interface Slice {
  readonly perSecond: number;
  readonly p50Us: number;
  readonly p99Us: number;
  /** CPU time of the server for one request. */
  readonly cpuUs: number;
  /** Cores that were busy with neither the server nor the load, e.g. 0.3. */
  readonly others: number;
}

export interface Loaded {
  readonly url: string;
  readonly pid: number;
}

let written = 0;
let seed = 0;

/** Writes requests made of a template and records to a file. Requests of the same `name` are replaced. */
export function requestsOf(
  template: string,
  records: readonly string[],
  order: Requests["order"] = "cycle",
  name = String(written++),
): Requests {
  const directory = join(scratch(), "requests");
  mkdirSync(directory, { recursive: true });
  const file = join(directory, `${name}.records`);
  writeFileSync(file, records.map((record) => `${record}\0`).join(""));
  return { template, file, order };
}

/** @throws Error if the server refused or did not answer even one request. */
export async function slice(
  server: Loaded,
  requests: Requests,
  { connections, seconds }: { readonly connections: number; readonly seconds: number },
): Promise<Slice> {
  const asked = wrkArguments(server, requests, connections, seconds);
  const before = {
    machine: machineTimes(),
    cpuMs: processCpuMs(server.pid),
    at: performance.now(),
  };
  const { text, cpuMs } = await wrk(asked);
  const figures = readFigures(text);
  const serverMs = processCpuMs(server.pid) - before.cpuMs;
  const after = machineTimes();
  const wallMs = performance.now() - before.at;
  const busyMs = after.busyMs - before.machine.busyMs;
  return {
    perSecond: figures.answered / (figures.durationUs / 1e6),
    p50Us: figures.p50Us,
    p99Us: figures.p99Us,
    cpuUs: (serverMs * 1_000) / figures.answered,
    others: Math.max(0, (busyMs - serverMs - cpuMs) / wallMs),
  };
}

/** What a load in the background was told. */
export interface Told {
  readonly perSecond: number;
  readonly refusedPerSecond: number;
}

/**
 * Sends requests in the background, beside whatever is measured. Refusals are what is asked for here.
 * @returns a function that waits for the end, and says what was answered.
 */
export function background(
  server: Loaded,
  requests: Requests,
  { connections, seconds }: { readonly connections: number; readonly seconds: number },
): () => Promise<Told> {
  const ended = wrk(wrkArguments(server, requests, connections, seconds));
  ended.catch(() => undefined); // whoever waits for the end is told
  return async () => {
    const { answered, refused, durationUs } = figuresIn((await ended).text);
    const each = 1e6 / durationUs;
    return { perSecond: answered * each, refusedPerSecond: refused * each };
  };
}

function wrkArguments(
  { url }: Loaded,
  { file, template, order }: Requests,
  connections: number,
  seconds: number,
): readonly string[] {
  const templateFile = `${file}.template`;
  writeFileSync(templateFile, template);
  return [
    ...["-t", "1", "-c", String(connections), "-d", `${seconds}s`],
    ...["-s", join(import.meta.dirname, "load.lua"), url, "--"],
    ...[file, templateFile, order, String(++seed)],
  ];
}

interface Figures {
  readonly answered: number;
  readonly durationUs: number;
  readonly p50Us: number;
  readonly p99Us: number;
  readonly refused: number;
  readonly broken: number;
}

/** @throws Error if wrk failed. */
function figuresIn(text: string): Figures {
  const numbers = /^FIGURES ([\d ]+)$/m.exec(text)?.[1]?.split(" ").map(Number) ?? [];
  const [answered = 0, durationUs = 0, p50Us = 0, p99Us = 0, refused = 0, broken = 0] = numbers;
  if (durationUs === 0) throw new Error(`wrk measured nothing:\n${text}`);
  return { answered, durationUs, p50Us, p99Us, refused, broken };
}

/** @throws Error if wrk failed, or if an answer was not a success. */
function readFigures(text: string): Figures {
  const figures = figuresIn(text);
  const { answered, refused, broken } = figures;
  if (answered === 0) throw new Error(`wrk measured nothing:\n${text}`);
  if (refused + broken > 0) {
    throw new Error(`of ${answered} requests ${refused} were refused and ${broken} broken off`);
  }
  return figures;
}

function wrk(args: readonly string[]): Promise<{ text: string; cpuMs: number }> {
  const [program, all] = onCore(LOAD_CORE, "wrk", args);
  const child = spawn(program, all, { stdio: ["ignore", "pipe", "pipe"] });
  let text = "";
  let cpuMs = 0;
  const { pid } = child;
  // The CPU time of a process can be read only while it runs.
  const watch = setInterval(() => {
    cpuMs = pid === undefined ? 0 : cpuOrLast(pid, cpuMs);
  }, 100);
  child.stdout.setEncoding("utf8").on("data", (more: string) => {
    text += more;
  });
  child.stderr.setEncoding("utf8").on("data", (more: string) => {
    text += more;
  });
  return new Promise((resolve, reject) => {
    child.once("error", (error) => {
      clearInterval(watch);
      reject(error);
    });
    child.once("close", (code) => {
      clearInterval(watch);
      if (code === 0) resolve({ text, cpuMs });
      else reject(new Error(`wrk ended with ${code}:\n${text}`));
    });
  });
}

function cpuOrLast(pid: number, last: number): number {
  try {
    return processCpuMs(pid);
  } catch {
    return last;
  }
}
