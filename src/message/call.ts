import type { Json, JsonObject } from "../core/json.ts";
import { type Content, readContent } from "./content.ts";
import { FAULTS, FaultError } from "./fault.ts";
import { type Connection, onLeave } from "./leave.ts";
import { namedValues } from "./named-values.ts";
import { type Parameters, parseParameters, queryText } from "./parameters.ts";

export type CallHeaders = Readonly<Record<string, string | readonly string[] | undefined>>;

export type PathParameters = Readonly<Record<string, string>>;

/** What a call is made of. */
export interface CallParts {
  /** Empty until the call is led to its route, if it has one. */
  readonly action: string;
  readonly method: string;
  /** The request target as it was sent, escapes kept: signatures cover it. */
  readonly target: string;
  readonly headers: CallHeaders;
  /** The parameters in the path, which is split before it is decoded. */
  readonly path: PathParameters;
  /** The body as it was sent; undefined: none. */
  readonly body: Uint8Array | undefined;
  readonly requestId: string;
  /** Absent: there is no client that could leave. */
  readonly connection?: Connection;
}

const NO_BODY = new Uint8Array(0);

/** One request to one operation. The query, the form and the JSON body are parsed when they are first asked for. */
export class Call {
  action: string;
  path: PathParameters;
  readonly method: string;
  readonly target: string;
  readonly headers: CallHeaders;
  /** As it was sent; empty if there was none, and once nobody needs it any more. */
  body: Uint8Array;
  readonly requestId: string;
  readonly connection: Connection | undefined;
  /** Whether the answer was kept back on purpose, until there was news or because too many were refused. */
  held: boolean;
  #query: Parameters | undefined;
  #content: Content | undefined;

  constructor(parts: CallParts) {
    this.action = parts.action;
    this.method = parts.method;
    this.target = parts.target;
    this.headers = parts.headers;
    this.path = parts.path;
    this.body = parts.body ?? NO_BODY;
    this.requestId = parts.requestId;
    this.connection = parts.connection;
    this.held = false;
  }

  /**
   * Calls back if the client leaves before its answer. The returned function stops listening; undefined: so many answers
   * are kept back on this connection already that this one may not be.
   */
  onLeave(left: () => void): (() => void) | undefined {
    this.held = true;
    return this.connection === undefined ? () => {} : onLeave(this.connection, left);
  }

  /** Nobody will ask for the body again: frees its memory. */
  forgetBody(): void {
    this.body = NO_BODY;
    this.#content = undefined;
  }

  /** @throws DomainError `InvalidParameter` for what cannot be decoded. */
  get query(): Parameters {
    this.#query ??= parseParameters(queryText(this.target));
    return this.#query;
  }

  /** The parsed body. @throws what `readContent` throws. */
  get content(): Content {
    this.#content ??= readContent(this.body, this.header("content-type"));
    return this.#content;
  }

  /** An RPC parameter, which may come in the query or in the form. */
  rpcParameter(name: string): string | undefined {
    const inQuery = this.query.get(name);
    if (inQuery !== undefined || this.body.length === 0) return inQuery;
    const content = this.content;
    return content.kind === "form" ? content.parameters.get(name) : undefined;
  }

  /**
   * Every value that a parameter has in the path, the query, and the form or JSON body. What cannot be decoded counts as
   * absent: the operation itself refuses it.
   */
  values(name: string): readonly string[] {
    return [this.#inPath(name), this.#inQuery(name), this.#inBody(name)].filter(
      (value) => value !== undefined,
    );
  }

  /** The first of them. */
  value(name: string): string | undefined {
    return this.#inPath(name) ?? this.#inQuery(name) ?? this.#inBody(name);
  }

  /** Every text that stands under one of these names, anywhere in the call, also in lists and inside objects. */
  named(names: ReadonlySet<string>): ReadonlySet<string> {
    return namedValues(this, names);
  }

  header(name: string): string | undefined {
    const value = this.headers[name];
    return typeof value === "string" ? value : value?.[0];
  }

  get host(): string {
    return this.header("host") ?? "";
  }

  #inPath(name: string): string | undefined {
    return Object.hasOwn(this.path, name) ? this.path[name] : undefined;
  }

  #inQuery(name: string): string | undefined {
    try {
      return this.query.get(name);
    } catch {
      return undefined;
    }
  }

  #inBody(name: string): string | undefined {
    try {
      return valueIn(this.content, name);
    } catch {
      return undefined;
    }
  }
}

function valueIn(content: Content, name: string): string | undefined {
  if (content.kind === "form") return content.parameters.get(name);
  if (content.kind === "none" || !isObject(content.value)) return undefined;
  const value = Object.hasOwn(content.value, name) ? content.value[name] : undefined;
  return value === undefined || value === null ? undefined : String(value);
}

function isObject(value: Json): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * Whether an ROA client asks for XML and for nothing else that it could be given. Everyone else gets JSON, as every SDK
 * expects.
 */
export function acceptsXml(call: Call): boolean {
  const accept = call.headers["accept"];
  if (typeof accept !== "string" || accept === "application/json") return false;
  const asked = accept.toLowerCase();
  return (
    /\b(?:application|text)\/xml(?![\w.+-])/.test(asked) &&
    !asked.includes("application/json") &&
    !asked.includes("text/html")
  );
}

/** @throws FaultError `InvalidParameter.Format` for a `Format` that is neither JSON nor XML. */
export function rpcFormat(call: Call): "json" | "xml" {
  const format = call.rpcParameter("Format")?.toLowerCase() ?? "";
  if (format === "xml") return "xml";
  if (format === "" && acceptsXml(call)) return "xml";
  if (format === "" || format === "json") return "json";
  throw new FaultError(FAULTS.unsupportedFormat);
}
