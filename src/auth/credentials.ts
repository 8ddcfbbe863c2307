import { hash, timingSafeEqual } from "node:crypto";
import { PaddedKey } from "./padded-key.ts";

export type Credential = {
  readonly accessKeyId: string;
  readonly accountId: string;
  /** The user of the key, for policies and audit, e.g. "acs:ram::1234567890:user/alice". */
  readonly principal: string;
  readonly secret: PreparedSecret;
  readonly enabled: boolean;
  /** Only for temporary keys. */
  readonly sts?: { readonly token: string; readonly expiresAtMs: number };
};

/** An access key secret, prepared for all three schemes. Its fields are private, so JSON and the inspector do not show them. */
export class PreparedSecret {
  readonly #acs3: PaddedKey;
  readonly #roa: PaddedKey;
  readonly #rpc: PaddedKey;

  constructor(secret: string) {
    this.#acs3 = new PaddedKey("sha256", secret);
    this.#roa = new PaddedKey("sha1", secret);
    this.#rpc = new PaddedKey("sha1", `${secret}&`);
  }

  signAcs3(stringToSign: string): string {
    return this.#acs3.digest(stringToSign, "hex");
  }

  signRoaV1(stringToSign: string): string {
    return this.#roa.digest(stringToSign, "base64");
  }

  signRpcV1(stringToSign: string): string {
    return this.#rpc.digest(stringToSign, "base64");
  }
}

/** Constant-time comparison of texts of one fixed length, without an allocation. */
function textComparer(length: number): (expected: string, found: string) => boolean {
  const left = Buffer.alloc(length);
  const right = Buffer.alloc(length);
  return (expected, found) => {
    if (found.length !== length || expected.length !== length) return false;
    left.write(expected, "latin1");
    right.write(found, "latin1");
    // latin1 keeps only the low byte of a character, hence the second test. It runs only on equal bytes, so its time reveals nothing.
    return timingSafeEqual(left, right) && found === expected;
  };
}

export const sameSha256Hex = textComparer(64);
export const sameSha1Base64 = textComparer(28);

/** Compares secrets of any length by their hashes, so that the time reveals neither content nor length. */
export function sameSecretText(expected: string, found: string): boolean {
  return sameSha256Hex(hash("sha256", expected, "hex"), hash("sha256", found, "hex"));
}
