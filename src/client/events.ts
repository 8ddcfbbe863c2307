import { ConnectionError } from "./errors.ts";
import { backOffMs, pause } from "./pause.ts";
import { type Message, readMessages } from "./sse.ts";
import { askedFor, isPassing, type Request, type Transport } from "./transport.ts";
import type { Entry } from "./types.ts";

export interface EventOptions {
  /** The events of one task, from its beginning to its end. Absent: of all tasks, from now on. */
  readonly taskId?: string;
  /** Of all tasks, only of those that fit. */
  readonly filter?: string;
  /** Begin behind this position. */
  readonly after?: number;
  readonly signal?: AbortSignal;
  /** Called when the server has taken the stream up: nothing after this position will be missed. */
  readonly onOpen?: (position: number) => void;
}

/** The server writes something every 15 s; a connection that is quiet for three times that is dead. */
const QUIET_MS = 45_000;

/**
 * The events of one task or of all, each once and without a gap: a connection that is cut is taken up again behind the
 * last event, for as long as it takes. Only the first connection gives up, after the client's `retryForMs`.
 */
export async function* readEvents(
  transport: Transport,
  options: EventOptions,
  firstPatienceMs: number,
): AsyncGenerator<Entry, void, void> {
  const place = new Place(options.after);
  const giveUpAt = Date.now() + firstPatienceMs;
  for (let failures = 0; ; ) {
    try {
      for await (const entry of connection(transport, options, place)) {
        failures = 0;
        yield entry;
      }
      if (place.isEnd) return;
      throw new ConnectionError(transport.endpoint, "the stream was cut");
    } catch (error) {
      if (options.signal?.aborted || !isPassing(error)) throw error;
      const delayMs = Math.max(backOffMs(++failures), askedFor(error), place.retryMs);
      if (!place.wasOpen && Date.now() + delayMs > giveUpAt) throw error;
      transport.noteRetry({ error, delayMs });
      await pause(delayMs, options.signal);
    }
  }
}

/** Where in the log the reader is, over all connections. */
class Place {
  position: number | undefined;
  wasOpen = false;
  /** Nothing comes after it. */
  isEnd = false;
  retryMs = 0;

  constructor(after: number | undefined) {
    this.position = after;
  }

  /** Whether the message is one that was not seen yet. */
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
  place: Place,
): AsyncGenerator<Entry, void, void> {
  const quiet = new AbortController();
  const { signal } = options;
  const signals = signal === undefined ? quiet.signal : AbortSignal.any([signal, quiet.signal]);
  const request = { ...requestFor(options, place), signal: signals };
  const { response, stopTimer } = await transport.open(request);
  stopTimer();
  if (response.status === 204 || response.body === null) {
    place.isEnd = true;
    return;
  }
  const watch = new QuietWatch(() =>
    quiet.abort(new ConnectionError(transport.endpoint, `nothing came for ${QUIET_MS} ms`)),
  );
  try {
    for await (const message of readMessages(response.body, () => watch.heard())) {
      if (message.event === "end") place.isEnd = true;
      else if (place.take(message)) yield JSON.parse(message.data ?? "") as Entry;
      else if (message.data === undefined) options.onOpen?.(place.position ?? 0);
    }
  } catch (error) {
    throw transport.asOurs(error, signals);
  } finally {
    watch.stop();
  }
}

function requestFor({ taskId, filter }: EventOptions, { position }: Place): Request {
  const headers = {
    accept: "text/event-stream",
    ...(position !== undefined && { "last-event-id": String(position) }),
  };
  const path =
    taskId === undefined ? "/v1/events" : `/v1/tasks/${encodeURIComponent(taskId)}/events/stream`;
  return { path, query: { filter: filter || undefined }, headers };
}

/** Calls back when nothing was heard for too long. */
class QuietWatch {
  readonly #tell: () => void;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(tell: () => void) {
    this.#tell = tell;
    this.heard();
  }

  heard(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(this.#tell, QUIET_MS);
  }

  stop(): void {
    clearTimeout(this.#timer);
  }
}
