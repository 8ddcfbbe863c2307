import { evaluate, type NamedPolicy, type PolicyDecision } from "../../auth/policy/policy.ts";
import type { PolicyContext } from "../../auth/policy/policy-conditions.ts";
import { DomainError } from "../../core/errors.ts";
import type { JsonObject } from "../../core/json.ts";
import type { Operation } from "../../message/operation.ts";
import type { AccessCall, AccessCaller, Denial } from "../call.ts";
import type { Known } from "../keys/authenticator.ts";
import type { KeyEntry } from "../keys/key-ring.ts";

/** The facts of a task that policies look at. */
export interface TaskFacts {
  readonly id: string;
  readonly actor?: string;
  readonly target: { readonly id: string };
  readonly attributes: JsonObject;
}

interface TaskLookup {
  /** Looks only into memory; undefined: the store has to be asked. */
  peek(account: string, taskId: string): TaskFacts | undefined;
  /** @throws DomainError `TaskNotFound` */
  get(account: string, taskId: string): Promise<TaskFacts>;
}

export interface PermissionOptions {
  /** The region in the name of every resource. It is the server's, so that a caller cannot choose it. */
  readonly region: string;
  readonly tasks: TaskLookup;
  readonly now: () => number;
}

type Verdict = Denial | undefined;

/** Tasks that one call may name in a list, as our own API limits it too. */
const LONGEST_LIST = 100;

/** Row 17 of AUTH.md §4: whether a key may use an operation on a resource. */
export class Permissions {
  readonly #options: PermissionOptions;

  constructor(options: PermissionOptions) {
    this.#options = options;
  }

  /** A promise only if a task has to be read first. Keys without a policy may do everything in their account. */
  check(call: AccessCall, known: Known, operation: Operation): Verdict | Promise<Verdict> {
    const { entry, caller } = known;
    if (entry === undefined || entry.rights === "full") return undefined;
    // As at the vendor's: who one is may always be asked, and it tells nothing that the caller does not have.
    if (operation.role === "who-am-i") return undefined;
    const [taskId, ...others] = tasksNamed(call, operation);
    const starts = operation.role === "start-task" && operation.product.acts === "target";
    if (taskId === undefined || starts) {
      return this.#evaluate(call, entry, operation, this.resourcesOf(call, caller, operation));
    }
    const verdict = this.#aboutTask(call, known, entry, operation, taskId);
    if (others.length === 0) return verdict;
    // All of them are checked: a second task in the call must not hide the first.
    return others.reduce<Verdict | Promise<Verdict>>(
      async (before, id) => (await before) ?? this.#aboutTask(call, known, entry, operation, id),
      verdict,
    );
  }

  #aboutTask(
    call: AccessCall,
    known: Known,
    entry: KeyEntry,
    operation: Operation,
    taskId: string,
  ): Verdict | Promise<Verdict> {
    const { caller } = known;
    const task = this.#options.tasks.peek(caller.account, taskId);
    if (task) return this.#ofTask(call, known, entry, operation, taskId, task);
    return this.#options.tasks.get(caller.account, taskId).then(
      (read) => this.#ofTask(call, known, entry, operation, taskId, read),
      (error: unknown) => {
        if (!(error instanceof DomainError) || error.code !== "TaskNotFound") throw error;
        // A task that does not exist is answered as one that exists, so that nobody learns which do.
        return this.#evaluate(call, entry, operation, [this.#resource(caller, operation, "*")]);
      },
    );
  }

  #ofTask(
    call: AccessCall,
    { caller }: Known,
    entry: KeyEntry,
    operation: Operation,
    taskId: string,
    task: TaskFacts,
  ): Verdict {
    // Who may start an operation may always read the task it started.
    if (!operation.mutating && task.actor === caller.actor) return undefined;
    const { clusterId } = task.attributes;
    const target = typeof clusterId === "string" ? clusterId : task.target.id;
    // A task that was imported goes by two ids, and a Deny on either counts.
    const ids = operation.product.acts === "task" ? new Set([taskId, task.id]) : [target];
    const resources = [...ids].map((id) => this.#resource(caller, operation, id));
    return this.#evaluate(call, entry, operation, resources);
  }

  /** What a call acts on, as policies spell it; several if its parameters contradict each other. */
  resourcesOf(call: AccessCall, caller: AccessCaller, operation: Operation): readonly string[] {
    const ids = operation.idParameters.flatMap((name) => call.values(name));
    const different = [...new Set(ids.length === 0 ? ["*"] : ids)];
    return different.map((id) => this.#resource(caller, operation, id));
  }

  #resource({ account }: AccessCaller, { product }: Operation, id: string): string {
    if (product.resource === undefined) return "*";
    const end = product.resource.replace("{id}", () => id);
    return `acs:${product.prefix}:${this.#options.region}:${account}:${end}`;
  }

  #evaluate(
    call: AccessCall,
    entry: KeyEntry,
    operation: Operation,
    resources: readonly string[],
  ): Verdict {
    const { rights } = entry;
    if (rights === "full") return undefined;
    const context = contextOf(call, entry, this.#options.now());
    for (const resource of resources) {
      const decision = decisionOf(rights.every, operation.name, resource, context);
      if (!decision.allowed) return denial(entry, operation, resource, decision);
    }
    return undefined;
  }
}

