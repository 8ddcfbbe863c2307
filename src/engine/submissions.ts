import type { Clock } from "../clock.ts";
import { DomainError, isDamage, isStoreAway } from "../core/errors.ts";
import { fold } from "../core/evolve.ts";
import type { JsonObject } from "../core/json.ts";
import type { SubtaskRequest } from "../core/step-context.ts";
import { isCanceledByParent, type Target, type Task, type TaskDraft } from "../core/task.ts";
import type { TaskType } from "../core/task-type.ts";
import type { Log } from "../log.ts";
import type { AppendResult, ClaimedToken, Store } from "../store/store.ts";
import { mayRead, needRight, type TaskRights } from "../task-rights.ts";
import { type AdmissionBounds, checkInput, refuseForeignTarget } from "./admission.ts";
import type { Catalog } from "./catalog.ts";
import { draftOf, type Submission } from "./drafts.ts";
import { askedIn, type Fingerprints, type SubmissionClaim } from "./fingerprints.ts";
import { MAX_CONFLICTS, tooManyConflicts } from "./memory/conflicts.ts";
import type { LiveTasks } from "./memory/live-tasks.ts";
import { ResourceBuffer } from "./memory/resource-buffer.ts";
import type { StoreRetry } from "./memory/store-retry.ts";
import type { TaskSecrets } from "./secrets.ts";
import type { Caller, SubmitRequest, Submitted } from "./task-service.ts";

export interface SubmissionsOptions {
  readonly store: Store;
  readonly catalog: Catalog;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Log;
  readonly tasks: LiveTasks;
  readonly retry: StoreRetry;
  readonly limits: AdmissionBounds;
  readonly secrets: TaskSecrets;
  readonly fingerprints: Fingerprints;
}

/** Makes new tasks: from requests, from operations of products, as subtasks and as forks. */
export class Submissions {
  readonly #options: SubmissionsOptions;
  readonly #fingerprints: Fingerprints;
  readonly #lastIdTime = new Map<string, number>();

  constructor(options: SubmissionsOptions) {
    this.#options = options;
    this.#fingerprints = options.fingerprints;
  }

  /** @throws also why the caller may not start such a task, or not read the one that is there instead. */
  fromRequest(request: SubmitRequest, caller: Caller, isAllowed = false): Promise<Submitted> {
    if (caller.rights !== undefined && !isAllowed) {
      return this.#ifAllowed(caller.rights, request, caller);
    }
    const product = request.product ?? "native";
    if (product !== "native") refuseForeignTarget(request.target, caller.account);
    const type = this.#options.catalog.type(product, request.type);
    const submission: Submission = { ...request, product, account: caller.account, caller };
    const { token } = request;
    const claim = this.#claim(`${product}/submit`, token, () => askedIn(request));
    return this.submit(type, submission, claim);
  }

