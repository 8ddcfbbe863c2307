import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import { DomainError } from "../../core/errors.ts";

const ALGORITHM = "aes-256-gcm";
const IV_BYTES = 12;
const TAG_BYTES = 16;

/** Encrypts what must not be read at rest: AES-256-GCM, bound to its owner so that no row can stand in for another. */
export class SecretBox {
  readonly #key: Uint8Array;

  /** @param key 32 bytes. */
  constructor(key: Uint8Array) {
    this.#key = key;
  }

  seal(text: string, owner: string): string {
    const iv = randomBytes(IV_BYTES);
    const cipher = createCipheriv(ALGORITHM, this.#key, iv).setAAD(Buffer.from(owner));
    const sealed = Buffer.concat([iv, cipher.update(text, "utf8"), cipher.final()]);
    return Buffer.concat([sealed, cipher.getAuthTag()]).toString("base64");
  }

  /** @throws DomainError `StoreUnavailable` when it was sealed with another key or for another owner, or was changed. */
  open(sealed: string, owner: string): string {
    const bytes = Buffer.from(sealed, "base64");
    const iv = bytes.subarray(0, IV_BYTES);
    const end = bytes.length - TAG_BYTES;
    try {
      const decipher = createDecipheriv(ALGORITHM, this.#key, iv, { authTagLength: TAG_BYTES })
        .setAAD(Buffer.from(owner))
        .setAuthTag(bytes.subarray(end));
      return (
        decipher.update(bytes.subarray(IV_BYTES, end), undefined, "utf8") + decipher.final("utf8")
      );
    } catch {
      throw new DomainError(
        "StoreUnavailable",
        `the secret of ${owner} cannot be decrypted: it was encrypted with another secret key, or was changed; give the right one in secret.key or TASKSCRIBE_SECRET_KEY`,
        { owner },
      );
    }
  }
}
