import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { ServerProcess } from "../support/server-process.ts";
import { ChaosBench } from "./chaos-bench.ts";
import { checkHistory, type HistoryFigures } from "./history.ts";
import { MixedLoad } from "./mixed-load.ts";

export interface SoakOptions {
  readonly minutes: number;
  /** Calls a second, whatever the answers take. */
  readonly rate: number;
  readonly tell: (line: string) => void;
}

export interface SoakFigures extends HistoryFigures {
  readonly calls: Readonly<Record<string, number>>;
  readonly faults: Readonly<Record<string, number>>;
  readonly wrong: readonly string[];
  readonly samples: readonly Sample[];
  readonly p50: number;
  readonly p99: number;
}

/** What one process took at one moment; in MB. */
interface Sample {
  readonly minute: number;
  readonly pid: number;
  readonly memory: number;
  readonly database: number;
  readonly log: number;
  readonly archive: number;
}

const SAMPLE_MS = 10_000;
/** The last part of a run has no restarts, so that growth in one process shows. */
const QUIET_SHARE = 0.4;

/** Makes mixed load on all dialects and random faults, then checks the complete history. */
export async function soak({ minutes, rate, tell }: SoakOptions): Promise<SoakFigures> {
  const bench = new ChaosBench("soak.config.ts");
  const run = new Soak(bench, rate);
  try {
    await run.forMinutes(minutes, tell);
    return await run.figures();
  } finally {
    await bench.end();
  }
}

class Soak {
  readonly #bench: ChaosBench;
  readonly #load: MixedLoad;
  readonly #rate: number;
  readonly #faults = { SIGKILL: 0, SIGSTOP: 0, SIGTERM: 0 };
  readonly #samples: Sample[] = [];
  #server: ServerProcess | undefined;
  #going = true;

  constructor(bench: ChaosBench, rate: number) {
    this.#bench = bench;
    this.#load = new MixedLoad(bench);
    this.#rate = rate;
  }

  async forMinutes(minutes: number, tell: (line: string) => void): Promise<void> {
    const began = Date.now();
    const end = began + minutes * 60_000;
    this.#server = await this.#start();
    const pacing = this.#pace();
    let nextFault = began;
    while (Date.now() < end) {
      await sleep(Math.min(SAMPLE_MS, end - Date.now()));
      if (this.#load.wrong.length > 0) break;
      const restarts = Date.now() < end - QUIET_SHARE * (end - began);
      if (Date.now() >= nextFault) {
        await this.#fault(restarts);
        nextFault = Date.now() + 10_000 + Math.random() * 40_000;
      }
      const sample = this.#sample((Date.now() - began) / 60_000);
      this.#samples.push(sample);
      tell(JSON.stringify(sample));
    }
    this.#going = false;
    await pacing;
  }

  async figures(): Promise<SoakFigures> {
    const server = this.#server ?? (await this.#start());
    await this.#bench.retryUnanswered(server);
    const paused = await fetch(`${server.url}/v1/tasks?filter=state:paused&limit=1000`);
    const { tasks } = (await paused.json()) as { tasks: { id: string }[] };
    for (const { id } of tasks) {
      await fetch(`${server.url}/v1/tasks/${id}/resume`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: '{"reason":"the end"}',
      });
    }
    await this.#bench.settled();
    await server.end("SIGTERM");
    const history = await checkHistory(this.#bench.data, { ...this.#bench, mixed: true });
    const latencies = this.#load.latencies.toSorted((a, b) => a - b);
    const at = (share: number) => Math.round(latencies[Math.floor(share * latencies.length)] ?? 0);
    return {
      ...history,
      calls: { ...Object.fromEntries(this.#load.statuses), unanswered: this.#load.unanswered },
      faults: this.#faults,
      wrong: this.#load.wrong,
      samples: this.#samples,
      p50: at(0.5),
      p99: at(0.99),
    };
  }

  #start(): Promise<ServerProcess> {
    return this.#bench.start({}, "--speed", "5");
  }

  /** An open loop: calls start on time, even if earlier calls are not answered yet. */
  async #pace(): Promise<void> {
    const under = new Set<Promise<void>>();
    for (let due = performance.now(); this.#going; due += 1_000 / this.#rate) {
      await sleep(Math.max(0, due - performance.now()));
      const server = this.#server;
      if (server === undefined) continue;
      const call = this.#load.one(server).finally(() => under.delete(call));
      under.add(call);
    }
    await Promise.all(under);
  }

  async #fault(restarts: boolean): Promise<void> {
    const server = this.#server;
    if (server === undefined) return;
    const kind = restarts
      ? (["SIGKILL", "SIGTERM", "SIGSTOP"] as const)[Math.floor(Math.random() * 3)]
      : "SIGSTOP";
    if (kind === undefined) return;
    this.#faults[kind]++;
    if (kind === "SIGSTOP") {
      server.child.kill("SIGSTOP");
      await sleep(1_000 + Math.random() * 9_000);
      server.child.kill("SIGCONT");
      return;
    }
    this.#server = undefined;
    await server.end(kind);
    this.#server = await this.#start();
  }

  #sample(minute: number): Sample {
    const pid = this.#server?.child.pid ?? 0;
    const status = readFileSync(`/proc/${pid}/status`, "utf8");
    const sizeOf = (ending: string) =>
      readdirSync(this.#bench.data)
        .filter((name) => name.endsWith(ending))
        .reduce((sum, name) => sum + statSync(join(this.#bench.data, name)).size, 0);
    const mega = (bytes: number) => Math.round(bytes / 1e5) / 10;
    return {
      minute: Math.round(minute * 10) / 10,
      pid,
      memory: mega(Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) * 1024),
      database: mega(sizeOf("taskscribe.db")),
      log: mega(sizeOf("taskscribe.db-wal")),
      archive: mega(sizeOf(".jsonl")),
    };
  }
}
