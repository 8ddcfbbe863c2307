// Signed statements about the audit: heads, which say what the chain was at an entry, and removals up to a head.
import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  hash,
  type KeyObject,
  sign,
  verify,
} from "node:crypto";
import type { AuditAnchor, AuditHead, SignedHead } from "../../store/access-store.ts";

/** Signs heads with Ed25519. */
export interface AuditKey {
  /** The first 16 hex digits of the SHA-256 of the public key. */
  readonly id: string;
  /** The public key as SubjectPublicKeyInfo, in base64. */
  readonly publicKey: string;
  sign(text: string): string;
}

const ED25519 = "ed25519";

/** A new private key, as PEM. */
export function newAuditKey(): string {
  const { privateKey } = generateKeyPairSync(ED25519);
  return String(privateKey.export({ type: "pkcs8", format: "pem" }));
}

/** @throws Error if it is no private Ed25519 key. */
export function auditKeyOf(pem: string): AuditKey {
  const key = createPrivateKey(pem);
  if (key.asymmetricKeyType !== ED25519) throw new Error(`it is no ${ED25519} key`);
  const publicKey = spkiOf(createPublicKey(key));
  return {
    id: keyIdOf(publicKey),
    publicKey,
    sign: (text) => sign(null, Buffer.from(text), key).toString("base64"),
  };
}

/** Public keys by their ids, ready to check signatures. */
export class AuditKeys {
  readonly #keys = new Map<string, KeyObject>();

  /** @param publicKeys each in base64 or as PEM. @throws Error for what is no Ed25519 key. */
  constructor(publicKeys: readonly string[]) {
    for (const text of publicKeys) {
      const key = publicKeyOf(text);
      this.#keys.set(keyIdOf(spkiOf(key)), key);
    }
  }

  /** Whether one of the keys signed the head. */
  isHead(head: SignedHead): boolean {
    return this.#signed(head.keyId, headText(head), head.signature);
  }

  /** Whether one of the keys signed the head, and that the entries up to it were removed. */
  isAnchor(anchor: AuditAnchor): boolean {
    return this.isHead(anchor) && this.#signed(anchor.keyId, removalText(anchor), anchor.removal);
  }

  #signed(keyId: string, text: string, signature: string): boolean {
    const key = this.#keys.get(keyId);
    if (key === undefined) return false;
    return verify(null, Buffer.from(text), key, Buffer.from(signature, "base64"));
  }
}

export function signedHead(key: AuditKey, { seq, hash }: AuditHead, at: number): SignedHead {
  const head = { seq, hash, at, keyId: key.id };
  return { ...head, signature: key.sign(headText(head)) };
}

/** The signature that makes a head of the same key an anchor. */
export function signedRemoval(key: AuditKey, head: SignedHead): string {
  return key.sign(removalText(head));
}

function headText({ seq, hash, at, keyId }: Omit<SignedHead, "signature">): string {
  return `taskscribe audit head 1\n${seq}\n${hash}\n${at}\n${keyId}`;
}

function removalText({ seq, hash, keyId }: Omit<SignedHead, "signature">): string {
  return `taskscribe audit removed up to 1\n${seq}\n${hash}\n${keyId}`;
}

function publicKeyOf(text: string): KeyObject {
  const isPem = text.includes("-----BEGIN PUBLIC KEY-----");
  const key = isPem
    ? createPublicKey(text)
    : createPublicKey({ key: Buffer.from(text, "base64"), format: "der", type: "spki" });
  if (key.asymmetricKeyType !== ED25519) throw new Error(`it is no ${ED25519} key`);
  return key;
}

function spkiOf(key: KeyObject): string {
  return key.export({ type: "spki", format: "der" }).toString("base64");
}

function keyIdOf(spki: string): string {
  return hash("sha256", Buffer.from(spki, "base64"), "hex").slice(0, 16);
}
