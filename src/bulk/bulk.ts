import { defineTask } from "../core/define-task.ts";
import { DomainError, TerminalError } from "../core/errors.ts";
import type { JsonObject } from "../core/json.ts";
import type { StepContext } from "../core/step-context.ts";
import type { Task } from "../core/task.ts";
import type { TaskType } from "../core/task-type.ts";
import { pastTask } from "../engine/past.ts";
import type { TaskService } from "../engine/task-service.ts";
import { parseFilter } from "../filter/parse.ts";
import { type Predicate, predicateOf } from "../filter/predicate.ts";
import { split } from "../filter/pushdown.ts";
import { Pace, walk } from "../pace.ts";
import { type Maker, mayRead, type RightsOf, type TaskRights } from "../task-rights.ts";

export const BULK_TYPE = "bulk";
const BULK_ACTIONS = ["cancel", "pause", "resume", "retry"] as const;
export type BulkAction = (typeof BULK_ACTIONS)[number];

/** What a bulk operation is told to do. */
export interface BulkOrder {
  readonly filter: string;
  readonly action: BulkAction;
  readonly reason: string;
  readonly actor: string;
  /** Only tasks that fitted the filter at this moment, in ms since the epoch. */
  readonly snapshotAt: number;
  /** The end of the log at that moment: what came first is not told by a clock. Absent in orders of earlier versions. */
  readonly snapshotPosition?: number;
  /** About how many there are, for the progress. */
  readonly expected: number;
  /** Whose rights count, as they are when each task is met; absent: nobody's who is held to policies. */
  readonly orderedBy?: Maker;
}

/** The operation of our own API that does the same to one task. */
const OPERATIONS: Readonly<Record<BulkAction, string>> = {
  cancel: "CancelTask",
  pause: "PauseTask",
  resume: "ResumeTask",
  retry: "RetryTask",
};

/**
 * Asked before each task that a retry makes, which no request of its own starts. The returned function says that it was made,
 * or not. @throws DomainError if the account may not have one more.
 */
export type Admit = (account: string) => (() => void) | undefined;

const PAGE = 100;
const NOT_ALLOWED = "Forbidden.RAM";
const AT_ONCE = 20;
const MAX_NOTICES_GIVEN = 100;
/** Where the first page begins. */
const FIRST = "";

/**
 * One action on all tasks that fit a filter, as a task of its own: it shows its progress, can be stopped, and goes on
 * after a restart behind the last page it did. A task that is met twice then is left as it is.
 */
export function bulkType(
  service: () => TaskService,
  admit: Admit = () => undefined,
  rightsOf?: () => RightsOf | undefined,
): TaskType {
  return defineTask({
    type: BULK_TYPE,
    pausable: false,
    steps: {
      act: (input, context) => {
        const order = orderOf(input);
        const rights = order.orderedBy && rightsOf?.()?.(context.account, order.orderedBy);
        return new BulkRun(service(), { admit, rights }, order, context).run();
      },
    },
  });
}

class BulkRun {
  readonly #service: TaskService;
  readonly #admit: Admit;
  readonly #rights: TaskRights | undefined;
  readonly #order: BulkOrder;
  readonly #context: StepContext;
  readonly #fits: Predicate;
  #done: number;
  #refused: number;
  #notices = 0;

  constructor(
    service: TaskService,
    { admit, rights }: { readonly admit: Admit; readonly rights: TaskRights | undefined },
    order: BulkOrder,
    context: StepContext,
  ) {
    this.#service = service;
    this.#admit = admit;
    this.#rights = rights;
    this.#order = order;
    this.#context = context;
    this.#fits = predicateOf(parseFilter(order.filter));
    this.#done = Number(context.outputs["done"] ?? 0);
    this.#refused = Number(context.outputs["refused"] ?? 0);
  }

