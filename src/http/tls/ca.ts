import { generateKeyPairSync, type KeyObject } from "node:crypto";
import { createSecureContext, type SecureContext } from "node:tls";
import { LEAF_DAYS, LOCAL_NAMES, leafCertificate, type Names } from "./ca-certificate.ts";
import { type Authority, openAuthority } from "./ca-files.ts";
import type { ClientTrust } from "./client-certificate.ts";
import { TLS_RULES } from "./tls-rules.ts";

const DAY_MS = 86_400_000;
/**
 * A certificate is replaced this long before it expires, so that no connection begins with one that is about to expire.
 */
const RENEW_BEFORE_MS = DAY_MS;
/**
 * Clients choose the names they ask for, so no more certificates than this are kept: the least recently used go first.
 */
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

/** Makes certificates of the local CA, each when its name is first asked for. */
export class LocalCertificates {
  readonly authority: Authority;
  readonly #now: () => number;
  /** All certificates share one key, which exists in this process only. */
  readonly #key: KeyObject = generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;
  readonly #kept = new Map<string, Kept>();

  /** Whose certificates clients may show. */
  #clients: ClientTrust;

  constructor(authority: Authority, now: () => number = Date.now, clients: ClientTrust = {}) {
    this.#clients = clients;
    this.authority = authority;
    this.#now = now;
  }

  /** From now on clients may show these certificates; handshakes that begin later know it. */
  trust(clients: ClientTrust): void {
    this.#clients = clients;
    this.#kept.clear();
  }

  get size(): number {
    return this.#kept.size;
  }

  /** The certificate for a name that the caller has checked; without a name, for this machine. */
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
    leaf.catch(() => this.#kept.delete(name)); // the next client that asks for it makes it try again
    return { until: now + LEAF_DAYS * DAY_MS - RENEW_BEFORE_MS, leaf };
  }

  async #sign(names: Names, now: number): Promise<Leaf> {
    const certificate = await leafCertificate(this.#key, this.authority.key, names, now);
    const cert = certificate.toString();
    const key = this.#key.export({ type: "pkcs8", format: "pem" }).toString();
    return {
      key,
      cert,
      context: createSecureContext({ key, cert, ...TLS_RULES, ...this.#clients }),
    };
  }
}

/** @throws Error that says what is wrong and what to do. */
export async function openLocalCertificates(
  directory: string,
  clients: ClientTrust = {},
): Promise<LocalCertificates> {
  return new LocalCertificates(await openAuthority(directory, Date.now()), Date.now, clients);
}
