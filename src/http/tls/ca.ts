import { generateKeyPairSync, type KeyObject } from "node:crypto";
import { createSecureContext, type SecureContext } from "node:tls";
import { LEAF_DAYS, LOCAL_NAMES, leafCertificate, type Names } from "./ca-certificate.ts";
import { type Authority, openAuthority } from "./ca-files.ts";

const DAY_MS = 86_400_000;
/** A leaf is replaced when it has no more than this to live, so that no connection begins with one about to end. */
const RENEW_BEFORE_MS = DAY_MS;
/** Names asked for are the client's choice: the least lately used are forgotten. */
const MAX_LEAVES = 256;

/** A certificate and its key, as PEM and ready for a handshake. */
export interface Leaf {
  readonly key: string;
  readonly cert: string;
  readonly context: SecureContext;
}

interface Kept {
  readonly until: number;
  readonly leaf: Promise<Leaf>;
}

/** Certificates of the local CA, made when a name is first asked for. */
export class LocalCertificates {
  readonly authority: Authority;
  readonly #now: () => number;
  /** One key for all leaves: it never leaves this process and dies with it. */
  readonly #key: KeyObject = generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;
  readonly #kept = new Map<string, Kept>();

  constructor(authority: Authority, now: () => number = Date.now) {
    this.authority = authority;
    this.#now = now;
  }

  get size(): number {
    return this.#kept.size;
  }

  /** For a name that the caller has found fit; without one, for this machine. */
  leafFor(name = ""): Promise<Leaf> {
    const known = this.#kept.get(name);
    this.#kept.delete(name);
    const kept = known && known.until > this.#now() ? known : this.#issue(name);
    this.#kept.set(name, kept);
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= MAX_LEAVES) break;
      this.#kept.delete(oldest);
    }
    return kept.leaf;
  }

  #issue(name: string): Kept {
    const names: Names = name === "" ? LOCAL_NAMES : { domains: [name], addresses: [] };
    const now = this.#now();
    const leaf = this.#sign(names, now);
    leaf.catch(() => this.#kept.delete(name)); // the next one to ask tries again
    return { until: now + LEAF_DAYS * DAY_MS - RENEW_BEFORE_MS, leaf };
  }

  async #sign(names: Names, now: number): Promise<Leaf> {
    const certificate = await leafCertificate(this.#key, this.authority.key, names, now);
    const cert = certificate.toString();
    const key = this.#key.export({ type: "pkcs8", format: "pem" }).toString();
    return { key, cert, context: createSecureContext({ key, cert }) };
  }
}

/** @throws Error in words. */
export async function openLocalCertificates(directory: string): Promise<LocalCertificates> {
  return new LocalCertificates(await openAuthority(directory, Date.now()));
}
