import { randomBytes } from "node:crypto";
import { type Credential, PreparedSecret } from "../../auth/credentials.ts";
import type { Rights } from "../../auth/policy/decision.ts";
import type { NamedPolicy } from "../../auth/policy/policy.ts";
import { unreachable } from "../../core/errors.ts";
import type { Log } from "../../log.ts";
import type {
  AccessChange,
  AccessRecords,
  Account,
  Attachment,
  StoredKey,
  StoredPolicy,
  StoredRole,
} from "../../store/access-store.ts";
import { RefusedRecords } from "../limits/refused-records.ts";
import { PolicyBook } from "../policies/policy-book.ts";
import { RoleBook } from "../roles/role-book.ts";
import type { SecretBox } from "../secrets/secret-box.ts";
import { standingOf } from "./chain.ts";
import { KeyIndex } from "./key-index.ts";
import type { Networks } from "./key-networks.ts";
import { KeyUses, type UseNote } from "./key-uses.ts";
import { soundRecords, type UnsoundRecord } from "./sound-records.ts";

/** A key from the configuration file: never stored, and not to be changed from outside. */
export interface ConfiguredKey {
  readonly accessKeyId: string;
  readonly accessKeySecret: string;
  readonly account: string;
}

/** The part of a key that is stored encrypted. */
interface Secrets {
  readonly secret: string;
  readonly token?: string;
}

/** A key ready for use. */
export interface KeyEntry {
  readonly key: StoredKey;
  readonly credential: Credential;
  /** What the key and all that it comes from may do together. */
  readonly rights: Rights;
  /** Who it is in conditions (`acs:PrincipalArn`): the user or the role, never the name of a session. */
  readonly principalArn: string;
  /** Where requests must come from; undefined: from anywhere. */
  readonly networks: Networks | undefined;
  /** Written over by each request. */
  readonly use: UseNote;
  /** When the key, or the first that it comes from, ends; in ms since the epoch, Infinity for never. */
  readonly endsAt: number;
}

/** A role that cannot be read trusts nobody. */
const BARRED_ROLE = {
  id: "(unreadable)",
  description: "",
  trust: {},
  maxSessionSeconds: 0,
  createdAt: 0,
};
const CONFIGURED = "configured";
/** Those of a key whose own are damaged: nothing is signed with them, even if the key were not refused before. */
const UNKNOWN_SECRETS: Secrets = { secret: randomBytes(32).toString("base64") };
/** Keys that are ready for use at once; each takes about 2.5 KB. */
const READY_LIMIT = 20_000;

/**
 * All accounts, keys and policies in memory, kept in step with the store by whoever writes there. Looking a key up is
 * synchronous; secrets are decrypted when a key is first used.
 */
export class KeyRing {
  readonly #box: SecretBox;
  readonly #configured = new Map<string, ConfiguredKey>();
  readonly #accounts = new Map<string, Account>();
  readonly #keys = new KeyIndex();
  readonly #book = new PolicyBook();
  readonly #roles = new RoleBook();
  readonly uses: KeyUses;
  readonly refusedRecords = new RefusedRecords();
  /** Keys that were used since they last changed, ready for use. */
  readonly #ready = new Map<string, KeyEntry>();
  readonly #listeners = new Set<() => void>();

  /** Accounts that were deleted, or whose record cannot be used. */
  readonly #closed = new Set<string>();
  readonly #unsound: readonly UnsoundRecord[];
  /** Keys whose secret was found to be damaged since they last changed. */
  readonly #damaged = new Set<string>();
  readonly #lost: (accessKeyId: string, error: unknown) => void;

  /** @param lost hears of a key whose secret cannot be decrypted, once it is found. */
  constructor(
    stored: AccessRecords,
    box: SecretBox,
    configured: readonly ConfiguredKey[] = [],
    lost: (accessKeyId: string, error: unknown) => void = () => {},
  ) {
    const { records, unsound } = soundRecords(stored);
    this.#box = box;
    this.#lost = lost;
    this.#unsound = unsound;
    this.uses = new KeyUses(records.uses);
    for (const { kind, id } of unsound) this.#bar(kind, id);
    for (const account of records.accounts) this.#putAccount(account);
    for (const key of records.keys) this.#keys.put(key);
    for (const policy of records.policies) this.#book.put(policy);
    for (const one of records.attachments) this.#book.attach(one);
    for (const role of records.roles) this.#roles.put(role);
    for (const one of configured) this.#configure(one);
  }

