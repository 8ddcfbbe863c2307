import { ConnectionError, TaskscribeError } from "./errors.ts";
import { backOffMs, pause } from "./pause.ts";
import { type Credentials, signRequest } from "./sign.ts";

export interface ClientOptions {
  /** The address of the server, e.g. `http://127.0.0.1:4010`. */
  readonly endpoint: string | URL;
  /** The key that signs every request. A function is called for each request, for keys that change. Without it, nothing is signed. */
  readonly credentials?: Credentials | (() => Credentials | Promise<Credentials>) | undefined;
  /** Headers for every request, e.g. a token for a gateway in front of the server. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** How long a request that can be repeated safely is retried while there is no answer. Default: 10 s. */
  readonly retryForMs?: number | undefined;
  /** How long an answer may take, except for waits. Default: 30 s. */
  readonly timeoutMs?: number | undefined;
  /** Called before every retry. */
  readonly onRetry?: ((retry: RetryNote) => void) | undefined;
  /** The longest answer that is read, in bytes. A longer one is an error. Default: 64 MiB. */
  readonly maxAnswerBytes?: number | undefined;
  readonly fetch?: typeof fetch | undefined;
}

export interface RetryNote {
  readonly error: ConnectionError | TaskscribeError;
  /** The delay before the next try. */
  readonly delayMs: number;
}

export type Query = Readonly<Record<string, string | number | undefined>>;

/** One request to the server. */
export interface ApiRequest {
  readonly method?: "GET" | "POST" | "DELETE";
  readonly path: string;
  readonly query?: Query;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: object;
  readonly signal?: AbortSignal | undefined;
  /** Whether it is safe to send the request twice. A GET always is. */
  readonly repeatable?: boolean;
  /** Used instead of `retryForMs` of the client. */
  readonly retryForMs?: number;
  /** Used instead of `timeoutMs` of the client. */
  readonly timeoutMs?: number;
}

const RETRY_FOR_MS = 10_000;
const TIMEOUT_MS = 30_000;
const MAX_ANSWER_BYTES = 64 * 1024 * 1024;
/** What is read of an error; a longer one is none of ours. */
const MAX_ERROR_BYTES = 1024 * 1024;

/** Sends requests. It signs them, retries them where that is safe, and throws typed errors. */
export class Transport {
  readonly endpoint: string;
  readonly #options: ClientOptions;
  readonly #fetch: typeof fetch;

  /** @throws TypeError if the endpoint is no address. */
  constructor(options: ClientOptions) {
    this.#options = options;
    this.endpoint = originOf(options.endpoint);
    this.#fetch = options.fetch ?? ((input, init) => fetch(input, init));
  }

  /** The body of the answer. @throws TaskscribeError, ConnectionError, the reason of the signal */
  async json<T>(request: ApiRequest): Promise<T> {
    return (await this.answer<T>(request)).body;
  }

  /** The body and the headers of the answer. */
  answer<T>(request: ApiRequest): Promise<{ body: T; headers: Headers }> {
    return this.#withRetries(request, async () => {
      const { response, stopTimer } = await this.open(request);
      try {
        const text = await this.#read(response, request.signal);
        return { body: parsed<T>(response, text), headers: response.headers };
      } finally {
        stopTimer();
      }
    });
  }

  /** Sends the request once. The body of the answer is not read yet, and its timer is running. @throws TaskscribeError, ConnectionError */
  async open(request: ApiRequest): Promise<{ response: Response; stopTimer: () => void }> {
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
        redirect: "error", // a signature is valid for one address only
      });
      if (!response.ok) {
        const said = await textWithin(response, MAX_ERROR_BYTES).catch(ifTooLong);
        throw serverError(response, said ?? "");
      }
      return { response, stopTimer };
    } catch (error) {
      stopTimer();
      throw error instanceof TaskscribeError ? error : this.toClientError(error, signal);
    }
  }

  #timeout({ timeoutMs = this.#options.timeoutMs ?? TIMEOUT_MS }: ApiRequest) {
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
    return key === undefined ? all : signRequest({ method, url, headers: all, body }, key);
  }

  async #withRetries<T>(request: ApiRequest, attempt: () => Promise<T>): Promise<T> {
    const retryForMs = request.retryForMs ?? this.#options.retryForMs ?? RETRY_FOR_MS;
    const until = Date.now() + retryForMs;
    for (let tries = 1; ; tries++) {
      try {
        return await attempt();
      } catch (error) {
        if (!mayRetry(error, request)) throw error;
        const delayMs = Math.max(backOffMs(tries), retryAfterMs(error));
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
      return await textWithin(response, this.#options.maxAnswerBytes ?? MAX_ANSWER_BYTES);
    } catch (error) {
      if (error instanceof TooLong) throw unexpectedAnswer(response, error.message);
      throw this.toClientError(error, signal);
    }
  }

  /** Converts an error of fetch into an error of this library. */
  toClientError(error: unknown, signal: AbortSignal | undefined): unknown {
    if (signal?.aborted) return signal.reason;
    if (error instanceof ConnectionError) return error;
    return new ConnectionError(this.endpoint, reasonOf(error), { cause: error });
  }
}

