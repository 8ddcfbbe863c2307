import { type Acs3Request, draftAcs3 } from "./acs3-request.ts";
import type { PreparedSecret } from "./credentials.ts";
import { hashedStringToSign, payloadHash } from "./schemes/acs3-hash.ts";

type SigningKey = Pick<Acs3Request, "accessKeyId" | "securityToken"> & {
  readonly secret: PreparedSecret;
};

export type SignInput = Pick<Acs3Request, "method" | "url" | "headers" | "dateMs" | "nonce"> & {
  readonly body?: Uint8Array | string;
  readonly key: SigningKey;
};

const EMPTY = new Uint8Array(0);

/** Signs with ACS3-HMAC-SHA256, as the TypeScript SDK does. Returns all headers to send, with lower-case names and with `host`. */
export function signAcs3({ body = EMPTY, key, ...request }: SignInput): Record<string, string> {
  const { secret, accessKeyId, securityToken } = key;
  const bytes = typeof body === "string" ? Buffer.from(body, "utf8") : body;
  const payload = payloadHash(bytes);
  const draft = draftAcs3({ ...request, accessKeyId, securityToken, payloadHash: payload });
  const signature = secret.signAcs3(hashedStringToSign(draft.canonical));
  return { ...draft.headers, authorization: draft.authorization(signature) };
}
