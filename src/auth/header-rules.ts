/**
 * What a signature has to say about a header. `refused`: the header changes what a request means, so a signed request may
 * have it only if the signature covers it. `allowed`: it may be there unsigned, for the reason given.
 */
type HeaderRule = { readonly unsigned: "refused" | "allowed"; readonly why: string };

/**
 * Every header that the server reads, except x-acs-*: each signature covers those, or has parameters that must agree with
 * them. test/signed-headers.test.ts holds the code to this list, and docs/security.md to the reasons.
 */
export const HEADER_RULES = {
  "content-type": refused("decides how the body is read"),
  "idempotency-key": refused("decides whether a task is started or an earlier one is found"),
  "last-event-id": refused("decides where a stream begins"),
  prefer: refused("decides how long an answer is kept back"),
  "x-taskscribe-at": refused("decides the time of which the answer tells"),
  accept: allowed("chooses the form of the answer only; most SDKs send it unsigned"),
  "accept-language": allowed("chooses the language of texts only"),
  authorization: allowed("carries the signature"),
  expect: allowed("belongs to the connection; every value except 100-continue is refused"),
  host: allowed(
    "is signed in ACS3; without it, ROA v1 has to name the version and RPC v1 always does",
  ),
  "if-none-match": allowed("leaves the body of an unchanged answer out"),
  origin: allowed("can only make the server refuse"),
  "sec-fetch-dest": allowed("can only make the server refuse"),
  "sec-fetch-site": allowed("can only make the server refuse"),
  "sec-fetch-user": allowed("can only make the server refuse"),
  traceparent: allowed("names the caller's trace, which proxies and agents add on the way"),
  "transfer-encoding": allowed("belongs to the connection; the body is checked as a whole"),
  "content-length": allowed("belongs to the connection; the body is checked as a whole"),
  upgrade: allowed("belongs to the connection; nothing is upgraded"),
  "user-agent": allowed("names the program; it only tells apart who waits for news"),
} satisfies Readonly<Record<string, HeaderRule>>;

/** The headers that a signed request may have only if they are signed. */
export const MEANING_HEADERS: readonly string[] = Object.entries<HeaderRule>(HEADER_RULES)
  .filter(([, { unsigned }]) => unsigned === "refused")
  .map(([name]) => name);

/** The first of these headers that the request has, however often it was sent. */
export function firstPresent(
  headers: Readonly<Record<string, unknown>>,
  names: readonly string[],
): string | undefined {
  for (const name of names) if (headers[name] !== undefined) return name;
  return undefined;
}

function refused(why: string): HeaderRule {
  return { unsigned: "refused", why };
}

function allowed(why: string): HeaderRule {
  return { unsigned: "allowed", why };
}
