import type { Clock } from "../clock.ts";
import { DomainError } from "../core/errors.ts";
import type { AccessChange, AccessStore, AuditRecord } from "../store/access-store.ts";
import type { Journal } from "./audit/journal.ts";
import { OPERATOR } from "./keys/authenticator.ts";
import type { KeyRing } from "./keys/key-ring.ts";
import type { KeyMaker } from "./keys/keys.ts";
import type { Params } from "./params.ts";

/** Who asks, and from where. */
export interface Author {
  readonly account: string;
  readonly actor: string;
  /** Empty for the operator. */
  readonly accessKeyId: string;
  readonly source: string;
  readonly requestId: string;
}

export interface AdministrationOptions {
  readonly ring: KeyRing;
  readonly maker: KeyMaker;
  readonly journal: Journal;
  readonly clock: Clock;
  readonly store: AccessStore;
  /** Called before the answer that tells of a new account; makes the demonstration world of the account. */
  readonly accountMade: (account: string) => Promise<void>;
}

export interface Change {
  readonly account: string;
  readonly action: string;
  /** The resource as the audit names it. */
  readonly resource: string;
  readonly changes: readonly AccessChange[];
}

/** What all actions of the access API share: which accounts and keys a caller may touch, and how a change is made. */
export class Administration {
  readonly options: AdministrationOptions;

  constructor(options: AdministrationOptions) {
    this.options = options;
  }

  /** Makes a change of this account durable, together with its record, then visible. */
  async commit(made: Change, author: Author): Promise<void> {
    const { journal, ring, clock } = this.options;
    const { account, action, resource, changes } = made;
    const record: AuditRecord = {
      at: clock.now(),
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
    await journal.write([record], changes);
    for (const change of changes) ring.apply(change);
  }

  /** The account that a call is about: the caller's own, or for the operator any that exists. */
  accountOf(params: Params, author: Author): string {
    const asked = params.optionalName("account");
    const account = asked ?? author.account;
    const visible = author.actor === OPERATOR ? this.options.ring.account(account) : undefined;
    // An account of somebody else is answered like one that does not exist.
    if (account === author.account || visible) return account;
    throw notFound("account", account);
  }

  /** A key of the caller's account, or for the operator any. */
  keyOf(id: string, author: Author) {
    const key = this.options.ring.key(id);
    if (key && (author.actor === OPERATOR || key.account === author.account)) return key;
    throw notFound("access key", id);
  }

  /** @throws DomainError `AccountMismatch` for a key with a policy: it could otherwise lift its own policy. */
  refuseRestricted({ accessKeyId }: Author): void {
    const entry = accessKeyId === "" ? undefined : this.options.ring.entry(accessKeyId);
    if (entry === undefined || entry.restrictions.length === 0) return;
    throw new DomainError(
      "AccountMismatch",
      "a key that is held to a policy cannot change keys or policies; use one without, or the command line on the server",
    );
  }
}

export function notFound(kind: string, id: string): DomainError {
  return new DomainError("ResourceNotFound", `the ${kind} ${id} does not exist`, { kind, id });
}
