import { MEANING_HEADERS } from "./header-rules.ts";
import { canonicalQuery, canonicalRequest, documentedPath } from "./schemes/acs3-canonical.ts";

/* The part of signing with ACS3-HMAC-SHA256 that needs no hashes and no keys. It runs in browsers too. */

export type Acs3Request = {
  readonly method: string;
  /** The absolute address. Its host (with the port), path and query are signed as they will be sent. */
  readonly url: string | URL;
  /** Further headers to send. Those named x-acs-* are signed, and those that change what the request means. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly accessKeyId: string;
  /** Only with a temporary key. */
  readonly securityToken?: string | undefined;
  readonly dateMs: number;
  /** Absent: the request can be sent again, where the server allows that. */
  readonly nonce?: string | undefined;
  /** SHA-256 of the body, in hex. */
  readonly payloadHash: string;
};

export type Acs3Draft = {
  /** All headers to send except `authorization`, with lower-case names and with `host`. */
  readonly headers: Record<string, string>;
  /** The canonical request, which is hashed and signed. */
  readonly canonical: string;
  authorization(signature: string): string;
};

/** A signed request without its signature, made as the TypeScript SDK makes it. */
export function draftAcs3(request: Acs3Request): Acs3Draft {
  const url = new URL(request.url);
  const headers = headersToSend(request, url.host);
  const names = Object.keys(headers).filter(isSigned).sort();
  const canonical = canonicalRequest(
    request.method,
    documentedPath(url.pathname),
    canonicalQuery(url.search.slice(1)),
    names.map((name) => `${name}:${(headers[name] ?? "").trim()}\n`).join(""),
    names.join(";"),
    request.payloadHash,
  );
  const credential = `Credential=${request.accessKeyId},SignedHeaders=${names.join(";")}`;
  return {
    headers,
    canonical,
    authorization: (signature) => `ACS3-HMAC-SHA256 ${credential},Signature=${signature}`,
  };
}

function headersToSend(
  { headers = {}, accessKeyId, securityToken, dateMs, nonce, payloadHash }: Acs3Request,
  host: string,
): Record<string, string> {
  const all: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) all[name.toLowerCase()] = value;
  all["host"] = host;
  all["x-acs-date"] = `${new Date(dateMs).toISOString().slice(0, 19)}Z`;
  if (nonce !== undefined) all["x-acs-signature-nonce"] = nonce;
  all["x-acs-content-sha256"] = payloadHash;
  if (securityToken !== undefined) {
    all["x-acs-accesskey-id"] = accessKeyId;
    all["x-acs-security-token"] = securityToken;
  }
  return all;
}

function isSigned(name: string): boolean {
  return name === "host" || name.startsWith("x-acs-") || MEANING_HEADERS.includes(name);
}
