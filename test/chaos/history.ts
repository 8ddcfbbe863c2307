import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import type { TaskEvent } from "../../src/core/events.ts";
import { fold } from "../../src/core/evolve.ts";
import { isFinal, MAX_CRASHES, type Task } from "../../src/core/task.ts";
import { openSqliteStore } from "../../src/store/sqlite/sqlite-store.ts";
import type { Store } from "../../src/store/store.ts";

export const ACCOUNT = "1000000000000001";

/** The result of a history check, for the last line of a run. */
export interface HistoryFigures {
  readonly tasks: number;
  readonly attempts: number;
  readonly lost: number;
  readonly repeated: number;
}

export interface Told {
  /** Ids of tasks that were answered with 201. */
  readonly answered: ReadonlySet<string>;
  /** The file in which every attempt wrote a line before it did anything. */
  readonly witness: string;
  /** Tasks of all products are there too, and some were canceled: all must have ended, one way or another. */
  readonly mixed?: boolean;
}

/**
 * Holds the data directory of a stopped service against what was told and what really ran: nothing answered is lost,
 * logs fold to rows and end once, no recorded step ran again.
 */
export async function checkHistory(
  data: string,
  { answered, witness, mixed = false }: Told,
): Promise<HistoryFigures> {
  const store = await openSqliteStore(data);
  try {
    const logs = await readLogs(store);
    const lost: string[] = [];
    let givenUp = 0;
    for (const id of new Set([...answered, ...logs.keys()])) {
      const log = logs.get(id) ?? (await logOf(store, id));
      logs.set(id, log);
      const task = await store.read(ACCOUNT, id);
      if (task === undefined) {
        lost.push(id);
        continue;
      }
      assert.deepEqual(task, fold(log), `the row of ${id} is the fold of its log`);
      const blamed = isBlamed(task, log);
      if (blamed) givenUp++;
      const ended = mixed ? isFinal(task.state) : task.state === "succeeded" || blamed;
      assert.ok(ended, `${id}: ${task.state} ${JSON.stringify(task.error)}`);
      assertOneEnd(id, log);
    }
    const recorded = recordedAttempts(logs);
    const ran = readFileSync(witness, "utf8").trim().split("\n");
    const repeated = ran.filter((line) => isRepeat(line, recorded));
    assert.deepEqual(lost, [], "every answered task is there");
    assert.deepEqual(repeated, [], "no step ran again after it was recorded");
    const all = logs.size - givenUp;
    if (!mixed) assert.ok(recorded.size >= all * 4, "every step of every task was recorded");
    assert.ok(mixed || givenUp * 10 <= logs.size, `${givenUp} of ${logs.size} tasks were given up`);
    return { tasks: logs.size, attempts: ran.length, lost: lost.length, repeated: repeated.length };
  } finally {
    await store.close();
  }
}

/** The step ran at so many kills that it counts as their cause. Only in this way may kills make a task fail. */
function isBlamed({ state, error }: Task, log: readonly TaskEvent[]): boolean {
  if (state !== "failed" || error?.code !== "StepCrashed") return false;
  const crashes = log.filter(
    (event) =>
      event.type === "StepInterrupted" && event.cause === "crash" && event.step === error.step,
  );
  return crashes.length === MAX_CRASHES - 1;
}

/** A task that ended stays as it ended. */
function assertOneEnd(id: string, log: readonly TaskEvent[]): void {
  let ended: string | undefined;
  for (let i = 1; i <= log.length; i++) {
    const { state } = fold(log.slice(0, i));
    assert.ok(ended === undefined || ended === state, `${id} was ${ended} and then ${state}`);
    if (isFinal(state)) ended = state;
  }
}

async function readLogs(store: Store): Promise<Map<string, TaskEvent[]>> {
  const logs = new Map<string, TaskEvent[]>();
  for (let after = 0; ; ) {
    const page = await store.readEvents({ after, limit: 1_000 });
    for (const { taskId, events, position } of page) {
      assert.ok(position > after, "positions grow");
      after = position;
      logs.set(taskId, [...(logs.get(taskId) ?? []), ...events]);
    }
    if (page.length === 0) return logs;
  }
}

/** Also of a task in the archive, which the log of all tasks leaves out. */
async function logOf(store: Store, taskId: string): Promise<TaskEvent[]> {
  const page = await store.readEvents({ taskId, after: 0, limit: 1_000 });
  return page.flatMap(({ events }) => events);
}

/** Whether an attempt began although another one had been recorded as the step's success. */
function isRepeat(line: string, recorded: ReadonlyMap<string, number>): boolean {
  const [id = "", step = "", attempt = ""] = line.split(" ");
  return Number(attempt) > (recorded.get(`${id} ${step}`) ?? Number.POSITIVE_INFINITY);
}

/** Which attempt of each step was recorded as its success. */
function recordedAttempts(logs: ReadonlyMap<string, readonly TaskEvent[]>): Map<string, number> {
  const recorded = new Map<string, number>();
  for (const [id, log] of logs) {
    const current = new Map<string, number>();
    for (const event of log) {
      if (event.type === "StepStarted") current.set(event.step, event.attempt);
      if (event.type !== "StepSucceeded") continue;
      const key = `${id} ${event.step}`;
      assert.ok(!recorded.has(key), `${event.step} of ${id} is recorded twice`);
      recorded.set(key, current.get(event.step) ?? 0);
    }
  }
  return recorded;
}
