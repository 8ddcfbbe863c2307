import { DomainError } from "../core/errors.ts";
import type { TaskEvent } from "../core/events.ts";
import { fold } from "../core/evolve.ts";
import type { Task, TaskDraft } from "../core/task.ts";
import type { AppendResult, Store, TokenClaim } from "../store/store.ts";
import { IMPORT_SCOPE, MAX_CONFLICTS, tooManyConflicts } from "./memory/live-tasks.ts";

interface Imported {
  readonly events: readonly TaskEvent[];
  readonly task: Task;
}

/** The account that a log is imported into. */
interface ImportTarget {
  readonly store: Store;
  readonly account: string;
  readonly newId: (product: string) => string;
  /** Throws if the task cannot be imported. */
  readonly check: (task: Task) => void;
}

/**
 * Imports the log of a task from another server as a task of this account. The task gets a new id: whether the old id is
 * free depends on other accounts, and an answer must not show what they have.
 * @throws DomainError `InvalidParameter` for what is no log of a task, `ResourceExists` if the account has it already.
 */
export async function takeIn(
  log: readonly TaskEvent[],
  { store, account, newId, check }: ImportTarget,
): Promise<Imported & { readonly position: number }> {
  const { draft, at, rest } = opened(log);
  const origin = draft.importedFrom ?? draft.id;
  for (const id of new Set([origin, draft.id])) {
    if ((await store.read(account, id)) !== undefined) throw alreadyThere(id);
  }
  const token: TokenClaim = { scope: IMPORT_SCOPE, token: origin, fingerprint: "" };
  for (let conflicts = 0; conflicts < MAX_CONFLICTS; conflicts++) {
    const submitted = rehomed(draft, newId(draft.product), account, origin);
    const events = [{ type: "TaskSubmitted", at, task: submitted } as const, ...rest];
    const task = folded(events);
    check(task);
    const append = { taskId: task.id, expectedVersion: 0, events, task, token };
    const result: AppendResult = await store.append(append);
    if (result.outcome === "appended") return { events, task, position: result.position };
    if (result.outcome === "token-taken") throw alreadyThere(origin);
  }
  throw tooManyConflicts("an imported task");
}

function opened(log: readonly TaskEvent[]) {
  const [first, ...rest] = log;
  if (first?.type === "TaskSubmitted") return { draft: first.task, at: first.at, rest };
  throw invalid(first?.type ?? "no events", "a log that begins with TaskSubmitted");
}

function rehomed(draft: TaskDraft, id: string, account: string, importedFrom: string): TaskDraft {
  const own = draft.target.type === "task" && draft.target.id === draft.id;
  return { ...draft, id, account, importedFrom, ...(own && { target: { ...draft.target, id } }) };
}

function folded(events: readonly TaskEvent[]): Task {
  try {
    return fold(events);
  } catch (error) {
    throw invalid(error instanceof Error ? error.message : "events", "a log as it was exported");
  }
}

function alreadyThere(taskId: string): DomainError {
  const message = `task ${taskId} is in this account already; it cannot be imported again`;
  return new DomainError("ResourceExists", message, { kind: "task", id: taskId });
}

function invalid(found: string, expected: string): DomainError {
  return new DomainError("InvalidParameter", `the log is ${found}; give ${expected}`, {
    parameter: "log",
    found,
    expected,
  });
}
