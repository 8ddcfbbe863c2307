import { ConnectionError, TaskscribeError } from "./errors.ts";
import { backOffMs, pause } from "./pause.ts";
import { type Credentials, signedHeaders } from "./sign.ts";

export interface ClientOptions {
  /** Where the server is, e.g. `http://127.0.0.1:4010`. */
  readonly endpoint: string | URL;
  /** Signs every request. A function is asked each time, for keys that change. Absent: nothing is signed. */
  readonly credentials?: Credentials | (() => Credentials | Promise<Credentials>) | undefined;
  /** Sent with every request, e.g. a token that a gateway in front wants. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** How long what can safely be repeated is tried again while no answer comes; 10 s unless told. */
  readonly retryForMs?: number | undefined;
  /** How long an answer may take, waits aside; 30 s unless told. */
  readonly timeoutMs?: number | undefined;
  /** Hears of every try that failed and is made again. */
  readonly onRetry?: ((retry: RetryNote) => void) | undefined;
  readonly fetch?: typeof fetch | undefined;
}

export interface RetryNote {
  readonly error: ConnectionError | TaskscribeError;
  /** Until the next try. */
  readonly delayMs: number;
}

export type Query = Readonly<Record<string, string | number | undefined>>;

export interface Request {
  readonly method?: "GET" | "POST" | "DELETE";
  readonly path: string;
  readonly query?: Query;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: object;
  readonly signal?: AbortSignal | undefined;
  /** Whether it does no harm to send it twice; a GET never does. */
  readonly repeatable?: boolean;
  /** Instead of the client's `retryForMs`. */
  readonly retryForMs?: number;
  /** Instead of the client's `timeoutMs`. */
  readonly timeoutMs?: number;
}

const RETRY_FOR_MS = 10_000;
const TIMEOUT_MS = 30_000;

/** Sends requests: signed, tried again where that is safe, with typed errors. */
export class Transport {
  readonly endpoint: string;
  readonly #options: ClientOptions;
  readonly #fetch: typeof fetch;

  /** @throws TypeError for an endpoint that is no address. */
  constructor(options: ClientOptions) {
    this.#options = options;
    this.endpoint = originOf(options.endpoint);
    this.#fetch = options.fetch ?? ((input, init) => fetch(input, init));
  }

  /** The body of the answer. @throws TaskscribeError, ConnectionError, the signal's reason */
  async json<T>(request: Request): Promise<T> {
    return (await this.answer<T>(request)).body;
  }

  /** The same with the answer's headers. */
  answer<T>(request: Request): Promise<{ body: T; headers: Headers }> {
    return this.#persistently(request, async () => {
      const { response, stopTimer } = await this.open(request);
      try {
        const text = await this.#read(response, request.signal);
        return { body: parsed<T>(response, text), headers: response.headers };
      } finally {
        stopTimer();
      }
    });
  }

  /** One try; the answer's body is not read yet, and the time for it runs. @throws TaskscribeError if the server refuses. */
  async open(request: Request): Promise<{ response: Response; stopTimer: () => void }> {
    const { method = "GET", path, query = {}, body, signal } = request;
    const url = new URL(this.endpoint + path);
    for (const [name, value] of Object.entries(query)) {
      if (value !== undefined) url.searchParams.set(name, String(value));
    }
    const text = body === undefined ? undefined : JSON.stringify(body);
    const headers = await this.#headers(method, url, request.headers, text);
    const { timeout, stopTimer } = this.#timeout(request);
    try {
      const response = await this.#fetch(url, {
        method,
        headers,
        body: text ?? null,
        signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]),
        redirect: "error", // a signature is good for one address only
      });
      if (!response.ok) throw refusal(response, await response.text());
      return { response, stopTimer };
    } catch (error) {
      stopTimer();
      throw error instanceof TaskscribeError ? error : this.asOurs(error, signal);
    }
  }

  #timeout({ timeoutMs = this.#options.timeoutMs ?? TIMEOUT_MS }: Request) {
    const controller = new AbortController();
    const late = new ConnectionError(this.endpoint, `no answer in ${timeoutMs} ms`);
    const timer = setTimeout(() => controller.abort(late), timeoutMs);
    return { timeout: controller.signal, stopTimer: () => clearTimeout(timer) };
  }

  async #headers(
    method: string,
    url: URL,
    own: Readonly<Record<string, string>> | undefined,
    body: string | undefined,
  ): Promise<Record<string, string>> {
    const { credentials, headers } = this.#options;
    const type = body === undefined ? {} : { "content-type": "application/json" };
    const all = { accept: "application/json", ...type, ...headers, ...own };
    const key = typeof credentials === "function" ? await credentials() : credentials;
    return key === undefined ? all : signedHeaders({ method, url, headers: all, body }, key);
  }

  async #persistently<T>(request: Request, attempt: () => Promise<T>): Promise<T> {
    const retryForMs = request.retryForMs ?? this.#options.retryForMs ?? RETRY_FOR_MS;
    const until = Date.now() + retryForMs;
    for (let tries = 1; ; tries++) {
      try {
        return await attempt();
      } catch (error) {
        if (!mayBeRepeated(error, request)) throw error;
        const delayMs = Math.max(backOffMs(tries), askedFor(error));
        if (Date.now() + delayMs > until) throw error;
        this.noteRetry({ error, delayMs });
        await pause(delayMs, request.signal);
      }
    }
  }

  noteRetry(note: RetryNote): void {
    this.#options.onRetry?.(note);
  }

  async #read(response: Response, signal: AbortSignal | undefined): Promise<string> {
    try {
      return await response.text();
    } catch (error) {
      throw this.asOurs(error, signal);
    }
  }

  /** What became of a request that got no answer, or half of one. */
  asOurs(error: unknown, signal: AbortSignal | undefined): unknown {
    if (signal?.aborted) return signal.reason;
    if (error instanceof ConnectionError) return error;
    return new ConnectionError(this.endpoint, reasonOf(error), { cause: error });
  }
}

