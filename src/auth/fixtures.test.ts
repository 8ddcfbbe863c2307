// No tests: what the tests of this folder share. Named .test.ts so that the build leaves it out.
import { readFileSync } from "node:fs";
import { type Credential, PreparedSecret } from "./credentials.ts";
import type { Scheme } from "./refusals.ts";
import type { AuthRequest } from "./request.ts";
import { type SignInput, signAcs3 } from "./sign.ts";

export type Vector = {
  readonly name: string;
  readonly scheme: string;
  readonly expect: "valid" | "invalid";
  readonly accessKeyId: string;
  readonly accessKeySecret: string;
  readonly securityToken?: string;
  /** Null where the library sends none (Go SDK v1, ROA). */
  readonly nonce?: string | null;
  readonly date: string;
  readonly verifyAt?: string;
  readonly expectedErrorCode?: string;
  readonly expectedSignature?: string;
  readonly request: {
    readonly method: string;
    readonly url: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly rawHeaders?: readonly string[];
    readonly body?: string;
    readonly bodyBase64?: string;
  };
};

const file = new URL("../../test/golden/auth/signature-vectors.json", import.meta.url);
export const vectors: readonly Vector[] = JSON.parse(readFileSync(file, "utf8")).vectors;

export const schemeOf: Readonly<Record<string, Scheme>> = {
  "ACS3-HMAC-SHA256": "acs3",
  "ROA-HMAC-SHA1": "roa-v1",
  "RPC-HMAC-SHA1": "rpc-v1",
};

export function vectorNamed(name: string): Vector {
  const found = vectors.find((vector) => vector.name === name);
  if (!found) throw new Error(`no vector ${name}`);
  return found;
}

export function requestOf({ request }: Vector): AuthRequest {
  const body =
    request.bodyBase64 === undefined
      ? Buffer.from(request.body ?? "", "utf8")
      : Buffer.from(request.bodyBase64, "base64");
  return { method: request.method, target: request.url, headers: request.headers, body };
}

/** The credential that the vector's server holds. */
export function credentialOf(vector: Vector, change: Partial<Credential> = {}): Credential {
  const sts = vector.securityToken && {
    sts: { token: vector.securityToken, expiresAtMs: Number.MAX_SAFE_INTEGER },
  };
  return {
    accessKeyId: vector.accessKeyId,
    accountId: "1234567890",
    principal: "acs:ram::1234567890:root",
    secret: new PreparedSecret(vector.accessKeySecret),
    enabled: true,
    ...sts,
    ...change,
  };
}

export function lookupOf(...credentials: readonly Credential[]) {
  const byId = new Map(credentials.map((credential) => [credential.accessKeyId, credential]));
  return (accessKeyId: string) => byId.get(accessKeyId);
}

export const NOW_MS = Date.parse("2026-01-02T03:04:05Z");
export const KEY = {
  accessKeyId: "LTAI5tOwnTestKey",
  secret: new PreparedSecret("OwnTestSecret"),
};
export const OWN: Credential = {
  ...KEY,
  accountId: "1234567890",
  principal: "acs:ram::1234567890:user/alice",
  enabled: true,
};

/** A request signed by our own signer, as a server receives it. */
export function signedRequest(change: Partial<SignInput> = {}): AuthRequest {
  const input: SignInput = {
    method: "GET",
    url: "http://127.0.0.1:18080/tasks/T-5faa48fb31b6b8078d000006?page_number=1&q=a%20b",
    headers: { "x-acs-action": "DescribeTaskInfo", "x-acs-version": "2015-12-15" },
    key: KEY,
    dateMs: NOW_MS,
    nonce: "93925e3281835ef567a9362831f99cfa",
    ...change,
  };
  const url = new URL(input.url);
  const { body = "" } = input;
  return {
    method: input.method,
    target: url.pathname + url.search,
    headers: signAcs3(input),
    body: typeof body === "string" ? Buffer.from(body, "utf8") : body,
  };
}
