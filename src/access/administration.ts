import type { OperationShape } from "../auth/policy/useless.ts";
import type { Clock } from "../clock.ts";
import { DomainError } from "../core/errors.ts";
import type { JsonObject } from "../core/json.ts";
import type { Log } from "../log.ts";
import type { AccessChange, AccessStore, AuditRecord, StoredKey } from "../store/access-store.ts";
import type { AccountHoldings } from "./accounts/account-holdings.ts";
import type { AuditKey } from "./audit/audit-heads.ts";
import type { Journal } from "./audit/journal.ts";
import { type ActionName, refuseBeyond } from "./effects.ts";
import { OPERATOR } from "./keys/authenticator.ts";
import type { KeyRing } from "./keys/key-ring.ts";
import type { KeyMaker } from "./keys/keys.ts";
import type { LimitReader } from "./limits/account-limits.ts";
import type { TaskDoors } from "./policies/task-doors.ts";
import type { ServerFacts } from "./posture/facts.ts";
import type { SecretKeeper } from "./secrets/secret-keeper.ts";
import { Turns } from "./turns.ts";

/** Who asks, and from where. */
export interface Author {
  readonly account: string;
  readonly actor: string;
  /** Empty for the operator. */
  readonly accessKeyId: string;
  readonly source: string;
  readonly requestId: string;
  /** Whether the call came over TLS; absent: it is not known, which counts as no. */
  readonly secure?: boolean;
}

export interface AdministrationOptions {
  readonly ring: KeyRing;
  readonly maker: KeyMaker;
  readonly secrets: SecretKeeper;
  readonly log: Log;
  readonly journal: Journal;
  readonly clock: Clock;
  readonly store: AccessStore;
  /** The operations that policies of an account can be about. */
  readonly operationsOf: (account: string) => readonly OperationShape[];
  /** Signs the heads of the audit. */
  readonly auditKey: AuditKey;
  /** The public keys whose signatures count: that key's, and those that were used before it. */
  readonly auditKeys: readonly string[];
  /** Makes the demonstration world of a new account, before the account is written; does nothing if there is one. */
  readonly makeWorld: (account: string) => Promise<void>;
  /** What accounts have outside of access control; absent, or undefined when asked: no server runs. */
  readonly holdings?: (() => AccountHoldings | undefined) | undefined;
  /** What accounts have of everything that they have a share of; absent, or undefined when asked: no server runs. */
  readonly limits?: (() => LimitReader | undefined) | undefined;
  /** What operations ask for on tasks; absent, or undefined when asked: no server runs. */
  readonly taskDoors?: (() => TaskDoors | undefined) | undefined;
  /** How the server is set up at this moment, for `DescribeSecurity`. */
  readonly serverFacts: () => ServerFacts;
}

/** What a change writes, and what it answers. */
export interface Plan {
  readonly account: string;
  /** The resource as the audit names it. */
  readonly resource: string;
  readonly changes: readonly AccessChange[];
  /** Runs before the write: whatever it leaves must be harmless if the write then fails. */
  readonly prepare?: () => Promise<void>;
  /** Runs once the write is durable. */
  readonly committed?: () => void;
  readonly told: JsonObject;
}

/** What all actions of the access API share: which accounts and keys a caller may touch, and how a change is made. */
export class Administration {
  readonly options: AdministrationOptions;
  readonly #turns = new Turns();

  constructor(options: AdministrationOptions) {
    this.options = options;
  }

  /**
   * Makes a change durable, together with its record, then visible. Changes go one after another: `plan` runs when all
   * earlier ones are visible, and nothing changes until its own is. So whatever it finds in the ring still holds at
   * the write, and so does what is checked of the author. It must decide there and not before.
   */
  change(action: ActionName, author: Author, plan: () => Plan): Promise<JsonObject> {
    return this.#turns.take(author.actor === OPERATOR ? "" : author.account, async () => {
      this.refuseUnlessAllowed(action, author);
      const planned = plan();
      await planned.prepare?.();
      const record = this.#record(action, author, planned);
      await this.options.journal.write([record], planned.changes);
      this.options.ring.apply(planned.changes);
      planned.committed?.();
      return planned.told;
    });
  }

  /** Work of the server itself, which no change may come between. */
  turn<T>(run: () => Promise<T>): Promise<T> {
    return this.#turns.take("", run);
  }

  /** @throws DomainError `AccountMismatch` if the key of the author is good no longer, or may not do this. */
  refuseUnlessAllowed(action: ActionName, { actor, accessKeyId }: Author): void {
    if (actor === OPERATOR && accessKeyId === "") return;
    const { ring, clock } = this.options;
    const entry = ring.entry(accessKeyId);
    if (entry?.credential.enabled !== true || clock.now() >= entry.endsAt) {
      throw new DomainError(
        "AccountMismatch",
        `the access key ${accessKeyId} was deleted, disabled or has ended; sign with another`,
      );
    }
    refuseBeyond(entry, action);
  }

  #record(action: string, author: Author, { account, resource }: Plan): AuditRecord {
    return {
      at: this.options.clock.now(),
      account,
      actor: author.actor,
      accessKeyId: author.accessKeyId,
      source: author.source,
      action: `taskscribe:${action}`,
      resource,
      requestId: author.requestId,
      outcome: "done",
      status: 200,
      code: "",
      reason: "",
      taskId: "",
      count: 1,
    };
  }

  /** The account that a call is about: the caller's own, or for the operator any that exists. */
  accountOf(asked: string | undefined, author: Author): string {
    const account = asked ?? author.account;
    const visible = author.actor === OPERATOR ? this.options.ring.account(account) : undefined;
    // An account of somebody else is answered like one that does not exist.
    if (account === author.account || visible) return account;
    throw notFound("account", account);
  }

  /** A key of the caller's account, or for the operator any. */
  keyOf(id: string, author: Author): StoredKey {
    const key = this.options.ring.key(id);
    if (key && (author.actor === OPERATOR || key.account === author.account)) return key;
    throw notFound("access key", id);
  }
}

export function notFound(kind: string, id: string): DomainError {
  return new DomainError("ResourceNotFound", `the ${kind} ${id} does not exist`, { kind, id });
}
