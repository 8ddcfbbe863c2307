import { type EventOptions, readEvents } from "./events.ts";
import type { Transport } from "./transport.ts";
import type { Entry, Task, TaskState } from "./types.ts";

const ENDED: readonly TaskState[] = ["succeeded", "failed", "canceled", "expired"];
/** The longest filter that the server accepts. With more ids, the events of all tasks are read and selected here. */
const MAX_FILTER_LENGTH = 4_000;
const PARALLEL_READS = 16;

/** Whether the task has ended, so that it never changes again. */
export function hasEnded({ state }: Pick<Task, "state">): boolean {
  return ENDED.includes(state);
}

interface Following {
  readonly transport: Transport;
  /** Reads a task. If `patient`, it retries without a limit, else as long as the client usually does. */
  readonly get: (id: string, signal: AbortSignal, patient: boolean) => Promise<Task>;
}

/**
 * The tasks now, and each again whenever it has changed, until all have ended. If a task changes faster than it can be read, some
 * changes are skipped; the last one never is.
 */
export async function* followTasks(
  { transport, get }: Following,
  ids: readonly string[],
  signal: AbortSignal | undefined,
): AsyncGenerator<Task, void, void> {
  const over = new AbortController();
  const signals = signal === undefined ? over.signal : AbortSignal.any([signal, over.signal]);
  const versions = new Map<string, number>();
  const open = new Set<string>();
  // Each id of the caller is read once. The caller may know an imported task by its old id, so the ids may differ.
  for await (const task of read((id) => get(id, signals, false), [...new Set(ids)])) {
    if (versions.has(task.id)) continue;
    versions.set(task.id, task.version);
    if (!hasEnded(task)) open.add(task.id);
    yield task;
  }
  if (open.size === 0) return;
  const changes = new Changes(open);
  // After a restore, a task may have another past with the same version.
  const forget = () => versions.clear();
  const reading = collectChanges(changes, transport, { ids: [...open], signal: signals, forget });
  try {
    for await (const task of changed(changes, open, (id) => get(id, signals, true))) {
      if (versions.get(task.id) === task.version) continue;
      versions.set(task.id, task.version);
      yield task;
    }
  } finally {
    over.abort();
    await reading;
  }
}

/** Reads the tasks that changed, until no task is open. */
async function* changed(
  changes: Changes,
  open: Set<string>,
  get: (id: string) => Promise<Task>,
): AsyncGenerator<Task, void, void> {
  while (open.size > 0) {
    for await (const task of read(get, await changes.take(PARALLEL_READS))) {
      if (hasEnded(task)) open.delete(task.id);
      yield task;
    }
  }
}

/** Reads the tasks in their order, several at a time. */
async function* read(
  get: (id: string) => Promise<Task>,
  ids: readonly string[],
): AsyncGenerator<Task, void, void> {
  for (let first = 0; first < ids.length; first += PARALLEL_READS) {
    const some = ids.slice(first, first + PARALLEL_READS);
    yield* await Promise.all(some.map(get));
  }
}

/** Collects changes. The stream opens before the tasks are read, so that no change between the two is missed. */
async function collectChanges(
  changes: Changes,
  transport: Transport,
  { ids, signal, forget }: { ids: string[]; signal: AbortSignal; forget: () => void },
): Promise<void> {
  const filter = `id:${ids.map(quoted).join(",")}`;
  let isFirst = true;
  const onOpen = () => {
    if (isFirst) changes.all();
    isFirst = false;
  };
  const options: EventOptions = {
    signal,
    onOpen,
    onReset: () => {
      forget();
      changes.all();
    },
    ...(filter.length <= MAX_FILTER_LENGTH && { filter }),
  };
  try {
    for await (const entry of readEvents(transport, options, Number.POSITIVE_INFINITY))
      changes.add(entry);
  } catch (error) {
    changes.fail(error);
  }
}

function quoted(id: string): string {
  return `"${id.replace(/["\\]/g, "\\$&")}"`;
}

/** The tasks that have to be read again. */
class Changes {
  readonly #open: ReadonlySet<string>;
  readonly #changed = new Set<string>();
  #failure: { readonly error: unknown } | undefined;
  #wake: () => void = () => {};

  constructor(open: ReadonlySet<string>) {
    this.#open = open;
  }

  all(): void {
    for (const id of this.#open) this.#changed.add(id);
    this.#wake();
  }

  add({ taskId }: Entry): void {
    if (!this.#open.has(taskId)) return;
    this.#changed.add(taskId);
    this.#wake();
  }

  fail(error: unknown): void {
    this.#failure = { error };
    this.#wake();
  }

  /** Takes at least one task, as soon as there is one. @throws the error of the stream. */
  async take(most: number): Promise<readonly string[]> {
    while (this.#changed.size === 0 && this.#failure === undefined) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    if (this.#failure !== undefined) throw this.#failure.error;
    const taken = [...this.#changed].slice(0, most);
    for (const id of taken) this.#changed.delete(id);
    return taken;
  }
}
