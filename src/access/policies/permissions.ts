import {
  type Asked,
  askedOfProduct,
  type ProductOfTasks,
  resourceName,
  resourcesNamed,
  type Scope,
  targetOf,
} from "../../auth/policy/asked.ts";
import { DomainError } from "../../core/errors.ts";
import type { ResourceReader } from "../../core/resource.ts";
import type { Operation } from "../../message/operation.ts";
import type { RightsTask } from "../../task-rights.ts";
import type { AccessCall, AccessCaller, Denial } from "../call.ts";
import type { Known } from "../keys/authenticator.ts";
import { isWithin, networkDenial } from "../keys/key-networks.ts";
import type { KeyEntry } from "../keys/key-ring.ts";
import {
  countOf,
  idsNamed,
  type MembersNamed,
  MOST_NAMED,
  membersNamed,
  type Named,
  thingsOf,
} from "./asked-things.ts";
import { contextOf, denialOf, isUnrestricted, tooManyNamed } from "./judge.ts";

/** The facts of a task that policies look at. */
export type TaskFacts = RightsTask & { readonly id: string };

interface TaskLookup {
  /** Looks only into memory; undefined: the store has to be asked. */
  peek(account: string, taskId: string): TaskFacts | undefined;
  /** @throws DomainError `TaskNotFound` */
  get(account: string, taskId: string): Promise<TaskFacts>;
}

export interface PermissionOptions {
  /** The region in the name of every resource. It is the server's, so that a caller cannot choose it. */
  readonly region: string;
  readonly tasks: TaskLookup;
  /** The products whose tasks our own API shows, by name. */
  readonly products: ReadonlyMap<string, ProductOfTasks>;
  readonly resources: (account: string) => ResourceReader;
  readonly now: () => number;
}

type Verdict = Denial | undefined;
type Later<T> = T | Promise<T>;

/** Tasks that one call may name in a list, as our own API limits it too. */
const LONGEST_LIST = 100;

/** Row 17 of AUTH.md §4: whether a key may use an operation on a resource. */
export class Permissions {
  readonly options: PermissionOptions;

  constructor(options: PermissionOptions) {
    this.options = options;
  }

  /** A promise only if a task or another thing has to be read first. Keys without a policy may do everything in their account. */
  check(call: AccessCall, known: Known, operation: Operation): Later<Verdict> {
    const { entry, caller } = known;
    if (entry === undefined) return undefined;
    if (entry.networks !== undefined && !isWithin(entry.networks, call.source)) {
      return networkDenial(operation.product.refusal);
    }
    if (isUnrestricted(entry)) return undefined;
    // As at the vendor's: who one is may always be asked, and it tells nothing that the caller does not have.
    if (operation.role === "who-am-i") return undefined;
    // The right to it is about the ARN of the role: `assumeRole` checks it, together with the role's trust policy.
    if (operation.role === "assume-role") return undefined;
    const [taskId, ...others] = tasksNamed(call, operation);
    const starts = operation.role === "start-task" && operation.product.acts === "target";
    if (taskId === undefined || starts) return this.#aboutThings(call, caller, entry, operation);
    const verdict = this.#aboutTask(call, known, entry, operation, taskId);
    if (others.length === 0) return verdict;
    // All of them are checked: a second task in the call must not hide the first.
    return others.reduce<Later<Verdict>>(
      async (before, id) => (await before) ?? this.#aboutTask(call, known, entry, operation, id),
      verdict,
    );
  }

  scope({ account }: { readonly account: string }): Scope {
    return { region: this.options.region, account };
  }