/** All tasks that a call names. No operation takes a list that is longer. */
function tasksNamed(call: AccessCall, { product }: Operation): ReadonlySet<string> {
  const { taskParameters, taskList } = product;
  const listed = taskList === undefined ? [] : call.values(taskList);
  const different = new Set(listed.flatMap((text) => text.split(",")));
  const single = taskParameters.flatMap((name) => call.values(name));
  return new Set([...single, ...[...different].slice(0, LONGEST_LIST)]);
}

/** Every set of policies must allow the call. The first that does not gives the decision. */
export function decisionOf(
  restrictions: readonly (readonly NamedPolicy[])[],
  action: string,
  resource: string,
  context: PolicyContext,
): PolicyDecision {
  let decision: PolicyDecision = { allowed: true, decidedBy: "no statement matches" };
  for (const policies of restrictions) {
    decision = evaluate(policies, { action, resource, context });
    if (!decision.allowed) return decision;
  }
  return decision;
}

/** The condition keys that every call has. */
export const CONDITION_KEYS = [
  "acs:SourceIp",
  "acs:CurrentTime",
  "acs:SecureTransport",
  "acs:PrincipalArn",
] as const;

function contextOf(call: AccessCall, { principalArn }: KeyEntry, now: number) {
  return {
    "acs:SourceIp": call.source,
    "acs:CurrentTime": new Date(now).toISOString(),
    "acs:SecureTransport": call.secure,
    "acs:PrincipalArn": principalArn,
  } satisfies Record<(typeof CONDITION_KEYS)[number], PolicyContext[string]>;
}

function denial(
  { key }: KeyEntry,
  { name, product }: Operation,
  resource: string,
  { decidedBy }: PolicyDecision,
): Denial {
  const explicit = typeof decidedBy === "object";
  const session = key.temporary?.role !== undefined;
  return {
    status: 403,
    code: product.refusal,
    message:
      "User not authorized to operate on the specified resource, or this API doesn't support RAM.",
    reason: explicit ? "denied-by-policy" : "not-allowed-by-policy",
    detail: {
      AuthAction: name,
      AuthResource: resource,
      AuthPrincipalType: session ? "AssumedRoleUser" : "SubUser",
      AuthPrincipalOwnerId: key.account,
      AuthPrincipalDisplayName: key.principal.slice(key.principal.indexOf("/") + 1),
      NoPermissionType: explicit ? "ExplicitDeny" : "ImplicitDeny",
      PolicyType: session ? "AssumeRolePolicy" : "AccountLevelIdentityBasedPolicy",
      ...(explicit && { DecidedBy: `${decidedBy.policy}, statement ${decidedBy.statementIndex}` }),
    },
  };
}
