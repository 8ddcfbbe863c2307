import type { JsonObject } from "../../core/json.ts";

/** What the checks of the posture are about. Fields that are absent are not known, and not checked. */
export interface PostureFacts {
  readonly now: number;
  readonly server: ServerFacts;
  readonly accounts: number;
  readonly keys: readonly KeyFacts[];
  readonly roles: readonly RoleFacts[];
  readonly policies: readonly PolicyFacts[];
  /** Stored records that cannot be used, as `kind id`. */
  readonly unusable: readonly string[];
  readonly secretKey: SecretKeyFacts;
}

/** The key that encrypts secrets. */
export interface SecretKeyFacts {
  readonly id: string;
  /** Where it comes from, in words. */
  readonly source: string;
  /** In ms since the epoch. */
  readonly since: number;
  /** How many secrets are sealed with an older data key. */
  readonly outdated: number;
}

/** How the server is set up, or would be by its settings if none runs. */
export interface ServerFacts {
  readonly running: boolean;
  readonly mode: "off" | "known" | "strict";
  readonly host: string;
  readonly onlyThisMachine: boolean;
  readonly insecure: boolean;
  readonly allowHost: readonly string[];
  readonly tls: TlsFacts | undefined;
  readonly requireTls: boolean;
  /** Whether the forward proxy is on. */
  readonly proxy: boolean;
  readonly schemes: readonly string[];
  readonly requireNonce: boolean;
  readonly maxClockDifferenceMs: number;
  readonly clientCertificates?: ClientCertificateFacts;
  /** Whether calls are throttled. */
  readonly throttled: boolean;
  /** Whether reads are among the calls that are throttled. */
  readonly readsThrottled: boolean;
  /** Whether the number of tasks of an account has a limit. */
  readonly limited: boolean;
  /** As the setting has it; empty: no internal network. */
  readonly webhookTargets: string;
  readonly metricsToken: boolean;
  readonly files: readonly FileFacts[];
  readonly nodeVersion: string;
  readonly audit?: {
    /** Where entries are copied to; empty: nowhere. */
    readonly shippedTo: string;
    readonly signedHeads: boolean;
  };
}

export interface TlsFacts {
  readonly certificate: "own" | "local CA";
  /** When the certificate, or that of the CA, ends; absent if it could not be read. */
  readonly endsAt?: number;
  readonly versions: readonly string[];
}

interface ClientCertificateFacts {
  readonly mode: "off" | "optional" | "required";
  /** How many subjects stand for a key. */
  readonly mapped: number;
  readonly revocationList: boolean;
}

export interface FileFacts {
  readonly path: string;
  /** The permissions, e.g. 0o600. */
  readonly mode: number;
}

export interface KeyFacts {
  readonly id: string;
  readonly account: string;
  readonly enabled: boolean;
  /** 0: it stands in the configuration file. */
  readonly createdAt: number;
  readonly temporary: boolean;
  /** Whether any policy limits it. */
  readonly limited: boolean;
  /** Absent: it never ends. */
  readonly expiresAt?: number;
  /** When it was last used; null: never. */
  readonly lastUsedAt?: number | null;
  /** The networks it may be used from. */
  readonly networks?: readonly string[];
}

export interface RoleFacts {
  readonly name: string;
  readonly account: string;
  /** Its trust policy. */
  readonly trust?: JsonObject;
}

export interface PolicyFacts {
  readonly name: string;
  readonly account: string;
  readonly document: JsonObject;
}
