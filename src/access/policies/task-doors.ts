import { type Asked, isReading } from "../../auth/policy/asked.ts";
import type { PolicyNames } from "../../auth/policy/policy-names.ts";
import { DomainError } from "../../core/errors.ts";
import { type Maker, mayRead, type RightsOf } from "../../task-rights.ts";
import type { Permissions, TaskFacts } from "./permissions.ts";

/** What an operation on a task asks for, at every door that leads to it. */
export interface AskedOnTask {
  readonly asked: readonly Asked[];
  /** Who started the task, if the operation reads it: whoever started a task may read it unless a statement denies it. */
  readonly readableBy: string | undefined;
}

export interface TaskDoorsOptions {
  readonly permissions: Permissions;
  /** What policies call our own API, and its operations. */
  readonly native: { readonly names: PolicyNames; readonly actions: readonly string[] };
  readonly rightsOf: RightsOf;
}

/** Says what operations ask for on a task, to those who may read it. */
export class TaskDoors {
  readonly #options: TaskDoorsOptions;

  constructor(options: TaskDoorsOptions) {
    this.#options = options;
  }

  /**
   * Undefined for a task that is not there, and for one that the asker may not read.
   * @param account whose task it is. @param action as policies spell it; absent: reading the task in our own API.
   * @param asker undefined: may read everything in the account. @throws DomainError `InvalidParameter` for an action that
   * no such task has.
   */
  async askedOn(
    account: string,
    taskId: string,
    action: string | undefined,
    asker: Maker | undefined,
  ): Promise<AskedOnTask | undefined> {
    const { permissions } = this.#options;
    const task = await this.#readable(account, taskId, asker);
    if (task === undefined) return undefined;
    const operation = this.#operation(task, action);
    const asked = permissions.askedOnTask(operation, taskId, task, permissions.scope({ account }));
    return { asked, readableBy: operation.mutating ? undefined : task.actor };
  }

  async #readable(account: string, taskId: string, asker: Maker | undefined) {
    const task = await this.#options.permissions.options.tasks
      .get(account, taskId)
      .catch((error: unknown) => {
        if (error instanceof DomainError && error.code === "TaskNotFound") return undefined;
        throw error;
      });
    if (task === undefined) return undefined;
    const rights = asker && this.#options.rightsOf(account, asker);
    // An imported task goes by two ids, and a Deny on either counts.
    return mayRead(rights, task) && mayRead(rights, { ...task, id: taskId }) ? task : undefined;
  }

  #operation(task: TaskFacts, asked: string | undefined) {
    const { native, permissions } = this.#options;
    const own = native.names;
    const action = asked ?? `${own.prefix}:GetTask`;
    const known = native.actions.find((one) => isSame(`${own.prefix}:${one}`, action));
    if (known !== undefined) {
      const name = `${own.prefix}:${known}`;
      return { product: own, name, action: known, mutating: !isReading(known) };
    }
    const product = permissions.options.products.get(task.product);
    const name = product && nameAfter(product.names.prefix, action);
    if (product === undefined || name === undefined) {
      const others = product ? `, or one of ${product.names.prefix}` : "";
      throw new DomainError(
        "InvalidParameter",
        `action: ${JSON.stringify(action)} is no operation on this task; give one of our own API such as ${own.prefix}:CancelTask${others}`,
        { parameter: "action" },
      );
    }
    const { names, actions } = product;
    const mutating = actions.read === undefined || !isSame(name, actions.read);
    return { product: names, name: action, action: name, mutating };
  }
}

/** Policies do not tell actions apart by case. */
function isSame(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}

function nameAfter(prefix: string, action: string): string | undefined {
  const start = `${prefix}:`;
  return isSame(action.slice(0, start.length), start) && action.length > start.length
    ? action.slice(start.length)
    : undefined;
}
