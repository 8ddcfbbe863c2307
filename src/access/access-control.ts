import type { Clock } from "../clock.ts";
import type { CallOutcome } from "../message/answer.ts";
import type { Operation } from "../message/operation.ts";
import { redactText } from "../redact.ts";
import type { AuditRecord } from "../store/access-store.ts";
import type { Journal } from "./audit/journal.ts";
import type { AccessCall, AccessCaller, Denial } from "./call.ts";
import { Authenticator, type AuthenticatorOptions, type Known } from "./keys/authenticator.ts";
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

/** The longest text of a caller that the audit keeps, in characters. */
const LONGEST_TEXT = 500;

/** Headers to add to the answer. */
type AddedHeaders = Readonly<Record<string, string>> | undefined;

/** Is asked before every call: who calls, whether they may, whether it is too much. Afterwards it writes the audit. */
export class AccessControl {
  readonly #options: AccessControlOptions;
  readonly #authenticator: Authenticator;
  readonly #revocations: Revocations;
  /** The callers of calls that were turned away although their signature was good. */
  readonly #turnedAway = new WeakMap<AccessCall, AccessCaller>();

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
  identify(call: AccessCall): AccessCaller | Denial | Promise<AccessCaller | Denial> {
    const { operation } = call;
    const known = this.#authenticator.identify(call, operation.mutating);
    if ("code" in known) return known;
    // Without a key there is nothing to check: neither a nonce nor a policy.
    if (known.entry === undefined) return this.#admit(call, known, operation, undefined);
    const verdict = this.#options.permissions.check(call, known, operation);
    return verdict instanceof Promise
      ? verdict.then((denial) => this.#admit(call, known, operation, denial))
      : this.#admit(call, known, operation, verdict);
  }

  /** Identifies the caller of a request that has no route: as at the gateway, the signature is checked before the route. */
  vet(call: AccessCall): AccessCaller | Denial {
    const known = this.#authenticator.identify(call, false);
    if ("code" in known) return known;
    const { account } = known.caller;
    const { throttle, clock } = this.#options;
    // Beyond the rate the nonce is not remembered: such a request does nothing, so it may be sent again.
    const throttled = throttle.hasLimits && throttle.take(account, call.operation, clock.now());
    return (throttled ? undefined : this.#takeNonce(known, false)) ?? known.caller;
  }

  /**
   * Calls back when the key behind a call that reads is good no longer: nobody waits or
   * listens on with a key that was taken away. A change that has begun is answered when it ends.
   */
  watch(
    call: AccessCall,
    { accessKeyId }: AccessCaller,
    revoked: (denial: Denial) => void,
  ): (() => void) | undefined {
    if (accessKeyId === undefined || call.operation.mutating) return undefined;
    return this.#revocations.watch(accessKeyId, revoked);
  }

  /**
   * Writes the record of a call, if it needs one: a change's record is durable when this resolves, a refusal's follows within 50 ms.
   * Undefined for everything else, which is nearly every call.
   */
  conclude(
    call: AccessCall,
    caller: AccessCaller | undefined,
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

  /** Records what the forward proxy turned away before anybody was asked whose call it was. */
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
    caller: AccessCaller,
    operation: Operation,
    outcome: CallOutcome,
  ): AddedHeaders | Promise<AddedHeaders> {
    const { mode, journal } = this.#options;
    const extra = operation.role === "start-task" ? this.#settleQuota(caller.account) : undefined;
    // The access API writes its changes together with their records.
    const isRecorded = journal.takeRecorded(call.requestId);
    if (isRecorded && outcome.problem === undefined) return extra;
    const record = this.#change(call, caller, operation, outcome);
    if (mode !== "off") return journal.write([record]).then(() => extra);
    // The caller is anonymous, so the record proves nothing, and the change need not wait for the disk once more.
    return journal.noteChange(record)?.then(() => extra) ?? extra;
  }

  /** A nonce is used up only by a call that nothing else speaks against. */
  #takeNonce({ nonce }: Known, mutating: boolean): Denial | undefined {
    if (nonce === undefined) return undefined;
    const denial = this.#authenticator.takeNonce(nonce, mutating);
    if (denial === undefined) this.#options.journal.behind();
    return denial;
  }

  #admit(
    call: AccessCall,
    known: Known,
    operation: Operation,
    verdict: Denial | undefined,
  ): AccessCaller | Denial {
    const { throttle, quotas, clock } = this.#options;
    const { caller } = known;
    const { account } = caller;
    let denial = verdict;
    if (throttle.hasLimits) denial ??= throttle.take(account, operation, clock.now());
    if (known.nonce !== undefined) denial ??= this.#takeNonce(known, operation.mutating);
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
    caller: AccessCaller,
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
    caller: AccessCaller | undefined,
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

  #record(call: AccessCall, caller: AccessCaller, operation: Operation) {
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

  /** The caller as the request claims, unproven. A key that exists tells at least which account is concerned. */
  #claimed(call: AccessCall): AccessCaller {
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
