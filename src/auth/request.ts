/** The parts of a request that a signature is checked against. */
export type AuthRequest = {
  readonly method: string;
  /** The request target exactly as it was sent, because escapes and the order of parameters are signed. */
  readonly target: string;
  /** Names are lower-case. An array is a header that was sent more than once; the schemes refuse it where that matters. */
  readonly headers: RequestHeaders;
  readonly body: Uint8Array;
};

export type RequestHeaders = Readonly<Record<string, string | readonly string[] | undefined>>;

/**
 * The text of the header, which may be "". Undefined if it is absent or was sent more than once.
 * The type is checked because a name such as "constructor" finds a function on every plain object.
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
 * Reads Node's `rawHeaders` (name, value, name, value, …). Node's own `headers` keeps only the first of two Host or
 * Authorization headers. Here a repeated header becomes an array, so that it can be refused.
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
