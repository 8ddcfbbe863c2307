import { redactEvents } from "../redact.ts";
import type { FeedEntry } from "./feed-entry.ts";
import type { LogCursors } from "./log-cursors.ts";

const frames = new WeakMap<FeedEntry, Uint8Array>();

/**
 * Entries that go out together, as bytes: those of another batch, and one more. Two clients with the same entries have the
 * same batch: the bytes are made once, however many clients they go to, and only when they are sent.
 */
export class Batch {
  /** How many bytes it has. */
  readonly size: number;
  readonly #cursors: LogCursors;
  readonly #before: Batch | undefined;
  readonly #frame: Uint8Array | undefined;
  #longer: Map<FeedEntry, Batch> | undefined;
  #bytes: Uint8Array | undefined;

  constructor(cursors: LogCursors, before?: Batch, entry?: FeedEntry) {
    this.#cursors = cursors;
    this.#before = before;
    this.#frame = entry && frameOf(entry, cursors);
    this.size = (before?.size ?? 0) + (this.#frame?.length ?? 0);
  }

  with(entry: FeedEntry): Batch {
    const known = this.#longer?.get(entry);
    if (known !== undefined) return known;
    const longer = new Batch(this.#cursors, this, entry);
    this.#longer ??= new Map();
    this.#longer.set(entry, longer);
    return longer;
  }

  get bytes(): Uint8Array {
    const frame = this.#frame;
    if (frame !== undefined && frame.length === this.size) return frame;
    this.#bytes ??= Buffer.concat(this.#frames(), this.size);
    return this.#bytes;
  }

  #frames(): readonly Uint8Array[] {
    const all: Uint8Array[] = [];
    for (let batch: Batch | undefined = this; batch !== undefined; batch = batch.#before) {
      if (batch.#frame !== undefined) all.push(batch.#frame);
    }
    return all.reverse();
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
