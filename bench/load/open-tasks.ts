// Makes data directories with many open tasks through the Store port. They are kept between runs.
import { createHash } from "node:crypto";
import { cpSync, existsSync, globSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { TaskEvent } from "../../src/core/events.ts";
import type { TaskDraft } from "../../src/core/task.ts";
import { built, builtFile } from "./built.ts";
import { cache, emptyDirectory } from "./scratch.ts";
import { ACCOUNT } from "./seed-tasks.ts";

/** How many tasks are appended at once, and how many bytes of input at most. */
const BATCH = 4_000;
const BATCH_BYTES = 32 * 2 ** 20;
/** The first of the tasks was submitted a day before the last. */
const FIRST_AT = Date.UTC(2026, 10, 1);
const SPAN_MS = 24 * 3_600_000;
const LATER = Date.UTC(2100, 0, 1);

/** What the tasks wait for. The types are those of size.config.mjs. */
const WAITS = {
  delayed: () => ({ notBefore: LATER }),
  limited: () => ({}),
  keyed: () => ({ concurrencyKey: "one" }),
  rated: (n: number) => ({ concurrencyKey: `key-${n % 10_000}` }),
} as const satisfies Readonly<Record<string, (n: number) => Partial<TaskDraft>>>;

export type Wait = keyof typeof WAITS;

export interface OpenTasks {
  readonly wait: Wait;
  readonly tasks: number;
  /** The bytes of each input. */
  readonly inputBytes: number;
}

/** A copy of a directory with these tasks that may be changed, and their ids, oldest first. */
export async function openTasksCopy(
  open: OpenTasks,
  tell: (text: string) => void,
): Promise<{ readonly directory: string; readonly ids: readonly string[] }> {
  const { wait, tasks, inputBytes } = open;
  const kept = join(cache(), `open-${fingerprint()}-${wait}-${tasks}-${inputBytes}`);
  if (!existsSync(kept)) await fill(kept, open, tell);
  const copy = emptyDirectory();
  cpSync(kept, copy, { recursive: true });
  const draftOf = drafts(open);
  return { directory: copy, ids: Array.from({ length: tasks }, (_, n) => draftOf(n).task.id) };
}

/** The name of the directory depends on the schema and on this file. */
function fingerprint(): string {
  const hash = createHash("sha256");
  const folder = builtFile("store/sqlite/migrations");
  for (const name of globSync("*.sql", { cwd: folder }).sort()) {
    hash.update(readFileSync(join(folder, name)));
  }
  hash.update(readFileSync(import.meta.filename));
  return hash.digest("hex").slice(0, 12);
}

async function fill(
  directory: string,
  open: OpenTasks,
  tell: (text: string) => void,
): Promise<void> {
  const unfinished = `${directory}.unfinished`;
  rmSync(unfinished, { recursive: true, force: true });
  const { fold } = await built("core/evolve.js");
  const { openSqliteStore } = await built("store/sqlite/sqlite-store.js");
  const draftOf = drafts(open);
  const store = await openSqliteStore(unfinished);
  const batch = Math.max(
    1,
    Math.min(BATCH, Math.floor(BATCH_BYTES / Math.max(1, open.inputBytes))),
  );
  try {
    for (let first = 0; first < open.tasks; first += batch) {
      const appended = [];
      for (let n = first; n < Math.min(first + batch, open.tasks); n++) {
        const { at, task } = draftOf(n);
        const events: TaskEvent[] = [{ type: "TaskSubmitted", at, task }];
        const append = { taskId: task.id, expectedVersion: 0, events, task: fold(events) };
        appended.push(store.append(append));
      }
      for (const { outcome } of await Promise.all(appended)) {
        if (outcome !== "appended") throw new Error(`seeding failed: ${outcome}`);
      }
      tell(`seeding ${open.tasks} open tasks: ${Math.floor((first / open.tasks) * 100)} %`);
    }
  } finally {
    await store.close();
  }
  renameSync(unfinished, directory);
}

type Draft = (n: number) => { readonly at: number; readonly task: TaskDraft };

function drafts({ wait, tasks, inputBytes }: OpenTasks): Draft {
  const input = inputBytes === 0 ? {} : { data: "x".repeat(inputBytes - 11) };
  return (n) => {
    const at = FIRST_AT + Math.floor((SPAN_MS / tasks) * n);
    const task: TaskDraft = {
      id: idOf(at, n),
      account: ACCOUNT,
      product: "native",
      type: wait,
      input,
      target: { type: "machine", id: `machine-${n % 100}` },
      attributes: {},
      steps: [{ name: "only", after: [], weight: 1, maxAttempts: 1 }],
      priority: 5,
      actor: "anonymous",
      ...WAITS[wait](n),
    };
    return { at, task };
  };
}

/** As src/engine/native-ids.ts makes them, but with a number in place of chance. */
function idOf(at: number, n: number): string {
  return `ts-${at.toString(36).padStart(9, "0")}${n.toString(36).padStart(11, "0")}`;
}
