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

const MUTATING = new Set(["start-task", "control-task", "change", "assume-role"]);

/** Finds operations by what the shell knows of a call. */
export class Operations {
  readonly #names: ReadonlyMap<string, PolicyNames>;
  readonly #known = new Map<string, Map<string, Operation>>();

  /** @param names by the dialect's name */
  constructor(names: ReadonlyMap<string, PolicyNames>, facts: readonly OperationFacts[]) {
    this.#names = names;
    for (const one of facts) {
      const { dialect, action } = one;
      this.#of(dialect).set(action, operation(one, this.namesOf(dialect), true));
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
    const judged = undescribed(this.namesOf(call.dialect), call);
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

  /** What policies call the operations of this dialect. */
  namesOf(dialect: string): PolicyNames {
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
  const parameters = names.taskParameters;
  return operation({ dialect, action, role, parameters }, names, false);
}

function operation(
  { dialect, action, role, parameters }: OperationFacts,
  product: PolicyNames,
  described: boolean,
): Operation {
  const own = (names: readonly string[]) => names.filter((name) => parameters.includes(name));
  return {
    dialect,
    action,
    name: `${product.prefix}:${action}`,
    role,
    mutating: MUTATING.has(role),
    idParameters: own(product.idParameters),
    taskParameters: own(product.taskParameters),
    described,
    product,
  };
}
