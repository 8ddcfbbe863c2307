import { ConnectionError } from "./errors.ts";
import { backOffMs, pause } from "./pause.ts";
import { EndlessMessage, type Message, readMessages } from "./sse.ts";
import {
  type ApiRequest,
  isTemporary,
  retryAfterMs,
  type Transport,
  unexpectedAnswer,
} from "./transport.ts";
import type { Entry } from "./types.ts";

export interface EventOptions {
  /** Read the events of this task, from its beginning to its end. Without it: of all tasks, from now on. */
  readonly taskId?: string;
  /** Without `taskId`: read only the events of tasks that match. */
  readonly filter?: string;
  /** Begin after this position. */
  readonly after?: number;
  readonly signal?: AbortSignal;
  /** Called when the stream is open. From then on, no event after this position is missed. */
  readonly onOpen?: (position: number) => void;
}

/** The server writes something every 15 s. A connection that is silent three times as long is dead. */
const SILENCE_MS = 45_000;

/**
 * The events of one task or of all tasks, each once and without a gap. A lost connection is opened again after the last event,
 * as often as needed. Only the first connection gives up, after `firstPatienceMs`.
 */
export async function* readEvents(
  transport: Transport,
  options: EventOptions,
  firstPatienceMs: number,
): AsyncGenerator<Entry, void, void> {
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
      transport.noteRetry({ error, delayMs });
      await pause(delayMs, options.signal);
    }
  }
}

/** The position of the reader in the log, over all its connections. */
class StreamPosition {
  position: number | undefined;
  wasOpen = false;
  /** Whether the stream has ended for good. */
  isEnd = false;
  retryMs = 0;

  constructor(after: number | undefined) {
    this.position = after;
  }

  /** Moves the position. @returns whether the message has an event that was not seen yet. */
  take({ id, retryMs, data }: Message): boolean {
    this.wasOpen = true;
    if (retryMs !== undefined) this.retryMs = Math.min(retryMs, 10_000);
    if (id === undefined || !/^\d+$/.test(id)) return false;
    const position = Number(id);
    const isNew = data !== undefined && (this.position === undefined || position > this.position);
    this.position = Math.max(position, this.position ?? 0);
    return isNew;
  }
}

async function* connection(
  transport: Transport,
  options: EventOptions,
  reader: StreamPosition,
): AsyncGenerator<Entry, void, void> {
  const silence = new AbortController();
  const { signal } = options;
  const signals = signal === undefined ? silence.signal : AbortSignal.any([signal, silence.signal]);
  const request = { ...requestFor(options, reader), signal: signals };
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
      if (message.event === "end") reader.isEnd = true;
      else if (reader.take(message)) yield JSON.parse(message.data ?? "") as Entry;
      else if (message.data === undefined) options.onOpen?.(reader.position ?? 0);
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

function requestFor({ taskId, filter }: EventOptions, { position }: StreamPosition): ApiRequest {
  const headers = {
    accept: "text/event-stream",
    ...(position !== undefined && { "last-event-id": String(position) }),
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
