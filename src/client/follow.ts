import { type EventOptions, readEvents } from "./events.ts";
import type { Transport } from "./transport.ts";
import type { Entry, Task, TaskState } from "./types.ts";

const ENDED: readonly TaskState[] = ["succeeded", "failed", "canceled", "expired"];
/** The server reads no longer filter; then the events of all tasks are read, and the others left out here. */
const LONGEST_FILTER = 4_000;
const READ_AT_ONCE = 16;

/** Whether a task is over: it never changes again. */
export function hasEnded({ state }: Pick<Task, "state">): boolean {
  return ENDED.includes(state);
}

interface Following {
  readonly transport: Transport;
  /** Asks for as long as it takes if `patient`, else for as long as the client usually does. */
  readonly get: (id: string, signal: AbortSignal, patient: boolean) => Promise<Task>;
}

/**
 * The tasks as they are, and again whenever one of them has changed, until all have ended. Changes that come faster than
 * they can be read become one; the last one is always shown.
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
  // Asked once by the names given: an imported task has another id than the one it may be known by.
  for await (const task of read((id) => get(id, signals, false), [...new Set(ids)])) {
    if (versions.has(task.id)) continue;
    versions.set(task.id, task.version);
    if (!hasEnded(task)) open.add(task.id);
    yield task;
  }
  if (open.size === 0) return;
  const changes = new Changes(open);
  const reading = readInto(changes, transport, { ids: [...open], signal: signals });
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

/** Reads those that changed, until none is open. */
async function* changed(
  changes: Changes,
  open: Set<string>,
  get: (id: string) => Promise<Task>,
): AsyncGenerator<Task, void, void> {
  while (open.size > 0) {
    for await (const task of read(get, await changes.take(READ_AT_ONCE))) {
      if (hasEnded(task)) open.delete(task.id);
      yield task;
    }
  }
}

/** Some at a time, in their order. */
async function* read(
  get: (id: string) => Promise<Task>,
  ids: readonly string[],
): AsyncGenerator<Task, void, void> {
  for (let first = 0; first < ids.length; first += READ_AT_ONCE) {
    const some = ids.slice(first, first + READ_AT_ONCE);
    yield* await Promise.all(some.map(get));
  }
}

/** First the place in the log, then the tasks: nothing between the two is missed. */
async function readInto(
  changes: Changes,
  transport: Transport,
  { ids, signal }: { ids: string[]; signal: AbortSignal },
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
    ...(filter.length <= LONGEST_FILTER && { filter }),
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

/** Which tasks are to be read again. */
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

  /** At least one, as soon as there is one. @throws what the stream failed with */
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
