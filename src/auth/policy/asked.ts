import type { PolicyNames } from "./policy-names.ts";

/* Which rights an operation of our own API needs on a task: its own, and that of the product's operation for the same. */

/** One right that a call needs: an action on a resource, both as policies spell them. */
export interface Asked {
  readonly action: string;
  readonly resource: string;
}

/** The operations with which a product's own API reads and controls its tasks, where it has them. */
export interface TaskActions {
  readonly read?: string;
  readonly cancel?: string;
  readonly pause?: string;
  readonly resume?: string;
}

/** One product as policies see its tasks. */
export interface ProductOfTasks {
  readonly names: PolicyNames;
  readonly actions: TaskActions;
  /** Its operations that name nothing which there is already, such as those that make a new cluster: they are about `*`. */
  readonly making?: ReadonlySet<string>;
}

/** The facts of a task that decide which rights are needed. */
export interface AskedTask {
  readonly type: string;
  readonly target: { readonly id: string };
  readonly attributes: Readonly<Record<string, unknown>>;
}

/** An operation of our own API, e.g. `CancelTask`. */
export interface NativeAction {
  readonly action: string;
  readonly mutating: boolean;
}

/** What stands in the name of every resource of one account. */
export interface Scope {
  readonly region: string;
  readonly account: string;
}

/** Operations that make a task from what the caller says. So its attributes do not tell which operation started it. */
const MAKING: readonly string[] = ["SubmitTask", "ImportTask"];

/** Operations of our own API that read; every other one changes something. */
const READING = /^(?:Get|List|Find|Why|Wait|Stream|Count|Export)/;

export function isReading(action: string): boolean {
  return READING.test(action);
}

const CONTROLS: Readonly<Record<string, "cancel" | "pause" | "resume">> = {
  CancelTask: "cancel",
  PauseTask: "pause",
  ResumeTask: "resume",
};

/** The name of a resource; `*` for a product whose operations are about everything in the account. */
export function resourceName(
  { prefix, resource }: PolicyNames,
  { region, account }: Scope,
  id: string,
): string {
  if (resource === undefined) return "*";
  return `acs:${prefix}:${region}:${account}:${resource.replace("{id}", () => id)}`;
}

/** The resources with these ids, each once; `*` if there is none. */
export function resourcesNamed(
  names: PolicyNames,
  scope: Scope,
  ids: ReadonlySet<string>,
): readonly string[] {
  const all = ids.size === 0 ? ["*"] : [...ids];
  return [...new Set(all.map((id) => resourceName(names, scope, id)))];
}

/** The id of what a task of a product acts on, such as its cluster. */
export function targetOf({ target, attributes }: Pick<AskedTask, "target" | "attributes">): string {
  const { clusterId } = attributes;
  return typeof clusterId === "string" ? clusterId : target.id;
}

function operationsFor(
  names: PolicyNames,
  actions: TaskActions,
  { action, mutating }: NativeAction,
  task: AskedTask,
): readonly string[] {
  if (!mutating) return [actions.read ?? action];
  const control = Object.hasOwn(CONTROLS, action) ? CONTROLS[action] : undefined;
  const own = control && actions[control];
  return own === undefined ? startsOf(names, action, task) : [own];
}

/** The operation that started the task, or all that may start one of its type. */
function startsOf({ starts = {} }: PolicyNames, action: string, task: AskedTask) {
  const { type, attributes } = task;
  const known = Object.hasOwn(starts, type) ? (starts[type] ?? []) : [action];
  if (MAKING.includes(action)) return known;
  const started = known.find((one) => one === attributes["operation"]);
  return started === undefined ? known : [started];
}

/**
 * Every right on the product that an operation of our own API needs on a task; `ids` name all that it acts on. Reading asks
 * for the operation that describes a task; cancel, pause and resume for the operation of that kind; every other change,
 * and a control that the product does not have, for the operation that starts such a task. If there is none either, the
 * product has no operation for this, and the action is our own with the product's prefix, so that a statement about the
 * whole product holds here too.
 */
export function askedOfProduct(
  { names, actions, making }: ProductOfTasks,
  native: NativeAction,
  task: AskedTask,
  scope: Scope,
  ids: readonly string[] = [targetOf(task)],
): readonly Asked[] {
  return operationsFor(names, actions, native, task).flatMap((operation) => {
    const all = new Set(making?.has(operation) ? ["*", ...ids] : ids);
    const action = `${names.prefix}:${operation}`;
    return resourcesNamed(names, scope, all).map((resource) => ({ action, resource }));
  });
}
