/** What policies, limits and the audit call the operations of one API, and what those act on. */
export interface PolicyNames {
  /** What stands before the colon of an action and second in a resource, e.g. `cs` of `cs:DescribeTaskInfo`. */
  readonly prefix: string;
  /** The end of a resource, with `{id}` where the id stands; undefined: a policy can only be about `*`. */
  readonly resource: string | undefined;
  /** Parameters that may hold the id of what an operation acts on. */
  readonly idParameters: readonly string[];
  /** Parameters that may hold a task's id. */
  readonly taskParameters: readonly string[];
  /** A parameter that may hold many task ids, with commas between. */
  readonly taskList?: string;
  /** Whether an operation on a task acts on the task itself or on that task's target. */
  readonly acts: "task" | "target";
  /** The code of a refusal by policy. */
  readonly refusal: string;
  /** Of the operations that no description names, those that start a task. */
  readonly startsTask?: readonly string[];
}
