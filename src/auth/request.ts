/** What a verifier sees of a request. Node's IncomingMessage headers fit as they are. */
export type AuthRequest = {
  readonly method: string;
  /** The raw request target as on the wire: escapes and the order of parameters are part of what is signed. */
  readonly target: string;
  /** Lower-case names. An array is a header sent more than once; the schemes refuse it where it matters. */
  readonly headers: RequestHeaders;
  readonly body: Uint8Array;
};

export type RequestHeaders = Readonly<Record<string, string | readonly string[] | undefined>>;

/**
 * The header's text, "" included; undefined when it is absent or sent more than once.
 * Asks for the type, because a name such as "constructor" finds a function on every plain object.
 */
export function headerText(headers: RequestHeaders, name: string): string | undefined {
  const value = headers[name];
  if (typeof value === "string") return value;
  return Array.isArray(value) && value.length === 1 ? value[0] : undefined;
}

export function isRepeated(headers: RequestHeaders, name: string): boolean {
  const value = headers[name];
  return Array.isArray(value) && value.length > 1;
}

/**
 * Headers of a request from Node's `rawHeaders` (name, value, name, value, …). Node's own `headers` silently keeps the first
 * of two Host or Authorization headers; here a repeated header becomes an array, so that it can be refused.
 */
export function headersFromRaw(rawHeaders: readonly string[]): RequestHeaders {
  const headers: Record<string, string | string[]> = {};
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    const name = (rawHeaders[i] ?? "").toLowerCase();
    const value = rawHeaders[i + 1] ?? "";
    const known = Object.hasOwn(headers, name) ? headers[name] : undefined;
    if (known === undefined) headers[name] = value;
    else if (typeof known === "string") headers[name] = [known, value];
    else known.push(value);
  }
  return headers;
}

export function pathOf(target: string): string {
  const mark = target.indexOf("?");
  return mark < 0 ? target : target.slice(0, mark);
}

export function queryOf(target: string): string {
  const mark = target.indexOf("?");
  return mark < 0 ? "" : target.slice(mark + 1);
}