  async run(): Promise<JsonObject> {
    const { account, outputs, signal } = this.#context;
    // States change under way: which tasks were members, only what never changes may narrow.
    const { states: _, ...pushdown } = split(parseFilter(this.#order.filter)).pushdown;
    const { cursor } = outputs;
    const read = async (from: string) => {
      if (from !== FIRST) {
        this.#report();
        this.#context.output("cursor", from);
      }
      signal.throwIfAborted();
      const after = from === FIRST ? {} : { cursor: from };
      const page = await this.#service.list({ account, ...pushdown, ...after, limit: PAGE });
      return { items: groupsOf(page.tasks), next: page.next };
    };
    const first = typeof cursor === "string" ? cursor : FIRST;
    await walk(new Pace(account), first, read, async (group) => {
      signal.throwIfAborted();
      await Promise.all(group.map((task) => this.#meet(task)));
    });
    this.#report();
    return { done: this.#done, refused: this.#refused };
  }

  async #meet(task: Task): Promise<void> {
    if (!(await this.#isMember(task))) return;
    // What the orderer may not read it does not learn of either.
    if (!mayRead(this.#rights, task)) return;
    const denied = this.#denied(task);
    if (denied !== undefined) {
      this.#refuse(NOT_ALLOWED, `task ${task.id}: ${denied}`);
      return;
    }
    try {
      await this.#act(task);
      this.#done += 1;
    } catch (error) {
      if (!(error instanceof DomainError) || error.code === "StoreUnavailable") throw error;
      this.#refuse(error.code, error.message);
    }
  }

  #refuse(reason: string, message: string): void {
    this.#refused += 1;
    if (this.#notices++ >= MAX_NOTICES_GIVEN) return;
    this.#context.notice({ level: "Warning", action: this.#order.action, reason, message });
  }

  /** Why the orderer may not do this to the task now. */
  #denied(task: Task): string | undefined {
    const { action } = this.#order;
    const isOthers = action === "retry" && isAnothersOrder(this.#rights, task);
    if (isOthers) return "it was ordered with another key, whose rights it uses";
    return this.#rights?.refusal(OPERATIONS[action], task)?.message;
  }

  async #isMember(task: Task): Promise<boolean> {
    const { snapshotAt: now, snapshotPosition } = this.#order;
    if (task.id === this.#context.taskId) return false;
    const isOld =
      task.updatedAt < now || (task.updatedAt === now && snapshotPosition === undefined);
    const then = isOld ? task : await this.#then(task);
    if (then === undefined) return false;
    return this.#fits({ task: then, now, health: () => this.#service.health(task).health });
  }

  /** The task as it was when the order was given; undefined: it was not there. */
  async #then({ id, createdAt }: Task): Promise<Task | undefined> {
    const { snapshotAt: at, snapshotPosition: position } = this.#order;
    if (position === undefined && createdAt > at) return undefined;
    const until = position === undefined ? { at } : { position };
    return pastTask(this.#service, this.#context.account, id, until).catch((error: unknown) => {
      if (error instanceof DomainError && error.code === "TaskNotFound") return undefined;
      throw error;
    });
  }

  async #act(task: Task): Promise<void> {
    const { account, taskId } = this.#context;
    const { action, actor, reason } = this.#order;
    // A page that is met again after a restart or a lost answer does nothing twice (promise R-7).
    const token = `bulk ${taskId} ${task.id}`;
    const control = { by: `${actor}, by bulk ${taskId}`, reason, token };
    if (action !== "retry") {
      await this.#service[action](account, task.id, control);
      return;
    }
    const { tasks } = await this.#service.list({ account, forkOf: task.id, limit: 100 });
    if (tasks.some(({ forkOf }) => forkOf?.by === control.by)) return; // before a restart
    const settled = this.#admit(account);
    try {
      await this.#service.retry(account, task.id, control);
    } finally {
      settled?.();
    }
  }

  #report(): void {
    const { expected } = this.#order;
    this.#context.output("done", this.#done);
    this.#context.output("refused", this.#refused);
    this.#context.message(`${this.#done} done, ${this.#refused} refused, of about ${expected}`);
    const met = this.#done + this.#refused;
    if (expected > 0)
      this.#context.progress(Math.min(9_900, Math.round((met / expected) * 10_000)));
  }
}

/** The tasks of a page, as many together as are acted on at once. */
function groupsOf(tasks: readonly Task[]): readonly (readonly Task[])[] {
  const groups: (readonly Task[])[] = [];
  for (let first = 0; first < tasks.length; first += AT_ONCE) {
    groups.push(tasks.slice(first, first + AT_ONCE));
  }
  return groups;
}

/**
 * Whether the task is a bulk operation that another key has ordered. It acts with the rights of that key, so who is held to
 * policies must not begin it anew.
 */
export function isAnothersOrder(
  rights: TaskRights | undefined,
  { product, type, input }: Pick<Task, "product" | "type" | "input">,
): boolean {
  if (rights === undefined || product !== "native" || type !== BULK_TYPE) return false;
  const by = input["orderedBy"] as Partial<Maker> | undefined;
  return by?.accessKeyId !== rights.maker.accessKeyId;
}

function orderOf(input: JsonObject): BulkOrder {
  const { filter, action, reason, snapshotAt } = input;
  const known = BULK_ACTIONS.some((one) => one === action);
  if (typeof filter === "string" && known && typeof reason === "string" && reason !== "") {
    if (typeof snapshotAt === "number") return input as unknown as BulkOrder;
  }
  throw new TerminalError("BulkOrderInvalid", "this is no bulk order; make it with POST /v1/bulk");
}
