import type { ValueSchema } from "../message/value-schema.ts";

export interface ParameterSpec {
  readonly name: string;
  readonly in: "path" | "query" | "formData" | "body";
  /** The whole request body is this one parameter. */
  readonly wholeBody?: true;
  readonly required?: true;
  /** In a query or form: `json` is JSON text, `repeatList` is `Tag.1.Key=…`, `simple` is `a,b`. */
  readonly style?: "json" | "repeatList" | "simple";
  readonly schema: ValueSchema;
}

export interface OperationSpec {
  readonly action: string;
  readonly method: string;
  readonly alsoMethods?: readonly string[];
  readonly path: string;
  /** What answers it: `start-task` and `read` go to the product, the others are written by hand. */
  readonly role: "query-task" | "list-tasks" | "control-task" | "start-task" | "read";
  readonly status: number;
  /** Where the answer carries the new task's id, e.g. `task_id` or `Data.TaskId`. */
  readonly taskIdField?: string;
  readonly params: readonly ParameterSpec[];
  readonly response: ValueSchema;
}

/** The operations of a data file. A test checks their form, because a check at every start took 80 ms. */
export function operationsIn(...files: readonly (readonly object[])[]): readonly OperationSpec[] {
  return files.flat() as readonly OperationSpec[];
}

/** The operation with this action. @throws TypeError if the data file does not have it. */
export function findOperation(specs: readonly OperationSpec[], action: string): OperationSpec {
  const found = specs.find((spec) => spec.action === action);
  if (found === undefined) throw new TypeError(`no operation ${action} is described`);
  return found;
}

/** The name of the request id in an operation's answer. Not all answers have one. */
export function requestIdField(spec: OperationSpec): string | undefined {
  return Object.keys(spec.response.properties ?? {}).find((name) => /^request_?id$/i.test(name));
}
