import type { PolicyNames } from "../../auth/policy/policy-names.ts";
import type { Operation } from "../../message/operation.ts";

/* What policies, limits and the audit call an operation, and what it acts on: data that each dialect brings along. */

/** What a dialect's description says of an operation. */
export interface OperationFacts {
  readonly dialect: string;
  readonly action: string;
  /** `query-task` reads one task, `control-task` controls one, `start-task` starts one; others read. */
  readonly role: string;
  /** Its parameters that may name what it acts on. */
  readonly parameters: readonly string[];
}

/** The names of a dialect that nobody registered: only a caller who makes one up is judged by them. */
const UNKNOWN: PolicyNames = {
  prefix: "taskscribe",
  resource: undefined,
  idParameters: [],
  taskParameters: ["TaskId", "taskId"],
  acts: "target",
  refusal: "NoPermission",
};

const MUTATING = new Set(["start-task", "control-task", "change"]);

/** Finds operations by what the shell knows of a call. */
export class Operations {
  readonly #names: ReadonlyMap<string, PolicyNames>;
  readonly #known = new Map<string, Map<string, Operation>>();

  /** @param names by the dialect's name */
  constructor(names: ReadonlyMap<string, PolicyNames>, facts: readonly OperationFacts[]) {
    this.#names = names;
    for (const { dialect, action, role, parameters } of facts) {
      const names = this.#namesOf(dialect);
      this.#of(dialect).set(action, operation(dialect, names, action, role, parameters));
    }
  }

  /** One that no description names is judged by its method. */
  find(call: { readonly dialect: string; readonly action: string; readonly method: string }) {
    const actions = this.#of(call.dialect);
    const described = actions.get(call.action);
    if (described) return described;
    // Actions come from routes, so there are no more of these names than routes.
    const name = `${call.method} ${call.action}`;
    const known = actions.get(name);
    if (known) return known;
    const judged = undescribed(this.#namesOf(call.dialect), call);
    actions.set(name, judged);
    return judged;
  }

  #of(dialect: string): Map<string, Operation> {
    const known = this.#known.get(dialect);
    if (known) return known;
    const actions = new Map<string, Operation>();
    // A name that no dialect has is a caller's invention: not kept.
    if (this.#names.has(dialect)) this.#known.set(dialect, actions);
    return actions;
  }

  #namesOf(dialect: string): PolicyNames {
    return this.#names.get(dialect) ?? UNKNOWN;
  }
}

function undescribed(
  names: PolicyNames,
  call: { readonly dialect: string; readonly action: string; readonly method: string },
): Operation {
  const { dialect, action, method } = call;
  const read = method === "GET" || method === "HEAD";
  const starts = names.startsTask?.includes(action) === true;
  const role = read ? "read" : starts ? "start-task" : "change";
  return operation(dialect, names, action, role, names.taskParameters);
}

function operation(
  dialect: string,
  product: PolicyNames,
  action: string,
  role: string,
  parameters: readonly string[],
): Operation {
  return {
    dialect,
    action,
    name: `${product.prefix}:${action}`,
    role,
    mutating: MUTATING.has(role),
    idParameters: product.idParameters.filter((name) => parameters.includes(name)),
    product,
  };
}
