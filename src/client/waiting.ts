import { WaitTimeoutError } from "./errors.ts";
import { hasEnded } from "./follow.ts";
import type { Transport } from "./transport.ts";
import type { Task, Waited } from "./types.ts";

export interface WaitForOptions {
  /** Ends the wait. The task continues. */
  readonly signal?: AbortSignal;
  /** The longest wait. Default: no limit. */
  readonly timeoutMs?: number;
  /** Called with the task now, and again after every change. */
  readonly onChange?: (task: Task) => void;
}

/** How long the server holds one request open. Most proxies allow more. */
const HELD_SECONDS = 45;
const MARGIN_MS = 15_000;

/**
 * Waits until the task has ended. Its state says how. The wait continues over lost connections and restarts of the server. Only
 * the first request gives up, after `retryForMs` of the client.
 * @throws WaitTimeoutError, TaskscribeError, ConnectionError, the reason of the signal
 */
export async function waitForEnd(
  transport: Transport,
  id: string,
  { signal, timeoutMs = Number.POSITIVE_INFINITY, onChange }: WaitForOptions,
): Promise<Task> {
  const startedAt = Date.now();
  let known: Task | undefined;
  for (;;) {
    const leftMs = Math.max(0, startedAt + timeoutMs - Date.now());
    const { task } = await transport.json<Waited>({
      path: `/v1/tasks/${encodeURIComponent(id)}/wait`,
      query: waitQuery(known, leftMs, onChange !== undefined),
      signal,
      timeoutMs: HELD_SECONDS * 1_000 + MARGIN_MS,
      ...(known !== undefined && { retryForMs: Math.max(leftMs, 1_000) }),
    });
    if (task.version !== known?.version) onChange?.(task);
    known = task;
    if (hasEnded(task)) return task;
    if (Date.now() - startedAt >= timeoutMs) throw new WaitTimeoutError(task, timeoutMs);
  }
}

/** The query of one request. The first is answered at once, so that a wrong id or address is reported at once. */
function waitQuery(known: Task | undefined, leftMs: number, everyChange: boolean) {
  if (known === undefined) return { timeout: 0 };
  return {
    timeout: Math.min(HELD_SECONDS, leftMs / 1_000),
    ...(everyChange && { until: "change", since: known.version }),
  };
}
