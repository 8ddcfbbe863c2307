import type { SQLOutputValue } from "node:sqlite";
import type { TaskEvent } from "../../core/events.ts";
import type { JsonObject } from "../../core/json.ts";
import type { Resource } from "../../core/resource.ts";
import {
  FINAL_STATES,
  type FinalState,
  isFinal,
  type Task,
  type TaskState,
} from "../../core/task.ts";
import type { AccountUsage, ClaimedToken, RecordedEvents, TaskCount, TaskQuery } from "../store.ts";
import { checkSum, checkSumIs, DamagedRow, sumOfToken } from "./sums.ts";

export type Row = Record<string, SQLOutputValue>;

/** Needs the columns `id`, `doc` and `sum`. @throws DamagedRow */
export function toTask(row: Row): Task {
  checkSum(row["sum"], String(row["doc"]));
  const task = parse<Task>(row["doc"]);
  if (task.id !== row["id"]) throw new DamagedRow("a row says that it is another task's");
  return task;
}

/** @throws DamagedRow */
export function toRecordedEvents(row: Row): RecordedEvents {
  const { sum, events, taskId, account, firstVersion } = row;
  checkSum(sum, String(events), String(taskId), String(account), Number(firstVersion));
  return {
    position: row["position"] as number,
    account: row["account"] as string,
    taskId: row["taskId"] as string,
    firstVersion: row["firstVersion"] as number,
    events: parse<TaskEvent[]>(row["events"]),
  };
}

/** @throws DamagedRow */
export function toResource(row: Row): Resource {
  const parent = row["parent"] as string | null;
  const { sum, data, account, kind, id, version } = row;
  checkSum(sum, String(data), String(account), String(kind), String(id), parent, Number(version));
  return {
    kind: row["kind"] as string,
    id: row["id"] as string,
    ...(parent !== null && { parent }),
    data: parse<JsonObject>(row["data"]),
    version: row["version"] as number,
  };
}

/** The object or list in a column. A torn page can read as rows of NULL, and NULL as JSON is no object. */
function parse<T extends object>(json: SQLOutputValue | undefined): T {
  let value: unknown;
  try {
    value = JSON.parse(json as string);
  } catch (cause) {
    throw new DamagedRow("a row holds something that is not JSON", { cause });
  }
  if (typeof value === "object" && value !== null) return value as T;
  throw new DamagedRow("a row holds something that is no object");
}

export function toTaskCount(row: Row): TaskCount {
  return {
    product: row["product"] as string,
    type: row["type"] as string,
    state: row["state"] as TaskState,
    count: row["count"] as number,
  };
}

export function toAccountUsage(row: Row): AccountUsage {
  return {
    account: row["account"] as string,
    open: row["open"] as number,
    stored: row["stored"] as number,
    bytes: row["bytes"] as number,
  };
}

/** The submission that a token belongs to, after its checksum is checked. @throws DamagedRow */
export function toToken(row: Row, account: string, scope: string, token: string): ClaimedToken {
  const names = [String(row["taskId"]), account, scope, token];
  const reply = row["reply"] as string | null;
  checkSumIs(row["sum"], sumOfToken(String(row["fingerprint"]), reply, names));
  return toClaimedToken(row);
}

/** @throws DamagedRow if the reply is not JSON. */
export function toClaimedToken({ taskId, fingerprint, reply }: Row): ClaimedToken {
  return {
    taskId: String(taskId),
    fingerprint: String(fingerprint),
    ...(typeof reply === "string" && { reply: parse<JsonObject>(reply) }),
  };
}

/**
 * SQLite stores U+FFFD for half of a surrogate pair, which earlier versions accepted in a target's id. @throws DamagedRow
 * if the columns of a task's row differ from the task.
 */
export function checkFits(task: Task, query: TaskQuery): void {
  const { product, type, states, targetId, parentId, forkOf } = query;
  const fits =
    task.account === query.account &&
    (product === undefined || task.product === product) &&
    (type === undefined || task.type === type) &&
    (states === undefined || states.includes(task.state)) &&
    (targetId === undefined || task.target.id.toWellFormed() === targetId.toWellFormed()) &&
    (parentId === undefined || task.parent?.taskId === parentId) &&
    (forkOf === undefined || task.forkOf?.taskId === forkOf);
  if (!fits) throw new DamagedRow("an index leads to a task that does not belong there");
}

/** @throws DamagedRow if an entry of a task's log is missing. */
export function checkUnbroken(log: readonly RecordedEvents[], after: number): void {
  let expected = after === 0 ? 1 : log[0]?.firstVersion;
  for (const { firstVersion, events } of log) {
    if (firstVersion !== expected) throw new DamagedRow("a part of a task's log is missing");
    expected = firstVersion + events.length;
  }
}

/**
 * What the `phase` column holds: a final state, or "open" for all others. It changes once in a task's life, so an
 * index that holds it instead of the state is written less often.
 */
type Phase = "open" | FinalState;

export const PHASES: readonly Phase[] = ["open", ...FINAL_STATES];

export function phaseOf(state: TaskState): Phase {
  return isFinal(state) ? state : "open";
}
