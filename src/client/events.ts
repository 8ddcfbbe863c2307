import { cursorParts, isAfter } from "./cursors.ts";
import { ConnectionError } from "./errors.ts";
import { backOffMs, pause } from "./pause.ts";
import { EndlessMessage, type Message, readMessages } from "./sse.ts";
import {
  type ApiRequest,
  isTemporary,
  type RetryNote,
  retryAfterMs,
  type Transport,
  unexpectedAnswer,
} from "./transport.ts";
import type { Entry, LogEntry } from "./types.ts";

export interface EventOptions {
  /** Read the events of this task, from its beginning to its end. Without it: of all tasks, from now on. */
  readonly taskId?: string;
  /** Without `taskId`: read only the events of tasks that match. */
  readonly filter?: string;
  /** Begin after this cursor, as an entry has it; "0": with the first event of all. */
  readonly after?: string;
  readonly signal?: AbortSignal;
  /** Called when the stream is open. From then on, no event after this cursor is missed. */
  readonly onOpen?: (cursor: string) => void;
  /** Called when the server was restored from a backup, before the first event that is new since then. */
  readonly onReset?: (reset: LogReset) => void;
}

/** The log that was read is no longer there: it was replaced, as a restore does. */
export interface LogReset {
  /** What the server said. */
  readonly message: string;
  /** The reader goes on after this cursor, the last one that both logs share. What it read beyond did not happen. */
  readonly next: string;
}

/** The server writes something every 15 s. A connection that is silent three times as long is dead. */
const SILENCE_MS = 45_000;

/**
 * The events of one task or of all tasks, each once and without a gap. A lost connection is opened again after the last event,
 * as often as needed. Only the first connection gives up, after `firstPatienceMs`. If the server was restored from a backup,
 * the events of the restored log follow, from where both logs part.
 */
export async function* readEvents(
  transport: Transport,
  options: EventOptions,
  firstPatienceMs: number,
): AsyncGenerator<LogEntry, void, void> {
  const reader = new StreamPosition(options.after);
  const giveUpAt = Date.now() + firstPatienceMs;
  for (let failures = 0; ; ) {
    try {
      for await (const entry of connection(transport, options, reader)) {
        failures = 0;
        yield entry;
      }
      if (reader.isEnd) return;
      throw new ConnectionError(transport.endpoint, "the stream was cut");
    } catch (error) {
      if (options.signal?.aborted || !isTemporary(error)) throw error;
      const delayMs = Math.max(backOffMs(++failures), retryAfterMs(error), reader.retryMs);
      if (!reader.wasOpen && Date.now() + delayMs > giveUpAt) throw error;
      reader.noteRetry(transport, { error, delayMs });
      await pause(delayMs, options.signal);
    }
  }
}

/** The position of the reader in the log, over all its connections. */
class StreamPosition {
  cursor: string | undefined;
  wasOpen = false;
  /** Whether the stream has ended for good. */
  isEnd = false;
  /** Whether this connection ended because the cursor was outdated. */
  wasReset = false;
  retryMs = 0;

  constructor(after: string | undefined) {
    this.cursor = after;
  }

  /** Moves the position. @returns the entry of the message, if it was not seen yet. @throws SyntaxError */
  hear(message: Message, { onOpen, onReset }: EventOptions): LogEntry | undefined {
    this.wasOpen = true;
    if (message.event === "end") this.isEnd = true;
    else if (message.event === "reset") onReset?.(this.#goBack(message));
    else {
      const entry = this.#take(message);
      if (message.data === undefined) onOpen?.(this.cursor ?? "0");
      return entry;
    }
    return undefined;
  }

  #take({ id, retryMs, data }: Message): LogEntry | undefined {
    if (retryMs !== undefined) this.retryMs = Math.min(retryMs, 10_000);
    const next = id === undefined ? undefined : cursorParts(id);
    if (id === undefined || next === undefined) return undefined;
    const before = this.cursor === undefined ? undefined : cursorParts(this.cursor);
    if (!isAfter(next, before)) return undefined;
    this.cursor = id;
    return data === undefined ? undefined : { cursor: id, ...(JSON.parse(data) as Entry) };
  }

  /** A reset is no failure, and was told already. */
  noteRetry(transport: Transport, note: RetryNote): void {
    if (!this.wasReset) transport.noteRetry(note);
  }

  /** Goes back to where the present log parts from the one that was read. */
  #goBack({ data }: Message): LogReset {
    const { message, next } = JSON.parse(data ?? "") as Partial<LogReset>;
    this.wasReset = true;
    this.cursor = typeof next === "string" && cursorParts(next) ? next : "0";
    return { message: String(message), next: this.cursor };
  }
}

async function* connection(
  transport: Transport,
  options: EventOptions,
  reader: StreamPosition,
): AsyncGenerator<LogEntry, void, void> {
  const silence = new AbortController();
  const { signal } = options;
  const signals = signal === undefined ? silence.signal : AbortSignal.any([signal, silence.signal]);
  const request = { ...requestFor(options, reader), signal: signals };
  reader.wasReset = false;
  const { response, stopTimer } = await transport.open(request);
  stopTimer();
  if (response.status === 204 || response.body === null) {
    reader.isEnd = true;
    return;
  }
  const timer = new SilenceTimer(() =>
    silence.abort(new ConnectionError(transport.endpoint, `no data for ${SILENCE_MS} ms`)),
  );
  try {
    for await (const message of readMessages(response.body, () => timer.dataArrived())) {
      const entry = reader.hear(message, options);
      if (entry !== undefined) yield entry;
    }
  } catch (error) {
    throw strange(error, response) ?? transport.toClientError(error, signals);
  } finally {
    timer.stop();
  }
}

/** The error of a stream that is none of ours, so that another connection would not help. */
function strange(error: unknown, response: Response): Error | undefined {
  if (error instanceof EndlessMessage) return unexpectedAnswer(response, error.message);
  if (error instanceof SyntaxError) return unexpectedAnswer(response, "has events without JSON");
  return undefined;
}

function requestFor({ taskId, filter }: EventOptions, { cursor }: StreamPosition): ApiRequest {
  const headers = {
    accept: "text/event-stream",
    ...(cursor !== undefined && { "last-event-id": cursor }),
  };
  const path =
    taskId === undefined ? "/v1/events" : `/v1/tasks/${encodeURIComponent(taskId)}/events/stream`;
  return { path, query: { filter: filter || undefined }, headers };
}

/** Calls back when no data has arrived for too long. */
class SilenceTimer {
  readonly #onSilence: () => void;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(onSilence: () => void) {
    this.#onSilence = onSilence;
    this.dataArrived();
  }

  dataArrived(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(this.#onSilence, SILENCE_MS);
  }

  stop(): void {
    clearTimeout(this.#timer);
  }
}