  /**
   * What is stored and cannot be used, as far as it was found: secrets are decrypted when a key is first used. Whatever
   * depends on it is refused.
   */
  get unsound(): readonly UnsoundRecord[] {
    const keys = [...this.#damaged].map((id) => ({ kind: "key" as const, id }));
    return [...this.#unsound, ...keys];
  }

  get accounts(): readonly Account[] {
    return [...this.#accounts.values()];
  }

  /** How many accounts there are and were. */
  get accountCount(): number {
    return this.#accounts.size + this.#closed.size;
  }

  get keys(): readonly StoredKey[] {
    return this.#keys.all;
  }

  get policies(): readonly StoredPolicy[] {
    return this.#book.policies;
  }

  get attachments(): readonly Attachment[] {
    return this.#book.attachments;
  }

  account(id: string): Account | undefined {
    return this.#accounts.get(id);
  }

  /** Whether there was such an account and is no more, or it cannot be used: its id is nobody else's. */
  isClosed(id: string): boolean {
    return this.#closed.has(id);
  }

  key(id: string): StoredKey | undefined {
    return this.#keys.get(id);
  }

  /** The permanent keys of an account. */
  lastingKeys(account: string): readonly StoredKey[] {
    return this.#keys.lasting(account);
  }

  lastingCount(account: string): number {
    return this.#keys.lastingCount(account);
  }

  /** How many temporary keys all accounts have together. */
  get temporaryCount(): number {
    return this.#keys.temporaryTotal;
  }

  temporaryCountOf(account: string): number {
    return this.#keys.temporaryCount(account);
  }

  /** The ids of the account's temporary keys that ended before this moment. */
  temporaryEndedBefore(account: string, moment: number): readonly string[] {
    return this.#keys.endedBefore(account, moment);
  }

  temporaryKeys(account: string): readonly StoredKey[] {
    return this.#keys.temporary(account);
  }

  /** The ids of all keys that were made with this one, directly or by way of others. */
  descendants(id: string): readonly string[] {
    return this.#keys.descendants(id);
  }

  policy(account: string, name: string): StoredPolicy | undefined {
    return this.#book.policy(account, name);
  }

  role(account: string, name: string): StoredRole | undefined {
    return this.#roles.role(account, name);
  }

  roles(account: string): readonly StoredRole[] {
    return this.#roles.roles(account);
  }

  roleCount(account: string): number {
    return this.#roles.count(account);
  }

  policyCount(account: string): number {
    return this.#book.policyCount(account);
  }

  /** The policies attached to a key or a role. */
  attachedTo(account: string, kind: Attachment["kind"], target: string): readonly NamedPolicy[] {
    return this.#book.attachedTo({ account, kind, target });
  }

  attachmentsOf(account: string, kind: Attachment["kind"], target: string): readonly Attachment[] {
    return this.#book.attachmentsOf({ account, kind, target });
  }

  attachmentCount(account: string): number {
    return this.#book.attachmentCount(account);
  }

  isConfigured(id: string): boolean {
    return this.#configured.has(id);
  }

  /** A key whose secret cannot be decrypted is a disabled one. */
  entry(id: string): KeyEntry | undefined {
    const ready = this.#ready.get(id);
    if (ready) return ready;
    const key = this.#keys.get(id);
    if (key === undefined) return undefined;
    const entry = this.#prepare(key);
    if (this.#ready.size >= READY_LIMIT) this.#ready.clear();
    this.#ready.set(id, entry);
    return entry;
  }

  /** What a request with this key is checked with. A permanent key that has ended is a disabled one. */
  credential(id: string, now: number): Credential | undefined {
    const entry = this.entry(id);
    if (entry === undefined || now < entry.endsAt || entry.credential.sts) return entry?.credential;
    return { ...entry.credential, enabled: false };
  }

  /** Calls back after every change. */
  onChange(listener: () => void): void {
    this.#listeners.add(listener);
  }

  /** Call it after the changes, which were written together, are durable. Nobody sees some of them without the others. */
  apply(changes: readonly AccessChange[]): void {
    for (const change of changes) this.#apply(change);
    for (const listener of this.#listeners) listener();
  }

  #putAccount(account: Account): void {
    if (account.deletedAt === undefined) {
      this.#accounts.set(account.id, account);
      return;
    }
    this.#accounts.delete(account.id);
    this.#closed.add(account.id);
  }

  /** Keeps what cannot be used from counting as what was never there. */
  #bar(kind: UnsoundRecord["kind"], id: string): void {
    if (kind === "account") this.#closed.add(id);
    if (kind !== "role") return;
    const [account = "", name = ""] = id.split("/");
    this.#roles.put({ ...BARRED_ROLE, account, name });
  }

  #apply(change: AccessChange): void {
    switch (change.type) {
      case "put-account":
        this.#putAccount(change.account);
        this.#forgetAll(change.account.id);
        return;
      case "put-key":
        this.#keys.put(change.key);
        this.#forget(change.key.id);
        return;
      case "remove-key":
        this.#keys.remove(change.id);
        this.uses.remove(change.id);
        this.#forget(change.id);
        return;
      case "put-policy":
        this.#book.put(change.policy);
        this.#forgetAll(change.policy.account);
        return;
      case "remove-policy":
        this.#book.remove(change);
        this.#forgetAll(change.account);
        return;
      case "attach":
        this.#book.attach(change.attachment);
        this.#forgetAll(change.attachment.account);
        return;
      case "detach":
        this.#book.detach(change.attachment);
        this.#forgetAll(change.attachment.account);
        return;
      case "put-role":
        this.#roles.put(change.role);
        return;
      case "remove-role":
        this.#roles.remove(change);
        this.#forgetAll(change.account);
        return;
      case "put-use":
      case "put-mark":
        return;
      default:
        unreachable(change);
    }
  }

  #configure(one: ConfiguredKey): void {
    const { accessKeyId: id, account } = one;
    this.#configured.set(id, one);
    this.#keys.put({
      id,
      account,
      principal: principalOf(account, id),
      sealed: CONFIGURED,
      enabled: true,
      createdAt: 0,
    });
    if (!this.#accounts.has(account) && !this.#closed.has(account)) {
      this.#accounts.set(account, { id: account, name: account, createdAt: 0 });
    }
  }

  /** A key that changed, and all that come from it. */
  #forget(id: string): void {
    this.#damaged.delete(id);
    this.#ready.delete(id);
    for (const other of this.#keys.descendants(id)) this.#ready.delete(other);
  }

  #forgetAll(account: string): void {
    for (const [id, { key }] of this.#ready) if (key.account === account) this.#ready.delete(id);
  }

  #prepare(key: StoredKey): KeyEntry {
    const secrets = this.#secretsOf(key);
    const { secret, token } = secrets ?? UNKNOWN_SECRETS;
    const { enabled, actor, ...standing } = standingOf(key, this);
    const isTemporary = key.temporary !== undefined;
    const credential: Credential = {
      accessKeyId: key.id,
      accountId: key.account,
      principal: actor,
      secret: new PreparedSecret(secret),
      // A temporary key without a token could be used by who has its secret alone.
      enabled: enabled && secrets !== undefined && (!isTemporary || token !== undefined),
      ...(isTemporary && token !== undefined && { sts: { token, expiresAtMs: standing.endsAt } }),
    };
    return { key, credential, use: this.uses.of(key.id), ...standing };
  }

  /** Undefined: they are damaged. */
  #secretsOf({ id, sealed }: StoredKey): Secrets | undefined {
    const configured = this.#configured.get(id);
    if (configured) return { secret: configured.accessKeySecret };
    try {
      return JSON.parse(this.#box.open(sealed, id)) as Secrets;
    } catch (error) {
      if (!this.#damaged.has(id)) this.#lost(id, error);
      this.#damaged.add(id);
      return undefined;
    }
  }
}

/** What the log says of a key whose secret cannot be decrypted. */
export function tellLostKey(log: Log): (accessKeyId: string, error: unknown) => void {
  return (accessKeyId, err) =>
    log.error(
      { accessKeyId, err },
      "the stored secret of an access key cannot be decrypted: the key is refused; delete it and make another",
    );
}

export function principalOf(account: string, user: string): string {
  return `acs:ram::${account}:user/${user}`;
}

/** Seals what belongs to a key id; the ring opens it again. */
export function sealSecrets(box: SecretBox, id: string, secrets: Secrets): string {
  return box.seal(JSON.stringify(secrets), id);
}
