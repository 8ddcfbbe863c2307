import { redactEvents } from "../redact.ts";
import type { FeedEntry } from "./feed-entry.ts";
import type { LogCursors } from "./log-cursors.ts";

const frames = new WeakMap<FeedEntry, Uint8Array>();

/**
 * Entries that go out together, as bytes. Two clients with the same entries have the same batch: the bytes are made
 * once, however many clients they go to.
 */
export class Batch {
  readonly #cursors: LogCursors;
  readonly #entries: readonly FeedEntry[];
  readonly #longer = new Map<FeedEntry, Batch>();
  #bytes: Uint8Array | undefined;

  constructor(cursors: LogCursors, entries: readonly FeedEntry[] = []) {
    this.#cursors = cursors;
    this.#entries = entries;
  }

  with(entry: FeedEntry): Batch {
    const known = this.#longer.get(entry);
    if (known !== undefined) return known;
    const longer = new Batch(this.#cursors, [...this.#entries, entry]);
    this.#longer.set(entry, longer);
    return longer;
  }

  get bytes(): Uint8Array {
    const [only, ...others] = this.#entries;
    if (only !== undefined && others.length === 0) return frameOf(only, this.#cursors);
    this.#bytes ??= Buffer.concat(this.#entries.map((entry) => frameOf(entry, this.#cursors)));
    return this.#bytes;
  }
}

/** One message of Server-Sent Events, its id the cursor behind the entry. */
function frameOf(entry: FeedEntry, cursors: LogCursors): Uint8Array {
  const known = frames.get(entry);
  if (known !== undefined) return known;
  const { position, taskId, firstVersion, events } = entry;
  const data = JSON.stringify({ position, taskId, firstVersion, events: redactEvents(events) });
  const frame = Buffer.from(`id: ${cursors.at(position)}\ndata: ${data}\n\n`);
  frames.set(entry, frame);
  return frame;
}
