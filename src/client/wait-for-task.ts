import type { TaskWords, Verdict } from "../dialects/task-words.ts";
import { pause } from "./pause.ts";
import { type Trouble, troubleOf } from "./sdk-errors.ts";
import { fieldAt, fields, wordsOf } from "./task-words.ts";

/**
 * A client of an official SDK: of `@alicloud/cs20151215` and its like for the other products, or the generic one of
 * `@alicloud/openapi-core` and `@alicloud/openapi-client`. They all have this method.
 */
export interface SdkClient {
  callApi(params: never, request: never, runtime: never): Promise<unknown>;
}

/** What an answer said. */
export interface TaskNews {
  /** The product's name, e.g. `ack`. */
  readonly product: string;
  readonly taskId: string;
  /** The product's own word for the state, e.g. `execution_success`. */
  readonly word: string;
  /** The task as the product tells it. */
  readonly task: Readonly<Record<string, unknown>>;
  /** How often was asked, and for how long. */
  readonly polls: number;
  readonly waitedMs: number;
}

export interface WaitedTask extends TaskNews {
  readonly verdict: Verdict;
  /** Why it failed, as far as the product says. */
  readonly error?: { readonly code?: string; readonly message?: string };
}

export interface WaitForTaskOptions {
  /**
   * Needed only if neither client nor task id tells: the name of a built-in product, or the words of any other one,
   * which its dialect has as `tasks`.
   */
  readonly product?: string | TaskWords;
  /** Calls the waiting off. The task lives on. */
  readonly signal?: AbortSignal;
  /** Ends the wait with `unfinished`; absent: never. */
  readonly timeoutMs?: number;
  /** Ends the wait with `paused` when the task stands still; otherwise the wait goes on. */
  readonly stopAtPause?: boolean;
  /** Between two questions: the first span, 1 s unless told, grows by half each time, up to the longest, 10 s. */
  readonly firstIntervalMs?: number;
  readonly longestIntervalMs?: number;
  /** How long to bear errors in a row that may pass (throttling, 5xx, cut connections): 5 min unless told. */
  readonly retryForMs?: number;
  /** One question may take so long: 10 s unless told. */
  readonly requestTimeoutMs?: number;
  /** Hears every answer. */
  readonly onProgress?: (news: TaskNews) => void;
}

/** Time and chance, for tests. */
export interface Pacing {
  readonly now: () => number;
  readonly pause: (ms: number, signal?: AbortSignal) => Promise<void>;
  readonly random: () => number;
}

const REAL: Pacing = { now: () => Date.now(), pause, random: () => Math.random() };

/** A wrong address or a server that never was is no passing trouble. */
const FIRST_ANSWER_WITHIN_MS = 10_000;
const GROWTH = 1.5;
const LONGEST_BACK_OFF_MS = 30_000;

/**
 * Waits for the end of a task with an official SDK's client, against Alibaba Cloud and Taskscribe alike. Ends on every
 * final word of the product, spreads its questions, and leaves a server alone that asks for it.
 * @throws what the SDK throws, if asking again cannot help or did not; the signal's reason; TypeError for an id that
 * does not tell its product.
 */
export function waitForTask(
  client: SdkClient,
  taskId: string,
  options: WaitForTaskOptions = {},
): Promise<WaitedTask> {
  return waitPaced(client, taskId, options, REAL);
}

/** The same, on the caller's time. */
export async function waitPaced(
  client: SdkClient,
  taskId: string,
  options: WaitForTaskOptions,
  pacing: Pacing,
): Promise<WaitedTask> {
  const { onProgress, timeoutMs = Number.POSITIVE_INFINITY } = options;
  const words = wordsOf(client, taskId, options.product);
  const { product } = words;
  const begun = pacing.now();
  const errors = new ErrorsInARow(options.retryForMs, pacing);
  const rhythm = new Rhythm(options, pacing);
  let known: TaskNews = { product, taskId, word: "", task: {}, polls: 0, waitedMs: 0 };
  for (let polls = 1, last = timeoutMs <= 0; ; polls++) {
    const answer = await attempt(client, words, taskId, options);
    const counted = { product, taskId, polls, waitedMs: pacing.now() - begun };
    let delayMs: number;
    if ("task" in answer) {
      errors.over();
      known = { ...counted, word: String(answer.task[words.stateField] ?? ""), task: answer.task };
      onProgress?.(known);
      const verdict = verdictOf(words, known.word, options);
      if (verdict !== undefined) return ended(known, verdict, words);
      delayMs = rhythm.nextMs();
    } else {
      delayMs = errors.pauseMs(answer.error, known.word !== "");
    }
    if (last) return ended({ ...known, ...counted }, "unfinished", words);
    const leftMs = begun + timeoutMs - pacing.now();
    last = delayMs >= leftMs; // one more question when the time is up
    await pacing.pause(Math.max(0, Math.min(delayMs, leftMs)), options.signal);
  }
}

