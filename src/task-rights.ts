import type { Task } from "./core/task.ts";

/** What decides about a right on a task. A task that is not made yet has no id and no actor. */
export type RightsTask = Pick<Task, "product" | "type" | "target" | "attributes"> &
  Partial<Pick<Task, "id" | "actor" | "input">>;

/** Whose rights they are, and where the call came from: what is kept with work that goes on after its call. */
export interface Maker {
  readonly accessKeyId: string;
  /** The address. */
  readonly source: string;
  /** Whether it came over TLS. */
  readonly secure: boolean;
}

/** The rights that a maker has at this moment, long after the call. */
export type RightsOf = (account: string, maker: Maker) => TaskRights;

/**
 * What a caller may do with tasks who is held to policies. A caller without it may do everything in its account. The
 * answers are those of the moment: a policy that changes counts at once.
 */
export interface TaskRights {
  readonly maker: Maker;
  /** Why the caller may not use this operation of our own API on the task; undefined: it may. */
  refusal(action: string, task: RightsTask): Error | undefined;
  /** The same for a task that is yet to be made: all that it names must be allowed. */
  startRefusal(action: string, task: RightsTask): Promise<Error | undefined>;
}

/** Whether the caller may read the task. */
export function mayRead(rights: TaskRights | undefined, task: RightsTask): boolean {
  return rights === undefined || rights.refusal("GetTask", task) === undefined;
}

/** @throws what `refusal` gives. */
export function needRight(rights: TaskRights | undefined, action: string, task: RightsTask): void {
  const refused = rights?.refusal(action, task);
  if (refused !== undefined) throw refused;
}