/** Whether another try may help: no answer, or a server that is not ready. A conflict is for people to look at. */
export function isPassing(error: unknown): error is ConnectionError | TaskscribeError {
  if (error instanceof ConnectionError) return true;
  return error instanceof TaskscribeError && error.retryable && error.status !== 409;
}

/** What the server refused it did not do; what it did not answer it may have done. */
function mayBeRepeated(
  error: unknown,
  { method = "GET", repeatable = method === "GET" }: Request,
): error is ConnectionError | TaskscribeError {
  return isPassing(error) && (repeatable || error instanceof TaskscribeError);
}

export function askedFor(error: ConnectionError | TaskscribeError): number {
  return (error instanceof TaskscribeError && error.retryAfterMs) || 0;
}

interface ToldError {
  readonly code?: string | undefined;
  readonly message?: string | undefined;
  readonly retryable?: boolean;
  readonly requestId?: string;
  readonly facts?: Readonly<Record<string, unknown>>;
}

interface Told {
  readonly error?: ToldError;
  /** As the gateway says it when it cannot tell whose operation it is. */
  readonly Code?: string;
  readonly Message?: string;
}

function refusal(response: Response, text: string): TaskscribeError {
  const { status, headers } = response;
  const told = object(text);
  const error: ToldError = told.error ?? { code: told.Code, message: told.Message };
  const after = Number(headers.get("x-acs-retry-after") ?? Number.NaN);
  return new TaskscribeError(error.message ?? `the server answered with status ${status}`, {
    code: error.code ?? `Http${status}`,
    status,
    requestId: error.requestId ?? headers.get("x-acs-request-id") ?? undefined,
    retryable: error.retryable ?? (status === 429 || status >= 502),
    facts: error.facts ?? {},
    retryAfterMs: Number.isFinite(after) ? after : undefined,
  });
}

function object(text: string): Told {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? value : {};
  } catch {
    return {};
  }
}

function parsed<T>({ status, headers }: Response, text: string): T {
  try {
    return JSON.parse(text) as T;
  } catch {
    throw new TaskscribeError(
      `it answered with status ${status} and no JSON; is this Taskscribe?`,
      {
        code: "UnexpectedAnswer",
        status,
        requestId: headers.get("x-acs-request-id") ?? undefined,
        retryable: false,
        facts: {},
        retryAfterMs: undefined,
      },
    );
  }
}

/** Node keeps the telling part in the cause; OpenSSL's message has places in its source around the reason. */
function reasonOf(error: unknown): string {
  const { message, cause } = error as {
    message?: string;
    cause?: { message?: string; code?: string; reason?: string };
  };
  return cause?.reason || cause?.message || cause?.code || message || String(error);
}

function originOf(endpoint: string | URL): string {
  const url = URL.canParse(String(endpoint)) ? new URL(endpoint) : undefined;
  if (url !== undefined && /^https?:$/.test(url.protocol) && url.username === "") {
    return url.origin + url.pathname.replace(/\/+$/, "");
  }
  throw new TypeError(`endpoint is "${endpoint}"; give an address such as http://127.0.0.1:4010`);
}