  async #ifAllowed(rights: TaskRights, request: SubmitRequest, caller: Caller): Promise<Submitted> {
    const { product = "native", type, input, attributes = {}, target = NO_TARGET } = request;
    const wanted = { product, type, input, attributes, target };
    const refused = await rights.startRefusal("SubmitTask", wanted);
    if (refused !== undefined) throw refused;
    const submitted = await this.fromRequest(request, caller, true);
    const isAnothers = submitted.outcome === "repeated" || submitted.outcome === "joined";
    if (isAnothers) needRight(rights, "GetTask", submitted.task);
    return submitted;
  }

  async operation(
    product: string,
    action: string,
    parameters: JsonObject,
    caller: Caller,
    token: string | undefined,
  ): Promise<{ task: Task; reply: JsonObject }> {
    const { catalog, store, clock, random, secrets } = this.#options;
    const operation = catalog.operation(product, action);
    const { account, requestId } = caller;
    const claim = this.#claim(`${product}/${action}`, token, () => parameters);
    for (let conflicts = 0; conflicts < MAX_CONFLICTS; conflicts++) {
      const known = claim && (await store.findToken(account, claim.scope, claim.token));
      if (known) return answerOf(await this.#repeated(account, known, claim));
      const resources = new ResourceBuffer(store, account);
      const now = clock.now();
      const plan = await operation(parameters, { account, requestId, now, random, resources });
      const { reply = {} } = plan;
      const attributes = { ...plan.attributes, operation: action };
      const submission: Submission = { ...plan, product, account, caller, attributes };
      const type = catalog.type(product, plan.type);
      try {
        const withReply = claim && { ...claim, reply: secrets.seal(reply, undefined, account) };
        return answerOf({
          reply,
          ...(await this.submit(type, submission, withReply, resources)),
        });
      } catch (error) {
        if (!(error instanceof ResourceConflict)) throw error;
      }
    }
    throw tooManyConflicts(`${product} ${action}`);
  }

  /** The same token with the same fork and reason gives the same new task, whoever sends it again. */
  async retry(type: TaskType, fork: Submission, token: string | undefined): Promise<Task> {
    const { product, forkOf: { by: _, ...again } = {} } = fork;
    const claim = this.#claim(`${product}/retry`, token, () => again);
    return (await this.submit(type, fork, claim)).task;
  }

  /**
   * The subtask of this key. If the parent itself canceled it, with an attempt that was given up, a later attempt gets the
   * next one of this key; if a user did, that is what became of it.
   */
  async subtask(parent: Task, step: string, request: SubtaskRequest): Promise<Task> {
    for (let made = 0; ; made++) {
      const task = await this.#subtask(parent, step, request, made);
      if (!isCanceledByParent(task)) return task;
    }
  }

  async #subtask(parent: Task, step: string, request: SubtaskRequest, made: number): Promise<Task> {
    const type = this.#options.catalog.type(parent.product, request.type);
    const name = [parent.id, step, request.key];
    const token = {
      scope: "subtask",
      token: JSON.stringify(made === 0 ? name : [...name, made]),
      fingerprint: "",
      asked: {},
    };
    const submission: Submission = {
      type: request.type,
      input: request.input,
      target: request.target ?? parent.target,
      ...(request.attributes && { attributes: request.attributes }),
      product: parent.product,
      account: parent.account,
      source: parent,
      priority: parent.priority,
      parent: { taskId: parent.id, step },
      ...(parent.traceparent !== undefined && { traceparent: parent.traceparent }),
    };
    return (await this.submit(type, submission, token)).task;
  }

  #claim(
    scope: string,
    token: string | undefined,
    asked: () => JsonObject,
  ): SubmissionClaim | undefined {
    if (token === undefined) return undefined;
    return this.#fingerprints.claim(scope, token, asked());
  }

  /** Appends the new task. Resolves with another task if the token or the concurrency key leads to one. */
  async submit(
    type: TaskType,
    asked: Submission,
    token?: SubmissionClaim,
    resources?: ResourceBuffer,
  ): Promise<Submitted> {
    const { whenBusy, caller } = asked;
    checkInput(type, asked.input, this.#options.limits);
    const submission = this.#withSealedSecrets(type, asked);
    for (let conflicts = 0; conflicts < MAX_CONFLICTS; conflicts++) {
      const at = this.#options.clock.now();
      const draft = draftOf(this.newTaskId(submission.product, at), at, type, submission);
      const known =
        whenBusy === "supersede" && (await this.#beforeSuperseding(draft, asked, token));
      if (known) return known;
      if (submission.validateOnly) return this.#check(draft, at, submission, token);
      const { task, result } = await this.#options.tasks.create(draft, at, {
        unlessKeyHeld: whenBusy === "reject" || whenBusy === "join",
        ...(token && { token }),
        ...(resources && { resources }),
      });
      if (result.outcome === "appended") {
        await this.supersede(task, caller);
        return { task, outcome: "submitted" };
      }
      const other = await this.#instead(result, task, submission, token);
      if (other) return other;
    }
    throw tooManyConflicts(`a new ${submission.type}`);
  }

  #withSealedSecrets(type: TaskType, asked: Submission): Submission {
    const { secrets } = this.#options;
    const { account, source, attributes } = asked;
    const input = secrets.seal(asked.input, type.input, account, source);
    const facts = attributes && secrets.seal(attributes, undefined, account, source);
    if (input === asked.input && facts === attributes) return asked;
    return { ...asked, input, ...(facts && { attributes: facts }) };
  }

  /**
   * For a task that supersedes: cancels the tasks with its key that were submitted before it. Can be repeated. Each task
   * that the caller may not cancel stays, and is waited for. After a restart there is no caller; the rights were checked before.
   */
  async supersede(task: Task, caller?: Caller): Promise<void> {
    const { tasks, log, retry } = this.#options;
    if (!task.supersedes || tasks.outline(task.id)?.state !== "pending") return;
    try {
      const ahead = await this.#ahead(task);
      await Promise.all(ahead.map((id) => this.#cancelFor(task, id, caller)));
    } catch (error) {
      log.debug({ by: task.id, error }, "a superseded task was not canceled yet; trying again");
      retry.later(() => void this.supersede(task, caller));
    }
  }

  /** The tasks with this one's key that come before it; all tasks with the key if this one is not submitted yet. */
  async #ahead({ id, account, concurrencyKey }: TaskDraft): Promise<readonly string[]> {
    if (concurrencyKey === undefined) return [];
    const line = await this.#options.store.tasksWithKey(account, concurrencyKey);
    const position = line.indexOf(id);
    return position < 0 ? line : line.slice(0, position);
  }

  /** @throws DomainError `StoreUnavailable`. A task that has ended, refuses the cancel or is damaged is logged, and is no error. */
  async #cancelFor(task: Task, id: string, caller: Caller | undefined): Promise<void> {
    const { tasks, clock, log } = this.#options;
    const at = clock.now();
    try {
      const held = await tasks.get(task.account, id);
      needRight(caller?.rights, "CancelTask", held);
      await tasks.handle(id, {
        type: "CancelTask",
        at,
        by: task.actor ?? task.id,
        reason: `superseded by task ${task.id}`,
        deadline: at + (this.#typeOf(held)?.cancelGraceMs ?? 0),
      });
    } catch (error) {
      if (isStoreAway(error)) throw error;
      const level = isDamage(error) ? "error" : "debug";
      log[level]({ taskId: id, by: task.id, error }, "a superseded task was not canceled");
    }
  }

  /** The task that the append was refused for. Undefined if a new attempt may succeed: the id was taken, or the holder ended. */
  async #instead(
    result: Exclude<AppendResult, { outcome: "appended" }>,
    task: Task,
    { whenBusy, caller }: Submission,
    token: SubmissionClaim | undefined,
  ): Promise<Submitted | undefined> {
    switch (result.outcome) {
      case "token-taken":
        return this.#repeated(task.account, result, token);
      case "key-held":
        if (whenBusy !== "join") throw await this.#busy(task, result.by, caller);
        return this.#joined(task.account, result.by, token);
      case "resource-conflict":
        throw new ResourceConflict();
      default:
        return undefined;
    }
  }

  /** The answer to a request that came before with this token. */
  async #known(account: string, token: SubmissionClaim): Promise<Submitted | undefined> {
    const known = await this.#options.store.findToken(account, token.scope, token.token);
    return known && this.#repeated(account, known, token);
  }

  async #repeated(
    account: string,
    known: ClaimedToken,
    token: SubmissionClaim | undefined,
  ): Promise<Submitted> {
    if (token !== undefined) this.#fingerprints.check(known, token);
    const task = await this.#options.tasks.get(account, known.taskId);
    const { reply: stored = parkedReply(task) } = known;
    const reply = stored && this.#options.secrets.open(stored, account);
    return { task, outcome: "repeated", ...(reply && { reply }) };
  }

  /**
   * Undefined if the holder has ended meanwhile: then the key may be free. The token is the holder's from now on, so that
   * a repeat gets the same task, also after its end (promise R-7).
   */
  async #joined(
    account: string,
    holder: string,
    token: SubmissionClaim | undefined,
  ): Promise<Submitted | undefined> {
    const { store, tasks, fingerprints } = this.#options;
    const task = await tasks.get(account, holder);
    if (task.endedAt !== undefined) return undefined;
    if (token === undefined) return { task, outcome: "joined" };
    const check = (known: ClaimedToken) => fingerprints.check(known, token);
    const claimed = await tasks
      .handle(holder, undefined, undefined, { account, claim: token, check })
      .catch(ifEnded);
    if (claimed === undefined) return undefined;
    const known = await store.findToken(account, token.scope, token.token);
    // The same request may have come twice, and the other have found another holder, or none.
    if (known !== undefined && known.taskId !== holder) {
      return this.#repeated(account, known, token);
    }
    return { task: claimed, outcome: "joined" };
  }

  /** The answer that `submit` would give now; nothing is written. */
  async #check(
    draft: TaskDraft,
    at: number,
    { whenBusy, caller }: Submission,
    token: SubmissionClaim | undefined,
  ): Promise<Submitted> {
    const preview = fold([{ type: "TaskSubmitted", at, task: draft }]);
    const known = token && (await this.#known(draft.account, token));
    if (known) return known;
    const [holder] = await this.#ahead(draft);
    if (holder !== undefined && whenBusy === "reject") {
      throw await this.#busy(preview, holder, caller);
    }
    const joined =
      holder !== undefined && whenBusy === "join"
        ? await this.#joined(draft.account, holder, undefined)
        : undefined;
    return joined ?? { task: preview, outcome: "checked" };
  }

  /** The refusal for a key that is held. It names the task that holds it only to who may read that task. */
  async #busy(task: Task, by: string, caller: Caller | undefined): Promise<DomainError> {
    const rights = caller?.rights;
    if (rights === undefined) return busy(task, by);
    const holder = await this.#options.tasks.get(task.account, by).catch((error: unknown) => {
      if (error instanceof DomainError && error.code === "TaskNotFound") return undefined;
      throw error;
    });
    return busy(task, holder !== undefined && mayRead(rights, holder) ? by : undefined);
  }

  /** What came before with the token is answered, also if the tasks that have the key now could not be superseded. */
  async #beforeSuperseding(
    draft: TaskDraft,
    { caller }: Submission,
    token: SubmissionClaim | undefined,
  ): Promise<Submitted | undefined> {
    const known = token && (await this.#known(draft.account, token));
    if (known === undefined) await this.#checkSupersedable(draft, caller);
    return known;
  }

  async #checkSupersedable(draft: TaskDraft, caller: Caller | undefined): Promise<void> {
    for (const id of await this.#ahead(draft)) {
      const task = await this.#options.tasks.get(draft.account, id);
      needRight(caller?.rights, "CancelTask", task);
      if (this.#typeOf(task)?.cancelable !== false) continue;
      const isShown = mayRead(caller?.rights, task);
      const message = `${isShown ? `task ${id}` : "a task"} holds ${draft.concurrencyKey} and can not be canceled; wait for its end`;
      const facts = isShown ? { taskId: id, type: task.type } : {};
      throw new DomainError("TaskNotCancelable", message, facts);
    }
  }

  #typeOf(task: Task): TaskType | undefined {
    return this.#options.catalog.find(task.product, task.type);
  }

  /** Ids sort by time. Tasks of the same millisecond therefore get the times that follow. */
  newTaskId(product: string, at: number): string {
    const last = this.#lastIdTime.get(product) ?? 0;
    const time = at > last ? at : last + 1;
    this.#lastIdTime.set(product, time);
    return this.#options.catalog.newTaskId(product, time, this.#options.random);
  }
}

/** The target of a task that names none: itself. */
const NO_TARGET: Target = { type: "task", id: "*" };

function ifEnded(error: unknown): undefined {
  if (!(error instanceof DomainError) || error.code !== "TaskEnded") throw error;
}

class ResourceConflict extends Error {}

function answerOf({ task, reply = {} }: Submitted): { task: Task; reply: JsonObject } {
  return { task, reply };
}

/** The reply of an operation from before schema 6, which stored it in the task's attributes. */
function parkedReply({ attributes }: Task): JsonObject | undefined {
  const { reply } = attributes;
  const isReply = typeof reply === "object" && reply !== null && !Array.isArray(reply);
  return isReply ? (reply as JsonObject) : undefined;
}

function busy({ target, concurrencyKey = "" }: Task, by: string | undefined): DomainError {
  const { type: kind, id } = target;
  const holder = by === undefined ? "another task" : `task ${by}`;
  const message = `${kind} ${id} is busy with ${holder}; wait for its end`;
  const facts = { kind, id, ...(by !== undefined && { by }), key: concurrencyKey };
  return new DomainError("ResourceBusy", message, facts);
}