/** Whether another try may succeed: there was no answer, or the server is not ready. A conflict needs a decision of the caller. */
export function isTemporary(error: unknown): error is ConnectionError | TaskscribeError {
  if (error instanceof ConnectionError) return true;
  return error instanceof TaskscribeError && error.retryable && error.status !== 409;
}

/** A refused request was not executed. A request without an answer may have been, so it must be repeatable. */
function mayRetry(
  error: unknown,
  { method = "GET", repeatable = method === "GET" }: ApiRequest,
): error is ConnectionError | TaskscribeError {
  return isTemporary(error) && (repeatable || error instanceof TaskscribeError);
}

/** The delay that the server asks for, in ms. 0 if it asks for none. */
export function retryAfterMs(error: ConnectionError | TaskscribeError): number {
  return (error instanceof TaskscribeError && error.retryAfterMs) || 0;
}

interface ErrorDetails {
  readonly code?: string | undefined;
  readonly message?: string | undefined;
  readonly retryable?: boolean;
  readonly requestId?: string;
  readonly facts?: Readonly<Record<string, unknown>>;
}

interface ErrorBody {
  readonly error?: ErrorDetails;
  /** The form of errors of keys and policies. */
  readonly code?: string;
  readonly message?: string;
  /** The form of errors for requests whose operation is not known. */
  readonly Code?: string;
  readonly Message?: string;
}

function serverError(response: Response, text: string): TaskscribeError {
  const { status, headers } = response;
  const body = errorBody(text);
  const { error: told } = body;
  const isOurs = typeof told === "object" && told !== null;
  const error: ErrorDetails = isOurs
    ? told
    : { code: body.Code ?? body.code, message: body.Message ?? body.message };
  const after = Number(headers.get("x-acs-retry-after") ?? Number.NaN);
  return new TaskscribeError(textOr(error.message, `the server answered with status ${status}`), {
    code: textOr(error.code, `Http${status}`),
    status,
    requestId: textOr(error.requestId, headers.get("x-acs-request-id") ?? undefined),
    retryable: error.retryable ?? (status === 429 || status >= 502),
    facts: error.facts ?? {},
    retryAfterMs: Number.isFinite(after) ? after : undefined,
  });
}

/** What should be a text, if it is one. */
function textOr<Other>(said: unknown, otherwise: Other): string | Other {
  return typeof said === "string" ? said : otherwise;
}

function errorBody(text: string): ErrorBody {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? value : {};
  } catch {
    return {};
  }
}

function parsed<T>(response: Response, text: string): T {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as T;
  } catch {
    throw unexpectedAnswer(response, "is not JSON");
  }
  throw unexpectedAnswer(response, "is not a JSON object");
}

/** What the server said is none of our API's answers. `what` continues "the answer with status 200 …". */
export function unexpectedAnswer({ status, headers }: Response, what: string): TaskscribeError {
  return new TaskscribeError(
    `the answer with status ${status} ${what}; check that the endpoint is a Taskscribe server`,
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

class TooLong extends Error {}

function ifTooLong(error: unknown): undefined {
  if (!(error instanceof TooLong)) throw error;
}

/** The body as text. @throws TooLong as soon as it has more bytes than this; the rest is not read. */
async function textWithin(response: Response, maxBytes: number): Promise<string> {
  if (response.body === null) return "";
  const decoder = new TextDecoder();
  const reader = response.body.getReader();
  const parts: string[] = [];
  let bytes = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return parts.join("") + decoder.decode();
    bytes += value.length;
    if (bytes > maxBytes) {
      reader.cancel().catch(() => {}); // the connection may be closed already
      throw new TooLong(`is longer than ${maxBytes} bytes`);
    }
    parts.push(decoder.decode(value, { stream: true }));
  }
}

/** The reason of an error of fetch. Node has it in the cause. The messages of OpenSSL contain it among source positions. */
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
