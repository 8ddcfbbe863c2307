import { type Content, readContent } from "./content.ts";
import { FAULTS, FaultError } from "./fault.ts";
import { type Connection, onLeave } from "./leave.ts";
import { type Parameters, parseParameters, queryText } from "./parameters.ts";

export type CallHeaders = Readonly<Record<string, string | readonly string[] | undefined>>;

export interface CallFacts {
  readonly action: string;
  readonly method: string;
  /** The request target as on the wire, escapes kept. */
  readonly target: string;
  readonly headers: CallHeaders;
  /** Path parameters, split before they were decoded. */
  readonly path: Readonly<Record<string, string>>;
  readonly body: Uint8Array | undefined;
  readonly requestId: string;
  readonly connection?: Connection;
}

/** One request to one operation. What a describe does not need (query, form, JSON) is read when asked for. */
export class Call {
  /** An RPC call's is set once its parameters are read. */
  action: string;
  readonly method: string;
  readonly target: string;
  readonly headers: CallHeaders;
  readonly path: Readonly<Record<string, string>>;
  readonly body: Uint8Array | undefined;
  readonly requestId: string;
  readonly connection: Connection | undefined;
  #held = false;
  #query: Parameters | undefined;
  #content: Content | undefined;

  constructor(facts: CallFacts) {
    this.action = facts.action;
    this.method = facts.method;
    this.target = facts.target;
    this.headers = facts.headers;
    this.path = facts.path;
    this.body = facts.body;
    this.requestId = facts.requestId;
    this.connection = facts.connection;
  }

  /** Calls back if the client leaves. The returned function stops listening; undefined: it may not be kept waiting. */
  onLeave(left: () => void): (() => void) | undefined {
    this.#held = true;
    return this.connection === undefined ? () => {} : onLeave(this.connection, left);
  }

  /** Whether its answer was kept back until there was news. */
  get held(): boolean {
    return this.#held;
  }

  /** @throws DomainError `InvalidParameter` for what cannot be decoded. */
  get query(): Parameters {
    this.#query ??= parseParameters(queryText(this.target));
    return this.#query;
  }

  /** @throws what `readContent` throws. */
  get content(): Content {
    this.#content ??= readContent(this.body, this.header("content-type"));
    return this.#content;
  }

  /** An RPC parameter: they come in the query or in the form, in any mix. */
  rpcParameter(name: string): string | undefined {
    const inQuery = this.query.get(name);
    if (inQuery !== undefined || this.body === undefined || this.body.length === 0) return inQuery;
    const content = this.content;
    return content.kind === "form" ? content.parameters.get(name) : undefined;
  }

  header(name: string): string | undefined {
    const value = this.headers[name];
    return typeof value === "string" ? value : value?.[0];
  }

  get host(): string {
    return this.header("host") ?? "";
  }
}

/** Whether an ROA client asks for XML. Anything but a plain wish for XML gets JSON, as every SDK expects. */
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
