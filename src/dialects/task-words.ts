/** How a task ended, or why the wait for it ended. */
export type Verdict =
  | "succeeded"
  | "failed"
  | "canceled"
  | "expired"
  /** The task is paused until somebody resumes it. This is a verdict only with `stopAtPause`. */
  | "paused"
  /** The time of the wait ran out. The task continues. */
  | "unfinished";

/**
 * How the clients of one product ask for a task, and what the words of the answer mean: all that `waitForTask` needs to
 * know of a product. It is data alone, so that it can be sent, stored and written by hand.
 */
export interface TaskWords {
  readonly product: string;
  /** The API version that official clients send. */
  readonly version: string;
  readonly style: "ROA" | "RPC";
  readonly method: string;
  readonly action: string;
  /** `{taskId}` stands for the id. */
  readonly path: string;
  /** The parameter that holds the id; absent: the id is in the path. */
  readonly taskIdParameter?: string;
  /** The field of the answer that holds the task; absent: the answer is the task. */
  readonly taskField?: string;
  /** The task's field with the word for its state. */
  readonly stateField: string;
  /** The words for ended states, in every spelling that a source or a client of the product knows. */
  readonly ends: Readonly<Record<string, Verdict>>;
  /** The task's fields that say why it failed, e.g. `error.code` for a field of a field. */
  readonly errorFields: { readonly code?: string; readonly message?: string };
  /** A regular expression that every task id of this product fits, and no other product's. */
  readonly taskIdPattern: string;
  /** Methods that only this product's generated client has, e.g. `describeTaskInfo`. */
  readonly clientMethods?: readonly string[];
}
