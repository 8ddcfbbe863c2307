/* What policies, limits and the audit call an operation, and what it acts on: data per dialect. */

/** What a dialect's description says of an operation. */
export interface OperationFacts {
  readonly dialect: string;
  readonly action: string;
  /** `query-task` reads one task, `control-task` steers one, `start-task` starts one; others read. */
  readonly role: string;
  /** Its parameters that may name what it acts on. */
  readonly parameters: readonly string[];
}

export interface Operation {
  /** As policies spell it, e.g. `cs:DescribeTaskInfo`. */
  readonly name: string;
  readonly role: string;
  readonly mutating: boolean;
  /** Those of its parameters that name what it acts on. */
  readonly idParameters: readonly string[];
  readonly product: ProductRules;
}

interface ProductRules {
  /** What stands before the colon of an action, and second in a resource. */
  readonly prefix: string;
  /** The end of a resource; undefined: the product knows only `*`. `{id}` is filled in. */
  readonly resource: string | undefined;
  /** Parameters that may hold the id. */
  readonly idParameters: readonly string[];
  /** Parameters that may hold a task's id. */
  readonly taskParameters: readonly string[];
  /** A parameter that may hold many of them, with commas between. */
  readonly taskList?: string;
  /** Whether an operation on a task acts on the task itself or on that task's target. */
  readonly acts: "task" | "target";
  /** The code of a refusal by policy. */
  readonly refusal: string;
}

/** Sources: the seeds' "Authorization information" (eflo, bdrc), RAM's pages on ACK; the rest in their manner. */
const PRODUCTS: Readonly<Record<string, ProductRules>> = {
  ack: {
    prefix: "cs",
    resource: "cluster/{id}",
    idParameters: ["ClusterId", "cluster_id", "clusterId", "clusterid"],
    taskParameters: ["task_id"],
    acts: "target",
    refusal: "Forbidden.RAM",
  },
  lingjun: {
    prefix: "eflo",
    resource: "cluster/{id}",
    idParameters: ["ClusterId"],
    taskParameters: ["TaskId"],
    acts: "target",
    refusal: "NoPermission",
  },
  bdrc: everything("bdrc"),
  cloudcontrol: everything("cloudcontrol"),
  native: {
    prefix: "taskscribe",
    resource: "task/{id}",
    idParameters: ["id", "taskId"],
    taskParameters: ["id", "taskId"],
    taskList: "ids",
    acts: "task",
    refusal: "Forbidden.RAM",
  },
  access: {
    prefix: "taskscribe",
    resource: "access/{id}",
    idParameters: ["accessKeyId", "name", "role"],
    taskParameters: [],
    acts: "target",
    refusal: "Forbidden.RAM",
  },
};

/** The seeds give "All resources" for BDRC and nothing for Cloud Control. */
function everything(prefix: string): ProductRules {
  return {
    prefix,
    resource: undefined,
    idParameters: [],
    taskParameters: ["TaskId", "taskId"],
    acts: "target",
    refusal: "NoPermission",
  };
}

const MUTATING = new Set(["start-task", "control-task", "change"]);

/** Of the operations that no description names, those that start a task. */
const STARTS_TASK = new Set(["SubmitTask", "RetryTask", "ImportTask", "BulkTasks"]);

/** Finds operations by what the shell knows of a call. */
export class Operations {
  readonly #known = new Map<string, Map<string, Operation>>();

  constructor(facts: readonly OperationFacts[]) {
    for (const { dialect, action, role, parameters } of facts) {
      this.#of(dialect).set(action, operation(dialect, action, role, parameters));
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
    const judged = unknownOperation(call);
    actions.set(name, judged);
    return judged;
  }

  #of(dialect: string): Map<string, Operation> {
    const known = this.#known.get(dialect);
    if (known) return known;
    const actions = new Map<string, Operation>();
    // A name that no dialect has is a caller's invention: not kept.
    if (Object.hasOwn(PRODUCTS, dialect)) this.#known.set(dialect, actions);
    return actions;
  }
}

function unknownOperation({
  dialect,
  action,
  method,
}: {
  readonly dialect: string;
  readonly action: string;
  readonly method: string;
}): Operation {
  const read = method === "GET" || method === "HEAD";
  const role = read ? "read" : STARTS_TASK.has(action) ? "start-task" : "change";
  const { taskParameters = [] } = rulesOf(dialect);
  return operation(dialect, action, role, taskParameters);
}

function operation(
  dialect: string,
  action: string,
  role: string,
  parameters: readonly string[],
): Operation {
  const product = rulesOf(dialect);
  return {
    name: `${product.prefix}:${action}`,
    role,
    mutating: MUTATING.has(role),
    idParameters: product.idParameters.filter((name) => parameters.includes(name)),
    product,
  };
}

function rulesOf(dialect: string): ProductRules {
  const product = Object.hasOwn(PRODUCTS, dialect) ? PRODUCTS[dialect] : undefined;
  return product ?? everything("taskscribe");
}
