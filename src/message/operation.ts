import type { PolicyNames } from "../auth/policy/policy-names.ts";

/**
 * An operation as policies, limits, the audit and the metrics know it. There is one object for each route and method,
 * found when the request is led to its route and carried with it from then on.
 */
export interface Operation {
  /** The name of the dialect that has it. */
  readonly dialect: string;
  /** The dialect's own name for it, e.g. `DescribeTaskInfo`. Empty: the request was led to no route. */
  readonly action: string;
  /** As policies spell it, e.g. `cs:DescribeTaskInfo`. */
  readonly name: string;
  /** `query-task` reads one task, `control-task` controls one, `start-task` starts one, `change` changes something else. */
  readonly role: string;
  readonly mutating: boolean;
  /** Those of its parameters that name the resource it acts on. */
  readonly idParameters: readonly string[];
  /** Those that name a task. */
  readonly taskParameters: readonly string[];
  /** Whether a description says which parameters it has; otherwise only the path tells whether it is about a task. */
  readonly described: boolean;
  readonly product: PolicyNames;
}

/** The operation of a server that has no access control. */
export function plainOperation(dialect: string, action: string, product: PolicyNames): Operation {
  const name = `${product.prefix}:${action}`;
  return {
    dialect,
    action,
    name,
    role: "read",
    mutating: false,
    idParameters: [],
    taskParameters: [],
    described: false,
    product,
  };
}
