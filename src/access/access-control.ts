import type { Clock } from "../clock.ts";
import type { CallOutcome } from "../message/answer.ts";
import type { Operation } from "../message/operation.ts";
import { redactText } from "../redact.ts";
import type { AuditRecord } from "../store/access-store.ts";
import type { Journal } from "./audit/journal.ts";
import type { AccessCall, Caller, Denial } from "./call.ts";
import {
  ACCESS_DIALECT,
  Authenticator,
  type AuthenticatorOptions,
  type Known,
} from "./keys/authenticator.ts";
import { claimedKeyId } from "./keys/claimed-key.ts";
import { Revocations } from "./keys/revocations.ts";
import type { QuotaKeeper } from "./limits/quotas.ts";
import type { TaskUsage } from "./limits/task-usage.ts";
import type { Throttle } from "./limits/throttle.ts";
import type { Operations } from "./policies/operations.ts";
import type { Permissions } from "./policies/permissions.ts";

export interface AccessControlOptions extends Omit<AuthenticatorOptions, "now"> {
  readonly journal: Journal;
  readonly clock: Clock;
  readonly operations: Operations;
  readonly permissions: Permissions;
  readonly throttle: Throttle;
  readonly quotas: QuotaKeeper;
  readonly usage: TaskUsage;
}

/** Of what a caller chose, in the audit. */
const LONGEST_TEXT = 500;

/** Headers to add to the answer. */
type AddedHeaders = Readonly<Record<string, string>> | undefined;

/** The door: who calls, may they, is it too much, and what is written down of it. */
export class AccessControl {
  readonly #options: AccessControlOptions;
  readonly #authenticator: Authenticator;
  readonly #revocations: Revocations;
  /** Those that were known and turned away all the same. */
  readonly #turnedAway = new WeakMap<AccessCall, Caller>();

  constructor(options: AccessControlOptions) {
    this.#options = options;
    this.#authenticator = new Authenticator({ ...options, now: () => options.clock.now() });
    this.#revocations = new Revocations(this.#authenticator, options.ring, options.clock);
  }

  /** What the operation is to policies, limits and the audit. The server asks once for each of its routes. */
  operation(dialect: string, action: string, method: string): Operation {
    return this.#options.operations.find({ dialect, action, method });
  }

