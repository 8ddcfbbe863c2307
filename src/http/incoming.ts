import type { IncomingMessage } from "node:http";
import type { Json, JsonObject } from "../core/json.ts";
import type { Dialect } from "../dialects/dialect.ts";
import type { Call } from "../message/call.ts";
import type { Arrival } from "./arrival.ts";
import type { IncomingCall } from "./identify.ts";
import { isFromHere } from "./loopback.ts";

const NO_BODY = new Uint8Array(0);

/** A call as access control sees it. What few calls need is looked up when it is asked for. */
export class Incoming implements IncomingCall {
  readonly #call: Call;
  readonly #raw: IncomingMessage;
  readonly #dialect: Dialect;
  /** False: the dialect only lends its words for the refusal. */
  readonly recognised: boolean;
  readonly startedAt = performance.now();

  constructor(dialect: Dialect, call: Call, { raw }: Arrival, recognised = true) {
    this.#dialect = dialect;
    this.recognised = recognised;
    this.#call = call;
    this.#raw = raw;
  }

  get method(): string {
    return this.#call.method;
  }

  get target(): string {
    return this.#call.target;
  }

  get headers() {
    return this.#call.headers;
  }

  get rawHeaders(): readonly string[] {
    return this.#raw.rawHeaders;
  }

  get body(): Uint8Array {
    return this.#call.body ?? NO_BODY;
  }

  get requestId(): string {
    return this.#call.requestId;
  }

  get dialect(): string {
    return this.#dialect.name;
  }

  get style(): "roa" | "rpc" {
    return this.#dialect.style;
  }

  get action(): string {
    return this.#call.action;
  }

  get source(): string {
    return this.#raw.socket?.remoteAddress ?? "";
  }

  get secure(): boolean {
    return "encrypted" in this.#raw.socket;
  }

  get local(): boolean {
    return isFromHere(this.#raw.socket);
  }

  get held(): boolean {
    return this.#call.held;
  }

  values(name: string): readonly string[] {
    return [this.#inPath(name), this.#inQuery(name), this.#inBody(name)].filter(
      (value) => value !== undefined,
    );
  }

  value(name: string): string | undefined {
    return this.#inPath(name) ?? this.#inQuery(name) ?? this.#inBody(name);
  }

  #inPath(name: string): string | undefined {
    const { path } = this.#call;
    return Object.hasOwn(path, name) ? path[name] : undefined;
  }

  #inQuery(name: string): string | undefined {
    return readable(() => this.#call.query.get(name));
  }

  #inBody(name: string): string | undefined {
    return readable(() => this.#readInBody(name));
  }

  #readInBody(name: string): string | undefined {
    const { content } = this.#call;
    if (content.kind === "form") return content.parameters.get(name);
    if (content.kind === "none" || !isObject(content.value)) return undefined;
    const value = Object.hasOwn(content.value, name) ? content.value[name] : undefined;
    return value === undefined || value === null ? undefined : String(value);
  }
}

function isObject(value: Json): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** What cannot be decoded is refused by the operation itself. */
function readable(read: () => string | undefined): string | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
