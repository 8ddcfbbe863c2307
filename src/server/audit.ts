// Puts together what makes the audit evidence: signed heads, shipping, retention.
import { type AuditKey, auditKeyOf, newAuditKey } from "../access/audit/audit-heads.ts";
import { AuditRetention } from "../access/audit/audit-retention.ts";
import { AuditShipper, type AuditSink } from "../access/audit/audit-shipper.ts";
import { HeadSigner } from "../access/audit/head-signer.ts";
import type { Clock } from "../clock.ts";
import { ConfigError } from "../config/config-error.ts";
import type { Config } from "../config/settings.ts";
import type { Log } from "../log.ts";
import type { AccessStore } from "../store/access-store.ts";
import { loadAuditKey } from "../store/sqlite/access/audit-key.ts";
import { FileSink, UrlSink } from "./audit-sinks.ts";

/** What a mark that holds a public key begins with; the key's id follows. */
const KEY_MARK = "audit-key:";
const SHIPPED_MARK = "audit-shipped:";

export interface AuditParts {
  readonly auditKey: AuditKey;
  /** The public keys of all heads that this directory has signed. */
  readonly auditKeys: readonly string[];
  /** Hears of entries that were written. */
  readonly written: (entries: number) => void;
  /** Begins to ship and to remove, as a server does. */
  begin(): void;
  /** Signs the last head, and ships what is left. */
  close(): Promise<void>;
}

export interface AuditOptions {
  readonly config: Config;
  readonly store: AccessStore;
  readonly marks: Readonly<Record<string, string>>;
  readonly clock: Clock;
  readonly log: Log;
}

/** @throws ConfigError, DomainError `StoreUnavailable` */
export async function openAudit(options: AuditOptions): Promise<AuditParts> {
  const { config, store, marks, clock, log } = options;
  const auditKey = signingKey(config.data);
  const known = Object.entries(marks).filter(([name]) => name.startsWith(KEY_MARK));
  const auditKeys = [...new Set([auditKey.publicKey, ...known.map(([, value]) => value)])];
  const mark = KEY_MARK + auditKey.id;
  if (marks[mark] === undefined) {
    if (known.length > 0) {
      const facts = { keyId: auditKey.id };
      log.warn(facts, "the audit is signed with another key from now on: audit.key is a new one");
    }
    // Not waited for: it is written before any head, because writes take effect in their order.
    store
      .write({ changes: [{ type: "put-mark", name: mark, value: auditKey.publicKey }] })
      .catch((error: unknown) =>
        log.error({ err: error }, "the audit's key could not be noted yet"),
      );
  }
  let shippers: readonly AuditShipper[] = [];
  let retention: AuditRetention | undefined;
  const wake = () => {
    for (const shipper of shippers) shipper.wake();
  };
  const signer = new HeadSigner({ store, key: auditKey, clock, log, signed: wake });
  await resume(store, signer);
  return {
    auditKey,
    auditKeys,
    written: (entries) => {
      signer.written(entries);
      wake();
    },
    begin: () => {
      shippers = sinksOf(config).map(([kind, sink]) => {
        const name = SHIPPED_MARK + kind;
        return new AuditShipper({ store, clock, log, sink, mark: name, position: marks[name] });
      });
      const keepMs = config.auditRetention;
      if (keepMs === undefined) return;
      const shippedUpTo = () =>
        Math.min(Number.MAX_SAFE_INTEGER, ...shippers.map(({ position }) => position));
      retention = new AuditRetention({ store, key: auditKey, clock, log, keepMs, shippedUpTo });
    },
    close: async () => {
      await retention?.close();
      await signer.close();
      await Promise.all(shippers.map((shipper) => shipper.close()));
    },
  };
}

/** A process that was killed has not signed its last entries. */
async function resume(store: AccessStore, signer: HeadSigner): Promise<void> {
  const end = await store.auditHead();
  const signed = await store.headBefore(Number.MAX_SAFE_INTEGER);
  if (end.seq > (signed?.seq ?? 0)) signer.written(1);
}

/** @throws ConfigError if the file holds no key. */
function signingKey(data: string): AuditKey {
  const pem = loadAuditKey(data, newAuditKey);
  try {
    return auditKeyOf(pem);
  } catch (cause) {
    const message =
      "audit.key: it holds no private key (Ed25519, PEM); put the right one back, or delete it for a new one, and note the new one's public key";
    throw new ConfigError(message, { cause });
  }
}

function sinksOf({ auditFile, auditUrl, auditToken }: Config): readonly [string, AuditSink][] {
  return [
    ...(auditFile === undefined ? [] : [["file", new FileSink(auditFile)] as [string, AuditSink]]),
    ...(auditUrl === undefined
      ? []
      : [["url", new UrlSink(auditUrl, auditToken)] as [string, AuditSink]]),
  ];
}
