import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  randomBytes,
  timingSafeEqual,
} from "node:crypto";

const ALGORITHM = "aes-256-gcm";
const IV_BYTES = 12;
const TAG_BYTES = 16;
/** Of every key that encrypts. */
export const KEY_BYTES = 32;

/** Encrypts a text with AES-256-GCM, bound to its owner so that no row can stand in for another. In base64. */
export function sealWith(key: Uint8Array, text: string, owner: string): string {
  const iv = randomBytes(IV_BYTES);
  const cipher = createCipheriv(ALGORITHM, key, iv).setAAD(Buffer.from(owner));
  const sealed = Buffer.concat([iv, cipher.update(text, "utf8"), cipher.final()]);
  return Buffer.concat([sealed, cipher.getAuthTag()]).toString("base64");
}

/** Undefined: it was sealed with another key or for another owner, or was changed. */
export function openWith(key: Uint8Array, sealed: string, owner: string): string | undefined {
  try {
    const bytes = Buffer.from(sealed, "base64");
    const iv = bytes.subarray(0, IV_BYTES);
    const end = bytes.length - TAG_BYTES;
    const decipher = createDecipheriv(ALGORITHM, key, iv, { authTagLength: TAG_BYTES })
      .setAAD(Buffer.from(owner))
      .setAuthTag(bytes.subarray(end));
    return (
      decipher.update(bytes.subarray(IV_BYTES, end), undefined, "utf8") + decipher.final("utf8")
    );
  } catch {
    return undefined;
  }
}

/** A name of a key that tells nothing of it: 16 hexadecimal digits. */
export function keyIdOf(key: Uint8Array): string {
  return createHmac("sha256", key).update("taskscribe key id").digest("hex").slice(0, 16);
}

export function isSameKey(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && timingSafeEqual(one, other);
}
