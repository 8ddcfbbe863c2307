import { redactEvents } from "../redact.ts";
import type { FeedEntry } from "./feed-entry.ts";

const frames = new WeakMap<FeedEntry, Uint8Array>();

/**
 * Entries that go out together, as bytes. Two clients with the same entries have the same batch: the bytes are made
 * once, however many clients they go to.
 */
export class Batch {
  readonly #entries: readonly FeedEntry[];
  readonly #longer = new Map<FeedEntry, Batch>();
  #bytes: Uint8Array | undefined;

  constructor(entries: readonly FeedEntry[] = []) {
    this.#entries = entries;
  }

  with(entry: FeedEntry): Batch {
    const known = this.#longer.get(entry);
    if (known !== undefined) return known;
    const longer = new Batch([...this.#entries, entry]);
    this.#longer.set(entry, longer);
    return longer;
  }

  get bytes(): Uint8Array {
    const [only, ...others] = this.#entries;
    if (only !== undefined && others.length === 0) return frameOf(only);
    this.#bytes ??= Buffer.concat(this.#entries.map(frameOf));
    return this.#bytes;
  }
}

/** One message of Server-Sent Events, its id the position in the log. */
function frameOf(entry: FeedEntry): Uint8Array {
  const known = frames.get(entry);
  if (known !== undefined) return known;
  const { position, taskId, firstVersion, events } = entry;
  const data = JSON.stringify({ position, taskId, firstVersion, events: redactEvents(events) });
  const frame = Buffer.from(`id: ${position}\ndata: ${data}\n\n`);
  frames.set(entry, frame);
  return frame;
}
