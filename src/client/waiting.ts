import { WaitTimeoutError } from "./errors.ts";
import { hasEnded } from "./follow.ts";
import type { Transport } from "./transport.ts";
import type { Task, Waited } from "./types.ts";

export interface WaitForOptions {
  /** Calls the waiting off. The task lives on. */
  readonly signal?: AbortSignal;
  /** Gives up after so long; absent: never. */
  readonly timeoutMs?: number;
  /** Hears of the task as it is, and of every change. */
  readonly onChange?: (task: Task) => void;
}

/** One question is kept open so long. Below what proxies usually allow. */
const HELD_SECONDS = 45;
const MARGIN_MS = 15_000;

/**
 * Waits until the task has ended, in whatever way: look at its state. Connections that are cut, and a server that starts
 * again, are waited through; only the first question gives up, after the client's `retryForMs`.
 * @throws WaitTimeoutError, TaskscribeError, ConnectionError, the signal's reason
 */
export async function waitForTask(
  transport: Transport,
  id: string,
  { signal, timeoutMs = Number.POSITIVE_INFINITY, onChange }: WaitForOptions,
): Promise<Task> {
  const begun = Date.now();
  let known: Task | undefined;
  for (;;) {
    const leftMs = Math.max(0, begun + timeoutMs - Date.now());
    const { task } = await transport.json<Waited>({
      path: `/v1/tasks/${encodeURIComponent(id)}/wait`,
      query: question(known, leftMs, onChange !== undefined),
      signal,
      timeoutMs: HELD_SECONDS * 1_000 + MARGIN_MS,
      ...(known !== undefined && { retryForMs: Math.max(leftMs, 1_000) }),
    });
    if (task.version !== known?.version) onChange?.(task);
    known = task;
    if (hasEnded(task)) return task;
    if (Date.now() - begun >= timeoutMs) throw new WaitTimeoutError(task, timeoutMs);
  }
}

/** The first is answered at once, so that a task that is not there, or a wrong address, is known at once. */
function question(known: Task | undefined, leftMs: number, everyChange: boolean) {
  if (known === undefined) return { timeout: 0 };
  return {
    timeout: Math.min(HELD_SECONDS, leftMs / 1_000),
    ...(everyChange && { until: "change", since: known.version }),
  };
}
