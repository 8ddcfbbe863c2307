import type { TaskEvent } from "../../src/core/events.ts";
import type { TaskDraft } from "../../src/core/task.ts";
import type { History } from "./history.ts";

const ENDS: ReadonlySet<TaskEvent["type"]> = new Set([
  "TaskSucceeded",
  "TaskFailed",
  "TaskCanceled",
  "TaskExpired",
]);

/** Checks what the log alone shows: one result for each task, limits, one task for each token, counts. */
export function checkLog(history: History): readonly string[] {
  return [
    ...checkVerdicts(history),
    ...checkLimits(history),
    ...checkTokens(history),
    ...checkCounts(history),
  ];
}

function checkVerdicts({ remains }: History): string[] {
  const ends = new Map<string, number>();
  for (const { taskId, events } of remains.log) {
    const found = events.filter(({ type }) => ENDS.has(type)).length;
    ends.set(taskId, (ends.get(taskId) ?? 0) + found);
  }
  return [...ends].flatMap(([id, count]) =>
    count > 1 ? [`R-3 ${id}: it has ${count} verdicts`] : [],
  );
}

/** Walks the log in the order of its commits. */
function checkLimits({ remains, limits }: History): string[] {
  const complaints: string[] = [];
  const running = new Map<string, TaskDraft>();
  for (const { draft, event, position } of placedEvents(remains)) {
    if (ENDS.has(event.type)) running.delete(draft.id);
    if (event.type !== "TaskStarted") continue;
    running.set(draft.id, draft);
    const broken = brokenLimit(draft, [...running.values()], limits);
    if (broken !== undefined) complaints.push(`R-8 ${draft.id} at ${position}: ${broken}`);
  }
  return complaints;
}

function* placedEvents({ log }: History["remains"]) {
  const drafts = new Map<string, TaskDraft>();
  for (const { taskId, position, events } of log) {
    // What an imported task did before it came here took no place here.
    if (events[0]?.type === "TaskSubmitted" && isImported(events[0].task)) {
      drafts.set(taskId, events[0].task);
      continue;
    }
    for (const event of events) {
      if (event.type === "TaskSubmitted") drafts.set(taskId, event.task);
      const draft = drafts.get(taskId);
      if (draft !== undefined) yield { draft, event, position };
    }
  }
}

function isImported({ importedFrom, forkOf }: TaskDraft): boolean {
  return importedFrom !== undefined && forkOf === undefined;
}

function brokenLimit(
  { account, product, type, concurrencyKey }: TaskDraft,
  running: readonly TaskDraft[],
  limits: History["limits"],
): string | undefined {
  // Subtasks use the slot of their parent. No type here asks for one of its own, so none lends its place.
  const inSlots = running.filter(({ parent }) => parent === undefined);
  if (inSlots.length > limits.running) return `${inSlots.length} tasks run`;
  const ofType = running.filter((one) => one.product === product && one.type === type);
  const mostOfType = product === "native" ? limits.ofType[type] : undefined;
  if (ofType.length > (mostOfType ?? Number.POSITIVE_INFINITY)) {
    return `${ofType.length} of type ${type} run`;
  }
  if (concurrencyKey === undefined) return undefined;
  const sharing = running.filter(
    (one) => one.account === account && one.concurrencyKey === concurrencyKey,
  );
  const most = sharing.map((one) => limits.perKey[one.type] ?? 1);
  if (sharing.length <= Math.min(...most)) return undefined;
  return `${sharing.length} with the key ${concurrencyKey} run`;
}

/** Clients also write their token into the labels. Forks copy the labels, and are other tasks. */
function checkTokens({ remains }: History): string[] {
  const made = new Map<string, string>();
  const complaints: string[] = [];
  for (const { taskId, account, events } of remains.log) {
    const [first] = events;
    if (first?.type !== "TaskSubmitted" || first.task.forkOf !== undefined) continue;
    const token = first.task.labels?.["token"];
    if (token === undefined) continue;
    const key = `${account} ${token}`;
    const other = made.get(key);
    if (other !== undefined) complaints.push(`R-7 ${token}: it made ${other} and ${taskId}`);
    made.set(key, taskId);
  }
  return complaints;
}

function checkCounts({ remains }: History): string[] {
  const archived = new Set(remains.archived);
  return Object.entries(remains.counts).flatMap(([account, counts]) => {
    const counted = new Map<string, number>();
    for (const row of remains.rows) {
      if (row.account !== account || archived.has(row.id)) continue;
      const name = `${row.product} ${row.type} ${row.state}`;
      counted.set(name, (counted.get(name) ?? 0) + 1);
    }
    const kept = counts.map(
      ({ product, type, state, count }) => `${product} ${type} ${state}: ${count}`,
    );
    const real = [...counted].map(([name, count]) => `${name}: ${count}`);
    const same = kept.toSorted().join() === real.toSorted().join();
    return same
      ? []
      : [`R-2 counts of ${account}: kept ${kept.join(", ")}; real ${real.join(", ")}`];
  });
}
