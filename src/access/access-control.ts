import type { Clock } from "../clock.ts";
import type { CallOutcome } from "../message/answer.ts";
import type { Operation } from "../message/operation.ts";
import { redactText } from "../redact.ts";
import type { AuditRecord } from "../store/access-store.ts";
import type { Maker, TaskRights } from "../task-rights.ts";
import type { Journal } from "./audit/journal.ts";
import type { AccessCall, AccessCaller, Denial } from "./call.ts";
import {
  Authenticator,
  type AuthenticatorOptions,
  type Known,
  OPERATOR,
} from "./keys/authenticator.ts";
import { claimedKeyId } from "./keys/claimed-key.ts";
import type { KeyEntry } from "./keys/key-ring.ts";
import type { UseWriter } from "./keys/key-uses.ts";
import { Revocations } from "./keys/revocations.ts";
import type { QuotaKeeper } from "./limits/quotas.ts";
import { RefusalPace } from "./limits/refusal-pace.ts";
import type { Refusal } from "./limits/refusal-share.ts";
import type { Shares } from "./limits/shares.ts";
import type { TaskUsage } from "./limits/task-usage.ts";
import type { Throttle } from "./limits/throttle.ts";
import { CallerRights, type RightsSource } from "./policies/caller-rights.ts";
import { isUnrestricted } from "./policies/judge.ts";
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
  /** Notes when each key was last used. */
  readonly uses: UseWriter;
  /** Counts what the accounts have; absent: nothing is limited but rates and quotas. */
  readonly shares?: Shares | undefined;
}

