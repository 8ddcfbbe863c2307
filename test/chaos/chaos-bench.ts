import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as sleep } from "node:timers/promises";
import type { Faults } from "../support/faults.ts";
import { type ServerProcess, startServerProcess } from "../support/server-process.ts";

const CONNECTIONS = 40;

export async function inParallel<T>(items: readonly T[], use: (item: T) => Promise<void>) {
  const left = [...items];
  const client = async () => {
    for (let item = left.pop(); item !== undefined; item = left.pop()) await use(item);
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, client));
}

/** A data directory whose servers are killed, with the answers to clients and the effects of steps. */
export class ChaosBench {
  readonly folder = mkdtempSync(join(tmpdir(), "taskscribe-chaos-"));
  readonly data = join(this.folder, "data");
  readonly witness = join(this.folder, "witness");
  readonly answered = new Set<string>();
  /** Client tokens, and the task of each, if its answer was not lost. */
  readonly tokens = new Map<string, string | undefined>();
  readonly #config: string;
  readonly #servers = new Set<ServerProcess>();

  constructor(config = "four-steps.config.ts") {
    this.#config = join(import.meta.dirname, config);
    process.env["CHAOS_WITNESS"] = this.witness;
  }

  async start(faults: Faults = {}, ...args: readonly string[]): Promise<ServerProcess> {
    const settings = ["--data", this.data, "--config", this.#config, "--drain-ms", "0", ...args];
    const server = await startServerProcess(settings, faults);
    this.#servers.add(server);
    server.child.once("exit", () => this.#servers.delete(server));
    return server;
  }

  /** Stops all processes. */
  async killAll(): Promise<void> {
    for (const server of this.#servers) {
      server.child.kill("SIGCONT");
      await server.end("SIGKILL");
    }
  }

  /** Stops all processes and removes all files. */
  async end(): Promise<void> {
    await this.killAll();
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** Submits tasks, each with its own client token, until `count` are answered or the server is gone. */
  async submitUntil(server: ServerProcess, count: number): Promise<void> {
    let left = count;
    const client = async () => {
      while (left-- > 0) if (!(await this.submit(server, crypto.randomUUID()))) return;
    };
    await Promise.all(Array.from({ length: Math.min(CONNECTIONS, count) }, client));
  }

  /** False if no answer came. A token that was answered before must lead to the same task. */
  async submit(server: ServerProcess, clientToken: string): Promise<boolean> {
    const known = this.tokens.get(clientToken);
    this.tokens.set(clientToken, known);
    const response = await fetch(`${server.url}/v1/tasks`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ type: "four-steps", input: {}, clientToken }),
    }).catch(() => undefined);
    if (response === undefined) return false; // killed
    const task = (await response.json().catch(() => undefined)) as { id: string } | undefined;
    if (task === undefined) return false; // killed in the middle of its answer
    assert.ok(response.ok, JSON.stringify(task));
    assert.ok(known === undefined || known === task.id, `${clientToken} made a second task`);
    this.tokens.set(clientToken, task.id);
    this.answered.add(task.id);
    return true;
  }

  /** Repeats a call without an answer, with the same token. */
  async retryUnanswered(server: ServerProcess): Promise<void> {
    const unanswered = [...this.tokens].filter(([, id]) => id === undefined);
    await inParallel(unanswered, async ([token]) => void (await this.submit(server, token)));
  }

  /** How many of the answered tasks the server does not know. */
  async missing(server: ServerProcess): Promise<readonly string[]> {
    const missing: string[] = [];
    await inParallel([...this.answered], async (id) => {
      const response = await fetch(`${server.url}/v1/tasks/${id}`);
      await response.arrayBuffer();
      if (response.status !== 200) missing.push(id);
    });
    return missing;
  }

  /** Read beside the running server, with a connection of its own. */
  openTasks(): number {
    const file = join(this.data, "taskscribe.db");
    const database = new DatabaseSync(file, { readOnly: true, timeout: 5_000 });
    try {
      const open = "SELECT count(*) AS open FROM tasks WHERE phase = 'open'";
      return Number(database.prepare(open).get()?.["open"]);
    } finally {
      database.close();
    }
  }

  async settled(): Promise<void> {
    while (this.openTasks() > 0) await sleep(100);
  }
}
