// The three signatures of the official clients, written from their description (AUTH in docs/security.md). They do not use
// the code of src/auth, so they test it.
import { createHmac, randomUUID } from "node:crypto";
import { PreparedSecret } from "../../src/auth/credentials.ts";
import { signAcs3 } from "../../src/auth/sign.ts";

export interface Key {
  readonly id: string;
  readonly secret: string;
}

/** A request before it is signed. The query is not encoded yet. */
export interface Plain {
  readonly method: string;
  readonly path: string;
  readonly query: readonly (readonly [string, string])[];
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** The request as it is sent. */
export interface Signed {
  readonly method: string;
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export const SCHEMES = ["acs3", "roa-v1", "rpc-v1", "none"] as const;
export type Scheme = (typeof SCHEMES)[number];

/** Signs with the present time and a new nonce. */
export function signed(plain: Plain, scheme: Scheme, key: Key): Signed {
  switch (scheme) {
    case "acs3":
      return acs3(plain, key);
    case "roa-v1":
      return roaV1(plain, key);
    case "rpc-v1":
      return rpcV1(plain, key);
    case "none": {
      const { method, headers, body } = plain;
      return { method, target: targetOf(plain.path, plain.query), headers, body };
    }
  }
}

function acs3(plain: Plain, key: Key): Signed {
  const { method, body } = plain;
  const url = new URL(`http://${plain.headers["host"]}${targetOf(plain.path, plain.query)}`);
  const headers = signAcs3({
    method,
    url,
    headers: plain.headers,
    body,
    key: { accessKeyId: key.id, secret: new PreparedSecret(key.secret) },
    dateMs: Date.now(),
    nonce: randomUUID(),
  });
  return { method, target: url.pathname + url.search, headers, body };
}

function roaV1({ method, path, query, headers: given, body }: Plain, key: Key): Signed {
  const headers: Record<string, string> = {
    accept: "application/json",
    date: new Date().toUTCString(),
    ...given,
    "x-acs-signature-method": "HMAC-SHA1",
    "x-acs-signature-version": "1.0",
    "x-acs-signature-nonce": randomUUID(),
  };
  const own = Object.keys(headers).filter((name) => name.startsWith("x-acs-"));
  const lines = own.sort().map((name) => `${name}:${headers[name]}\n`);
  const pairs = [...query].sort(([a], [b]) => (a < b ? -1 : 1)).map(([k, v]) => `${k}=${v}`);
  const resource = pairs.length === 0 ? path : `${path}?${pairs.join("&")}`;
  const text = `${method}\n${headers["accept"]}\n\n${headers["content-type"] ?? ""}\n${headers["date"]}\n${lines.join("")}${resource}`;
  headers["authorization"] = `acs ${key.id}:${hmacSha1(key.secret, text)}`;
  return { method, target: targetOf(path, query), headers, body };
}

/** All signed parameters are in the query. A form in the body is signed too. */
function rpcV1({ method, path, query, headers, body }: Plain, key: Key): Signed {
  const common: readonly (readonly [string, string])[] = [
    ...query,
    ["AccessKeyId", key.id],
    ["SignatureMethod", "HMAC-SHA1"],
    ["SignatureVersion", "1.0"],
    ["SignatureNonce", randomUUID()],
    ["Timestamp", `${new Date().toISOString().slice(0, 19)}Z`],
  ];
  const all = [...common, ...new URLSearchParams(body)];
  const canonical = all
    .map(([name, value]) => `${percent(name)}=${percent(value)}`)
    .sort()
    .join("&");
  const text = `${method}&%2F&${percent(canonical)}`;
  const signature = hmacSha1(`${key.secret}&`, text);
  return { method, target: targetOf(path, [...common, ["Signature", signature]]), headers, body };
}

function targetOf(path: string, query: readonly (readonly [string, string])[]): string {
  if (query.length === 0) return path;
  return `${path}?${query.map(([name, value]) => `${percent(name)}=${percent(value)}`).join("&")}`;
}

/** Encodes as RFC 3986. A single surrogate becomes the replacement character, because UTF-8 cannot write it. */
export function percent(text: string): string {
  return encodeURIComponent(text.toWellFormed()).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function hmacSha1(key: string, text: string): string {
  return createHmac("sha1", key).update(text, "utf8").digest("base64");
}