/** The dialect of our own API. */
const NATIVE_DIALECT = "native";

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
  readonly #rights: RightsSource;
  readonly #pace = new RefusalPace();
  readonly shares: Shares | undefined;
  /**
   * Says why a request is refused whose body is not there yet: rows 1 to 9 of AUTH.md §4, and of row 11 what is about
   * headers. Undefined, or an answer of undefined: nothing speaks against it so far.
   */
  readonly beforeBody: ((call: AccessCall) => Denial | undefined) | undefined;

  constructor(options: AccessControlOptions) {
    this.#options = options;
    this.shares = options.shares;
    this.#authenticator = new Authenticator({ ...options, now: () => options.clock.now() });
    const authenticator = this.#authenticator;
    this.beforeBody =
      options.mode === "off" ? undefined : (call: AccessCall) => authenticator.beforeBody(call);
    this.#revocations = new Revocations(this.#authenticator, options.ring, options.clock);
    this.#rights = {
      permissions: options.permissions,
      names: options.operations.namesOf(NATIVE_DIALECT),
      entry: (id) => options.ring.entry(id),
      recheck: (id) => this.#authenticator.recheck(id),
    };
  }

  /** What the operation is to policies, limits and the audit. The server asks once for each of its routes. */
  operation(dialect: string, action: string, method: string): Operation {
    return this.#options.operations.find({ dialect, action, method });
  }

  /** Rows 1 to 13, 17 and 18 of AUTH.md §4. It is a promise only if a task has to be read first. */
  identify(call: AccessCall): AccessCaller | Denial | Promise<AccessCaller | Denial> {
    const { operation } = call;
    const found = this.#authenticator.identify(call, operation.mutating);
    if ("code" in found) return found;
    const known = needsRights(found.entry, operation) ? this.#withRights(call, found) : found;
    // Without a key there is nothing to check: neither a nonce nor a policy.
    if (known.entry === undefined) return this.#admit(call, known, operation, undefined);
    this.#options.uses.note(known.entry.use, call.source, operation.name);
    const verdict = this.#options.permissions.check(call, known, operation);
    return verdict instanceof Promise
      ? verdict.then((denial) => this.#admit(call, known, operation, denial))
      : this.#admit(call, known, operation, verdict);
  }

  /** The rights on tasks that a key has at this moment, for work that goes on after its call. */
  rightsOf(account: string, maker: Maker): TaskRights {
    return new CallerRights(this.#rights, account, maker);
  }

  #withRights(call: AccessCall, known: Known): Known {
    const { caller } = known;
    const { source, secure, operation } = call;
    const maker = { accessKeyId: caller.accessKeyId ?? "", source, secure };
    const door = operation.product.acts === "task" ? "native" : "product";
    const rights = new CallerRights(this.#rights, caller.account, maker, door);
    return { ...known, caller: { ...caller, rights } };
  }

  /** Identifies the caller of a request that has no route: as at the gateway, the signature is checked before the route. */
  vet(call: AccessCall): AccessCaller | Denial {
    const known = this.#authenticator.identify(call, false);
    if ("code" in known) return known;
    const { account } = known.caller;
    const { throttle, clock } = this.#options;
    // Beyond the rate the nonce is not remembered: such a request does nothing, so it may be sent again.
    const throttled =
      throttle.hasLimits && throttle.take(account, call.operation, clock.monotonic());
    return (throttled ? undefined : this.#takeNonce(known, false)) ?? known.caller;
  }

  /**
   * Calls back when the key behind a call that reads is good no longer, or may do this no longer: nobody waits or listens
   * on without the right to it. A change that has begun is answered when it ends.
   */
  watch(
    call: AccessCall,
    caller: AccessCaller,
    revoked: (denial: Denial) => void,
  ): (() => void) | undefined {
    const { accessKeyId } = caller;
    const { operation } = call;
    if (accessKeyId === undefined || operation.mutating) return undefined;
    const { permissions, ring } = this.#options;
    const decide = () =>
      permissions.check(call, { caller, entry: ring.entry(accessKeyId) }, operation);
    return this.#revocations.watch({ accessKeyId, decide, ended: revoked });
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
      // It was let in, and turned away by what it asked for: nothing was started.
      if (caller !== undefined && operation.role === "start-task") {
        this.#options.quotas.release(caller.account);
      }
      return undefined;
    }
    if (caller === undefined || !operation.mutating) return undefined;
    return this.#concludeChange(call, caller, operation, outcome);
  }

  /**
   * For how many ms the answer to a call that was turned away is kept back: 0, unless that happens to its account too
   * often. Whoever proves no account is known by the address, so a claim makes nobody else wait.
   */
  refusalDelayMs(call: AccessCall, caller: AccessCaller | undefined): number {
    if (this.shares === undefined) return 0;
    const proven = caller ?? this.#turnedAway.get(call);
    const who = proven === undefined ? `address ${call.source}` : `account ${proven.account}`;
    return this.#pace.delayMs(who, this.#options.clock.monotonic());
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
      resource: () => target.slice(0, LONGEST_TEXT),
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
    if (throttle.hasLimits) denial ??= throttle.take(account, operation, clock.monotonic());
    // What an account has used up does not keep the owner of the data directory out.
    if (this.shares !== undefined && caller.actor !== OPERATOR) denial ??= call.join?.(account);
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
      resource: this.#resource(call, caller, operation),
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
  ): Refusal {
    const known = caller ?? this.#turnedAway.get(call) ?? this.#claimed(call);
    return {
      ...this.#record(call, known, operation),
      resource: () => this.#resource(call, known, operation),
      outcome: "refused",
      status,
      code: problem?.code ?? "",
      reason: problem?.reason ?? "",
      taskId: taskNamed(call, operation),
    };
  }

  #record(call: AccessCall, caller: AccessCaller, operation: Operation) {
    return {
      at: this.#options.clock.now(),
      account: caller.account,
      actor: caller.actor,
      accessKeyId: caller.accessKeyId ?? "",
      source: call.source,
      action: operation.name,
      requestId: call.requestId,
      count: 1,
    };
  }

  #resource(call: AccessCall, caller: AccessCaller, operation: Operation): string {
    const resources = this.#options.permissions.resourcesOf(call, caller, operation);
    return redactText(resources.join(" ")).slice(0, LONGEST_TEXT);
  }

  /** The caller as the request claims, unproven. A key that exists tells at least which account is concerned. */
  #claimed(call: AccessCall): AccessCaller {
    const { ring } = this.#options;
    const accessKeyId = claimedKeyId(call, (id) => ring.key(id) !== undefined);
    const account = ring.key(accessKeyId)?.account ?? "";
    return { account, actor: "", requestId: call.requestId, accessKeyId };
  }
}

/**
 * Whether the caller may do less than everything, or may do so before the effect of the call ends. On the wire of a product,
 * what starts a task may meet another one.
 */
function needsRights(entry: KeyEntry | undefined, { action, product, role }: Operation): boolean {
  if (entry === undefined || (product.acts !== "task" && role !== "start-task")) return false;
  return !isUnrestricted(entry) || product.lasting?.includes(action) === true;
}

/** The task that a call is about, as the caller spells it. */
function taskNamed(call: AccessCall, { product }: Operation): string {
  const [id = ""] = product.taskParameters.flatMap((name) => call.values(name));
  return id.slice(0, LONGEST_TEXT);
}