type Answer = { readonly task: TaskNews["task"] } | { readonly error: unknown };

/** @throws only the signal's reason */
async function attempt(
  client: SdkClient,
  words: TaskWords,
  taskId: string,
  { signal, requestTimeoutMs = 10_000 }: WaitForTaskOptions,
): Promise<Answer> {
  try {
    signal?.throwIfAborted();
    const asking = ask(client, words, taskId, requestTimeoutMs);
    return { task: await within(2 * requestTimeoutMs, asking, signal) };
  } catch (error) {
    if (signal?.aborted) throw signal.reason;
    return { error };
  }
}

async function ask(client: SdkClient, words: TaskWords, taskId: string, timeoutMs: number) {
  const { action, version, style, method, path, taskIdParameter, taskField } = words;
  const params = {
    action,
    version,
    protocol: "HTTPS", // unless the client was told otherwise
    pathname: path.replace("{taskId}", () => encodeURIComponent(taskId)),
    method,
    authType: "AK",
    style,
    reqBodyType: style === "RPC" ? "formData" : "json",
    bodyType: "json",
  };
  const request = taskIdParameter === undefined ? {} : { body: { [taskIdParameter]: taskId } };
  const runtime = { readTimeout: timeoutMs, connectTimeout: timeoutMs };
  const answer = await client.callApi(params as never, request as never, runtime as never);
  const body = fields(fields(answer)["body"]);
  return taskField === undefined ? body : fields(body[taskField]);
}

/**
 * The SDKs cannot call a request off, and may never hear of a connection that broke inside an answer: at least nobody
 * waits for it any longer.
 */
async function within<T>(ms: number, asking: Promise<T>, signal?: AbortSignal): Promise<T> {
  const over = new AbortController();
  const signals = signal === undefined ? [over.signal] : [over.signal, signal];
  const late = pause(ms, AbortSignal.any(signals)).then(() => {
    throw new Error(`the SDK timed out: nothing came of a question for ${ms} ms`);
  });
  try {
    return await Promise.race([asking, late]);
  } finally {
    over.abort();
  }
}

function verdictOf({ ends }: TaskWords, word: string, { stopAtPause }: WaitForTaskOptions) {
  const verdict = Object.hasOwn(ends, word) ? ends[word] : undefined;
  return verdict === "paused" && stopAtPause !== true ? undefined : verdict;
}

function ended(news: TaskNews, verdict: Verdict, words: TaskWords): WaitedTask {
  if (verdict === "succeeded" || verdict === "unfinished") return { ...news, verdict };
  const code = fieldAt(news.task, words.errorFields.code);
  const message = fieldAt(news.task, words.errorFields.message);
  const error = {
    ...(typeof code === "string" && { code }),
    ...(typeof message === "string" && message !== "" && { message }),
  };
  return { ...news, verdict, ...(Object.keys(error).length > 0 && { error }) };
}

/** Half of every span is chance, so that many waits do not ask in step. */
function spread(ms: number, random: () => number): number {
  return ms / 2 + (random() * ms) / 2;
}

class Rhythm {
  readonly #longestMs: number;
  readonly #pacing: Pacing;
  #spanMs: number;

  constructor({ firstIntervalMs, longestIntervalMs }: WaitForTaskOptions, pacing: Pacing) {
    this.#spanMs = firstIntervalMs ?? 1_000;
    this.#longestMs = longestIntervalMs ?? 10_000;
    this.#pacing = pacing;
  }

  nextMs(): number {
    const ms = spread(this.#spanMs, this.#pacing.random);
    this.#spanMs = Math.min(this.#longestMs, this.#spanMs * GROWTH);
    return ms;
  }
}

/** Errors that may pass, since the last answer. */
class ErrorsInARow {
  readonly #pacing: Pacing;
  readonly #retryForMs: number;
  #count = 0;
  #since = 0;

  constructor(retryForMs = 300_000, pacing: Pacing) {
    this.#retryForMs = retryForMs;
    this.#pacing = pacing;
  }

  over(): void {
    this.#count = 0;
  }

  /** How long to wait before the next try. @throws the error, if that is no use. */
  pauseMs(error: unknown, answeredBefore: boolean): number {
    const trouble = troubleOf(error);
    const now = this.#pacing.now();
    if (this.#count === 0) this.#since = now;
    this.#count += 1;
    const pausedMs = this.#backOffMs(trouble);
    const patienceMs =
      answeredBefore || trouble.retryAfterMs !== undefined
        ? this.#retryForMs
        : Math.min(this.#retryForMs, FIRST_ANSWER_WITHIN_MS);
    if (!trouble.passing || now + pausedMs - this.#since > patienceMs) throw error;
    return pausedMs;
  }

  #backOffMs({ retryAfterMs = 0 }: Trouble): number {
    const full = Math.min(LONGEST_BACK_OFF_MS, 1_000 * 2 ** Math.min(this.#count - 1, 10));
    return retryAfterMs + spread(full, this.#pacing.random);
  }
}
