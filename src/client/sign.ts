import { draftAcs3 } from "../auth/acs3-request.ts";
import { acs3StringToSign } from "../auth/schemes/acs3-canonical.ts";

/** An access key of an account, or a temporary key. */
export interface Credentials {
  readonly accessKeyId: string;
  readonly accessKeySecret: string;
  /** Only with a temporary key. */
  readonly securityToken?: string | undefined;
}

export interface UnsignedRequest {
  readonly method: string;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
}

const utf8 = new TextEncoder();

/**
 * Signs a request with ACS3-HMAC-SHA256. Returns its headers. It uses WebCrypto, which Node has, and which browsers have on https
 * and on localhost only.
 */
export async function signRequest(
  { method, url, headers, body }: UnsignedRequest,
  { accessKeyId, accessKeySecret, securityToken }: Credentials,
): Promise<Record<string, string>> {
  const draft = draftAcs3({
    method,
    url,
    headers,
    accessKeyId,
    securityToken,
    dateMs: Date.now(),
    nonce: randomText(),
    payloadHash: await sha256(body ?? ""),
  });
  const signature = await hmac(accessKeySecret, acs3StringToSign(await sha256(draft.canonical)));
  const { host: _, ...sent } = draft.headers; // fetch adds it
  return { ...sent, authorization: draft.authorization(signature) };
}

/** 32 random hex digits. crypto.randomUUID would need a secure context. */
export function randomText(): string {
  return hex(crypto.getRandomValues(new Uint8Array(16)));
}

async function sha256(text: string): Promise<string> {
  return hex(new Uint8Array(await subtle().digest("SHA-256", utf8.encode(text))));
}

async function hmac(secret: string, text: string): Promise<string> {
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const key = await subtle().importKey("raw", utf8.encode(secret), algorithm, false, ["sign"]);
  return hex(new Uint8Array(await subtle().sign("HMAC", key, utf8.encode(text))));
}

function subtle(): typeof crypto.subtle {
  if (crypto.subtle !== undefined) return crypto.subtle;
  throw new TypeError(
    "requests cannot be signed here: browsers offer WebCrypto on https and localhost only",
  );
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