  #aboutThings(
    call: AccessCall,
    caller: AccessCaller,
    entry: KeyEntry,
    operation: Operation,
  ): Later<Verdict> {
    const { product } = operation;
    const named: Named = operation.described ? (names) => call.named(names) : inPath(call);
    const ids = idsNamed(operation.idParameters, named);
    const alone = product.members?.filter(({ onlyInTasks }) => onlyInTasks !== true) ?? [];
    const members = membersNamed(alone, named);
    if (countOf(members, ids) > MOST_NAMED) return tooManyNamed(product.refusal);
    if (members.length === 0) return this.#onThings(call, caller, entry, operation, ids);
    return this.#withMembers(members, caller, ids).then((all) =>
      this.#onThings(call, caller, entry, operation, all),
    );
  }

  async #withMembers(
    members: readonly MembersNamed[],
    { account }: AccessCaller,
    ids: ReadonlySet<string>,
  ): Promise<ReadonlySet<string>> {
    const things = await thingsOf(members, this.options.resources(account));
    return new Set([...ids, ...things]);
  }

  #onThings(
    call: AccessCall,
    caller: AccessCaller,
    entry: KeyEntry,
    { name: action, product }: Operation,
    ids: ReadonlySet<string>,
  ): Verdict {
    const resources = resourcesNamed(product, this.scope(caller), ids);
    const asked = resources.map((resource) => ({ action, resource }));
    return denialOf(entry, asked, this.#context(call, entry), product.refusal);
  }

  #aboutTask(
    call: AccessCall,
    known: Known,
    entry: KeyEntry,
    operation: Operation,
    taskId: string,
  ): Later<Verdict> {
    const { caller } = known;
    const { tasks } = this.options;
    const task = tasks.peek(caller.account, taskId);
    if (task) return this.#ofTask(call, known, entry, operation, taskId, task);
    return tasks.get(caller.account, taskId).then(
      (read) => this.#ofTask(call, known, entry, operation, taskId, read),
      (error: unknown) => {
        if (!(error instanceof DomainError) || error.code !== "TaskNotFound") throw error;
        // A task that does not exist is answered as one that exists, so that nobody learns which do.
        return this.#onThings(call, caller, entry, operation, new Set());
      },
    );
  }

  #ofTask(
    call: AccessCall,
    { caller }: Known,
    entry: KeyEntry,
    operation: Operation,
    taskId: string,
    task: TaskFacts,
  ): Verdict {
    const { product, mutating } = operation;
    const asked = this.askedOnTask(operation, taskId, task, this.scope(caller));
    const isOwn = !mutating && startedBy(caller, task);
    return denialOf(entry, asked, this.#context(call, entry), product.refusal, isOwn);
  }

  /** Everything that an operation on a task needs: its own right, and those on the product of the task. */
  askedOnTask(
    operation: Pick<Operation, "product" | "name" | "action" | "mutating">,
    taskId: string,
    task: TaskFacts,
    scope: Scope,
  ): readonly Asked[] {
    const { product, name: action } = operation;
    // A task that was imported goes by two ids, and a Deny on either counts.
    const ids = product.acts === "task" ? [...new Set([taskId, task.id])] : [targetOf(task)];
    const own = ids.map((id) => ({ action, resource: resourceName(product, scope, id) }));
    return [...own, ...this.askedOf(operation, task, scope)];
  }

  /** The rights on the product of the task that an operation of our own API needs. */
  askedOf(
    { product: names, action, mutating }: Pick<Operation, "product" | "action" | "mutating">,
    task: RightsTask,
    scope: Scope,
    ids?: readonly string[],
  ): readonly Asked[] {
    const product = names.acts === "task" ? this.options.products.get(task.product) : undefined;
    if (product === undefined) return [];
    return askedOfProduct(product, { action, mutating }, task, scope, ids);
  }

  /** What a call acts on, as policies spell it, for the audit; several if its parameters contradict each other. */
  resourcesOf(call: AccessCall, caller: AccessCaller, operation: Operation): readonly string[] {
    const ids = new Set(operation.idParameters.flatMap((name) => call.values(name)));
    return resourcesNamed(operation.product, this.scope(caller), ids);
  }

  #context(call: AccessCall, entry: KeyEntry) {
    return contextOf(call, entry, this.options.now());
  }
}

/** Who may start an operation may always read the task it started, unless a statement denies it. */
export function startedBy({ actor }: { readonly actor: string }, task: RightsTask): boolean {
  return task.actor === actor;
}

/** All tasks that a call names. No operation takes a list that is longer. */
function tasksNamed(call: AccessCall, operation: Operation): ReadonlySet<string> {
  const { taskParameters, described, product, action } = operation;
  const { taskList } = product;
  const listed = taskList?.action === action ? call.values(taskList.parameter) : [];
  const different = new Set(listed.flatMap((text) => text.split(",")));
  // Without a description only the path tells: other parameters of that name are ignored by the operation, and decide nothing.
  const isAboutTask = described || taskParameters.some((name) => Object.hasOwn(call.path, name));
  const single = isAboutTask ? taskParameters.flatMap((name) => call.values(name)) : [];
  return new Set([...single, ...[...different].slice(0, LONGEST_LIST)]);
}

function inPath({ path }: AccessCall): Named {
  return (names) =>
    new Set([...names].flatMap((name) => (Object.hasOwn(path, name) ? [path[name] ?? ""] : [])));
}
