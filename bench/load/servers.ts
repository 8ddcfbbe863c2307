// Starts and stops the measured servers: ours by its command line, and the bare one.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { builtCli } from "./built.ts";
import { keep } from "./children.ts";
import { onCore, SERVER_CORE } from "./cores.ts";
import type { Loaded } from "./load.ts";
import { scratch } from "./scratch.ts";

export interface Server extends Loaded {
  readonly name: string;
  readonly child: ChildProcess;
  stop(): Promise<void>;
}

/** Starts `taskscribe serve` from the build on the core of the server. Resolves when it has printed its address. */
export function startOurs(
  name: string,
  data: string,
  options: { readonly args?: readonly string[]; readonly nodeFlags?: readonly string[] } = {},
): Promise<Server> {
  return startServer(name, [
    ...(options.nodeFlags ?? []),
    ...builtCli(),
    "serve",
    ...["--port", "0", "--data", data],
    ...(options.args ?? []),
  ]);
}

export interface Answer {
  readonly status: number;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: string;
}

let answers = 0;
let logs = 0;

/** Starts node:http that gives this answer to every request. */
export function startBare(name: string, answer: Answer): Promise<Server> {
  const file = join(scratch(), `answer-${answers++}.json`);
  writeFileSync(file, JSON.stringify(answer));
  return startServer(name, [join(import.meta.dirname, "bare-server.mjs"), "0", file]);
}

/** Starts a Node process on the core of the server that prints its address as our server does. */
export async function startServer(
  name: string,
  args: readonly string[],
  options: { readonly talks?: boolean } = {},
): Promise<Server> {
  const [program, all] = onCore(SERVER_CORE, process.execPath, args);
  // The log goes into a file, as under systemd. With a pipe, the core of the load would read a line for each request.
  const log = join(scratch(), `log-${logs++}.jsonl`);
  const errors = openSync(log, "w");
  const child = keep(
    spawn(program, all, {
      cwd: scratch(),
      stdio: ["ignore", "pipe", errors, options.talks ? "ipc" : "ignore"],
    }),
  );
  closeSync(errors);
  if (child.stdout === null) throw new Error("a pipe was asked for");
  const exited = once(child, "exit");
  const url = await addressIn(createInterface({ input: child.stdout }));
  const { pid } = child;
  if (url === undefined || pid === undefined) {
    throw new Error(`${name} ended before it was ready: ${readFileSync(log, "utf8")}`);
  }
  const stop = async () => {
    child.kill("SIGTERM");
    const hard = setTimeout(() => child.kill("SIGKILL"), 10_000);
    await exited;
    clearTimeout(hard);
    rmSync(log, { force: true });
  };
  return { name, url, pid, child, stop };
}

async function addressIn(lines: AsyncIterable<string>): Promise<string | undefined> {
  for await (const line of lines) {
    const found = /^\s+address\s+(\S+)$/.exec(line)?.[1];
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Sends a raw request once. Returns the headers of the server, without those that node:http adds. */
export function ask(url: string, raw: string): Promise<Answer> {
  const [head = "", ...bodyParts] = raw.split("\r\n\r\n");
  const [first = "", ...lines] = head.split("\r\n");
  const [method = "GET", path = "/"] = first.split(" ");
  const headers = Object.fromEntries(
    lines.map((line) => [
      line.slice(0, line.indexOf(":")),
      line.slice(line.indexOf(":") + 1).trim(),
    ]),
  );
  return new Promise((resolve, reject) => {
    const outgoing = request(url + path, { method, headers, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("error", reject);
      response.on("end", () => {
        const body = Buffer.concat(chunks).toString("utf8");
        resolve({ status: response.statusCode ?? 0, headers: own(response.rawHeaders), body });
      });
    });
    outgoing.on("error", reject);
    outgoing.end(bodyParts.join("\r\n\r\n"));
  });
}

const ADDED_BY_NODE = new Set(["date", "connection", "keep-alive", "transfer-encoding"]);

function own(rawHeaders: readonly string[]): [string, string][] {
  const pairs: [string, string][] = [];
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    const [name = "", value = ""] = [rawHeaders[i], rawHeaders[i + 1]];
    if (!ADDED_BY_NODE.has(name.toLowerCase())) pairs.push([name, value]);
  }
  return pairs;
}
