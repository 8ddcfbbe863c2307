import type { Clock } from "../clock.ts";
import type { TaskEvent } from "../core/events.ts";
import { EVERYBODY, Pace } from "../pace.ts";
import { Batch } from "./batch.ts";
import type { Cursor } from "./cursor.ts";
import type { Feed } from "./feed.ts";
import type { FeedEntry } from "./feed-entry.ts";
import { NO_COUNTS, type PushCounts } from "./share-counts.ts";

/** The client's side of a stream, as the HTTP shell gives it. */
export interface Sink {
  /** Returns false when the client is behind; `onDrain` tells when it has caught up. */
  write(bytes: Uint8Array): boolean;
  onDrain(listener: () => void): void;
  onClose(listener: () => void): void;
  /** Ends the stream after what is written has been sent. */
  end(): void;
  /** Closes the connection at once, also when something is not sent yet. */
  cut(): void;
}

export interface StreamRequest {
  readonly account: string;
  /** Only this task, and only until its end. */
  readonly taskId?: string;
  readonly after: number;
  readonly wants?: (entry: FeedEntry) => boolean | Promise<boolean>;
}

export const HEARTBEAT_MS = 15_000;
/** A client that reads nothing for this long is hung up on; its last id says where to go on. */
export const SLOW_MS = 30_000;
/** Heartbeats are spread over this many turns, so that ten thousand clients are not written to at once. */
const SLOTS = 15;

/**
 * What a browser waits before it comes back with the same outdated cursor, if its page does not close the stream: it gets
 * the same answer again. Only the page can begin anew.
 */
const RETRY_RESET_MS = 60_000;

const HEARTBEAT = Buffer.from(":\n\n");
const END = Buffer.from("event: end\ndata: {}\n\n");

interface Stream {
  readonly sink: Sink;
  cursor: Cursor | undefined;
  /** What was delivered in this turn and is not written yet. */
  batch: Batch | undefined;
  /** The last entry was the task's last. */
  isOver: boolean;
  /** Since when the client has been behind, on the monotonic time. */
  behindSince: number | undefined;
}

/** Server-Sent Events over the feed. A stream keeps its position in the log and what its socket buffers, nothing more. */
export class EventStreams {
  readonly #feed: Feed;
  readonly #clock: Clock;
  readonly #counts: PushCounts;
  /** So many bytes are taken from the log before the client is asked whether it can take more. */
  readonly #fullBytes: number;
  readonly #slots: readonly Set<Stream>[] = Array.from({ length: SLOTS }, () => new Set<Stream>());
  /** The streams that have something to write at the end of this turn. */
  #pending: Stream[] = [];
  /** The empty batch that every batch of this turn begins with. */
  #empty: Batch;
  #size = 0;
  #opened = 0;
  #slot = 0;
  #callOff: (() => void) | undefined;

  constructor(feed: Feed, clock: Clock, counts: PushCounts = NO_COUNTS) {
    this.#feed = feed;
    this.#empty = new Batch(feed.cursors);
    this.#counts = counts;
    this.#clock = clock;
    this.#fullBytes = feed.budgets.streamBytes;
  }

  /** The number of open streams. */
  get size(): number {
    return this.#size;
  }

  /** @throws what `take` of the counts says, if the account has no room for one more stream. */
  checkRoom(account: string): void {
    const full = this.#counts.take(account, "streams");
    if (full !== undefined) throw full;
    this.#counts.give(account, "streams");
  }

  /**
   * Tells the client that its cursor is outdated, and why and after which one to begin anew; then the stream ends. There
   * is no id: with a new one, a client that does not know this event would go on as if it had missed nothing.
   */
  reset(sink: Sink, reason: { code: string; message: string; next: string }): void {
    const data = JSON.stringify(reason);
    sink.write(Buffer.from(`retry: ${RETRY_RESET_MS}\nevent: reset\ndata: ${data}\n\n`));
    sink.end();
  }

  /** A stream for which there is no room ends at once: `checkRoom` tells before its head is sent. */
  open(sink: Sink, request: StreamRequest): void {
    const { account } = request;
    if (this.#counts.take(account, "streams") !== undefined) {
      sink.end();
      return;
    }
    const stream: Stream = {
      sink,
      cursor: undefined,
      batch: undefined,
      isOver: false,
      behindSince: undefined,
    };
    const slot = this.#slots[this.#opened++ % SLOTS];
    slot?.add(stream);
    this.#size += 1;
    this.#callOff ??= this.#beatLater();
    // The first id lets a client that has seen no event yet come back to the same position.
    sink.write(Buffer.from(`retry: 1000\nid: ${this.#feed.cursors.at(request.after)}\n\n`));
    const close = () => {
      if (slot?.delete(stream) !== true) return;
      this.#counts.give(account, "streams");
      this.#size -= 1;
      stream.cursor?.close();
      if (this.#size === 0) this.#rest();
    };
    sink.onClose(close);
    sink.onDrain(() => {
      stream.behindSince = undefined;
      stream.cursor?.ready();
    });
    stream.cursor = this.#feed.subscribe({
      ...request,
      deliver: (entry) => this.#deliver(stream, entry, request.taskId !== undefined),
      ended: () => {
        close();
        this.#write(stream);
        if (!stream.isOver) sink.end();
      },
    });
  }

  /** Written at the end of the turn, in one piece: what comes together costs each client one write. */
  #deliver(stream: Stream, entry: FeedEntry, untilEnd: boolean): boolean {
    if (stream.batch === undefined) {
      if (this.#pending.push(stream) === 1) queueMicrotask(() => void this.#writeAll());
      stream.batch = this.#empty;
    }
    stream.batch = stream.batch.with(entry);
    stream.isOver = untilEnd && entry.events.some(isEnd);
    if (stream.isOver || stream.behindSince !== undefined) return false;
    return stream.batch.size < this.#fullBytes;
  }

  /** Ten thousand writes take long: what comes during a rest goes out with what still waits, or after it. */
  async #writeAll(): Promise<void> {
    const pending = this.#pending;
    this.#pending = [];
    this.#empty = new Batch(this.#feed.cursors);
    const pace = new Pace(EVERYBODY, this.#feed.turns);
    for (const stream of pending) {
      const rest = pace.rest();
      if (rest !== undefined) await rest;
      this.#write(stream);
    }
  }

  #write(stream: Stream): void {
    const { sink, cursor, batch, isOver } = stream;
    if (batch === undefined) return;
    stream.batch = undefined;
    const more = sink.write(batch.bytes);
    if (isOver) {
      sink.write(END);
      sink.end();
    } else if (!more) {
      stream.behindSince ??= this.#clock.monotonic();
      cursor?.wait();
    } else if (batch.size >= this.#fullBytes) cursor?.ready();
  }

  #beatLater(): () => void {
    return this.#clock.after(HEARTBEAT_MS / SLOTS, () => {
      this.#callOff = this.#beatLater();
      this.#slot = (this.#slot + 1) % SLOTS;
      for (const stream of [...(this.#slots[this.#slot] ?? [])]) this.#beat(stream);
    });
  }

  #beat({ sink, behindSince }: Stream): void {
    if (behindSince === undefined) sink.write(HEARTBEAT);
    else if (this.#clock.monotonic() - behindSince >= SLOW_MS) sink.cut();
  }

  #rest(): void {
    this.#callOff?.();
    this.#callOff = undefined;
  }
}

const ENDS: readonly TaskEvent["type"][] = [
  "TaskSucceeded",
  "TaskFailed",
  "TaskCanceled",
  "TaskExpired",
];

function isEnd({ type }: TaskEvent): boolean {
  return ENDS.includes(type);
}
