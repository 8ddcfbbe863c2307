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
  /** The operation that takes many task ids, and its parameter for them, with commas between. */
  readonly taskList?: { readonly action: string; readonly parameter: string };
  /** Operations whose effect goes on after the answer: their callers keep their rights, which may change meanwhile. */
  readonly lasting?: readonly string[];
  /** Whether an operation on a task acts on the task itself or on that task's target. */
  readonly acts: "task" | "target";
  /** The code of a refusal by policy. */
  readonly refusal: string;
  /** Of the operations that no description names, those that start a task. */
  readonly startsTask?: readonly string[];
  /** What lies inside the thing that `resource` names, and how it is found by an id; the thing decides about it. */
  readonly members?: readonly MemberNames[];
  /** The operations that start a task of a type, by the type; several if the same work can be asked for in several ways. */
  readonly starts?: Readonly<Record<string, readonly string[]>>;
}

/** Things of one kind that lie inside what policies name, such as the nodes of a cluster. */
export interface MemberNames {
  /** Parameters, and fields of parameters, that hold their ids. */
  readonly names: readonly string[];
  /** The kind of the resource, e.g. `lingjun.node`. */
  readonly kind: string;
  /** The field of the resource that names what it lies in; absent: its parent. */
  readonly field?: string;
  /** Operations take these only together with what they lie in, and check that; a task that is submitted may name them alone. */
  readonly onlyInTasks?: true;
}