  /** Rows 1 to 13, 17 and 18 of AUTH.md §4. It is a promise only if a task has to be read first. */
  identify(call: AccessCall): Caller | Denial | Promise<Caller | Denial> {
    const { operation } = call;
    const known = this.#authenticator.identify(call, operation.mutating);
    if ("code" in known) return known;
    // Without a key there is nothing to check: neither a nonce nor a policy.
    if (known.entry === undefined) return this.#admit(call, known, operation, undefined);
    this.#writeNoncesSoon();
    const verdict = this.#options.permissions.check(call, known, operation);
    return verdict instanceof Promise
      ? verdict.then((denial) => this.#admit(call, known, operation, denial))
      : this.#admit(call, known, operation, verdict);
  }

  /** Whose call is it? For those that have no route: the gateway looks at the signature first. */
  vet(call: AccessCall): Caller | Denial {
    const known = this.#authenticator.identify(call, false);
    this.#writeNoncesSoon();
    return "code" in known ? known : known.caller;
  }

  /**
   * Calls back when the key behind a call that reads is good no longer: nobody waits on, or goes on listening, with a
   * key that was taken away. A change that has begun is answered as it ends.
   */
  watch(
    call: AccessCall,
    { accessKeyId }: Caller,
    revoked: (denial: Denial) => void,
  ): (() => void) | undefined {
    if (accessKeyId === undefined || call.operation.mutating) return undefined;
    return this.#revocations.watch(accessKeyId, revoked);
  }

  /**
   * Writes down what has to be: a change's record is durable when this resolves, a refusal's follows within 50 ms.
   * Undefined for everything else, which is nearly every call.
   */
  conclude(
    call: AccessCall,
    caller: Caller | undefined,
    outcome: CallOutcome,
  ): AddedHeaders | Promise<AddedHeaders> {
    const { problem } = outcome;
    const { operation } = call;
    if (problem?.reason !== undefined) {
      this.#options.journal.note(this.#refusal(call, caller, operation, outcome));
      return undefined;
    }
    if (caller === undefined || !operation.mutating) return undefined;
    return this.#concludeChange(call, caller, operation, outcome);
  }

  /** Writes down what the forward proxy turned away before it was anybody's call. */
  readonly hostRefused = (refusal: {
    readonly source: string;
    readonly target: string;
    readonly requestId: string;
    readonly status: number;
    readonly code: string;
  }): void => {
    const { target, ...told } = refusal;
    this.#options.journal.note({
      ...told,
      at: this.#options.clock.now(),
      account: "",
      actor: "",
      accessKeyId: "",
      action: "taskscribe:ForwardProxy",
      resource: target.slice(0, LONGEST_TEXT),
      outcome: "refused",
      reason: "host-not-served",
      taskId: "",
      count: 1,
    });
  };

  #concludeChange(
    call: AccessCall,
    caller: Caller,
    operation: Operation,
    outcome: CallOutcome,
  ): AddedHeaders | Promise<AddedHeaders> {
    const { mode, journal } = this.#options;
    const extra = operation.role === "start-task" ? this.#settleQuota(caller.account) : undefined;
    // The access API writes its changes together with their records.
    if (operation.dialect === ACCESS_DIALECT && outcome.problem === undefined) return extra;
    const record = this.#change(call, caller, operation, outcome);
    if (mode !== "off") return journal.write([record]).then(() => extra);
    // Nobody is known, so nobody is to be held to it: no reason to let every change wait for the disk once more.
    journal.note(record);
    return extra;
  }

  #writeNoncesSoon(): void {
    if (this.#options.nonces.hasPending) this.#options.journal.behind();
  }

  #admit(
    call: AccessCall,
    { caller }: Known,
    operation: Operation,
    verdict: Denial | undefined,
  ): Caller | Denial {
    const { throttle, quotas, clock } = this.#options;
    const { account } = caller;
    let denial = verdict;
    if (throttle.hasLimits) denial ??= throttle.take(account, operation, clock.now());
    if (operation.role === "start-task") denial ??= quotas.reserve(account);
    if (denial === undefined) return caller;
    this.#turnedAway.set(call, caller);
    return denial;
  }

  #settleQuota(account: string): AddedHeaders {
    const { quotas } = this.#options;
    quotas.release(account);
    const warning = quotas.warning(account);
    return warning === undefined ? undefined : { "x-taskscribe-quota-warning": warning };
  }

  #change(
    call: AccessCall,
    caller: Caller,
    operation: Operation,
    { status, problem }: CallOutcome,
  ): AuditRecord {
    return {
      ...this.#record(call, caller, operation),
      outcome: problem === undefined ? "done" : "failed",
      status,
      code: problem?.code ?? "",
      reason: "",
      taskId: this.#options.usage.takeStarted(call.requestId) || taskNamed(call, operation),
    };
  }

  #refusal(
    call: AccessCall,
    caller: Caller | undefined,
    operation: Operation,
    { status, problem }: CallOutcome,
  ): AuditRecord {
    const known = caller ?? this.#turnedAway.get(call) ?? this.#claimed(call);
    return {
      ...this.#record(call, known, operation),
      outcome: "refused",
      status,
      code: problem?.code ?? "",
      reason: problem?.reason ?? "",
      taskId: taskNamed(call, operation),
    };
  }

  #record(call: AccessCall, caller: Caller, operation: Operation) {
    const { clock, permissions } = this.#options;
    return {
      at: clock.now(),
      account: caller.account,
      actor: caller.actor,
      accessKeyId: caller.accessKeyId ?? "",
      source: call.source,
      action: operation.name,
      resource: redactText(permissions.resourcesOf(call, caller, operation).join(" ")).slice(
        0,
        LONGEST_TEXT,
      ),
      requestId: call.requestId,
      count: 1,
    };
  }

  /** Nothing is proven of the caller; a key that exists tells at least whose concern it is. */
  #claimed(call: AccessCall): Caller {
    const { ring } = this.#options;
    const accessKeyId = claimedKeyId(call, (id) => ring.key(id) !== undefined);
    const account = ring.key(accessKeyId)?.account ?? "";
    return { account, actor: "", requestId: call.requestId, accessKeyId };
  }
}

/** The task that a call is about, as the caller spells it. */
function taskNamed(call: AccessCall, { product }: Operation): string {
  const [id = ""] = product.taskParameters.flatMap((name) => call.values(name));
  return id.slice(0, LONGEST_TEXT);
}
