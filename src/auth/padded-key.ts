import { hash } from "node:crypto";

/** Both SHA-1 and SHA-256 work on blocks of this many bytes (RFC 2104). */
const BLOCK_BYTES = 64;

/**
 * HMAC made of two one-shot hashes over a key that is padded once. It takes about a third of the time of createHmac, because
 * it makes no native Hmac object, and takes strings as results (a Buffer costs more than the hash itself).
 */
export class PaddedKey {
  readonly #algorithm: "sha1" | "sha256";
  readonly #inner: Buffer;
  /** The inner pad as text if it is ASCII, because joining strings is cheaper than joining buffers. */
  readonly #innerText: string | undefined;
  /** The outer pad, followed by the inner digest, which every call writes again. This is safe because calls never await. */
  readonly #outer: Buffer;

  constructor(algorithm: "sha1" | "sha256", secret: string) {
    const bytes = Buffer.from(secret, "utf8");
    const key = Buffer.alloc(BLOCK_BYTES);
    key.set(bytes.length > BLOCK_BYTES ? Buffer.from(hash(algorithm, bytes, "hex"), "hex") : bytes);
    this.#algorithm = algorithm;
    this.#inner = Buffer.from(key.map((byte) => byte ^ 0x36));
    this.#innerText = key.every((byte) => byte < 0x80) ? this.#inner.toString("latin1") : undefined;
    this.#outer = Buffer.alloc(BLOCK_BYTES + (algorithm === "sha1" ? 20 : 32));
    this.#outer.set(key.map((byte) => byte ^ 0x5c));
  }

  digest(text: string, encoding: "hex" | "base64" | "base64url"): string {
    const message =
      this.#innerText === undefined
        ? Buffer.concat([this.#inner, Buffer.from(text, "utf8")])
        : this.#innerText + text;
    this.#outer.write(hash(this.#algorithm, message, "binary"), BLOCK_BYTES, "latin1");
    return hash(this.#algorithm, this.#outer, encoding);
  }
}
