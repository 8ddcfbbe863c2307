import type { Approved, SubtaskRequest } from "../../core/step-context.ts";
import {
  type ApprovalVerdict,
  findStep,
  isCanceledByParent,
  type Step,
  type Task,
} from "../../core/task.ts";
import { FIELD_LIMITS } from "../../core/values/field-limits.ts";
import type { ExecutorHost } from "../executor.ts";
import { Aborted } from "./aborted.ts";
import { checkCount } from "./checked.ts";
import type { Orders } from "./orders.ts";

/** The attempt that waits. */
export interface Waiter {
  readonly task: Task;
  readonly step: string;
  readonly attempt: number;
  /** The handler has ended, or its end is decided: it can ask for nothing more. */
  readonly isOver: boolean;
  /** Notes that the attempt is alive. */
  sign(): void;
  /** Notes how a subtask is. */
  tellSubtask(subtask: Task): void;
}

/**
 * What the handler of an attempt waits for: time, subtasks, answers. A store that is away makes it wait longer and costs
 * no attempt. Its cost does not depend on how many waits there are: nothing is looked through, and nothing is left over.
 */
export class StepWaits {
  readonly #host: ExecutorHost;
  readonly #orders: Orders;
  readonly #run: Waiter;
  readonly #onAbort = new Set<(reason: Aborted) => void>();
  #aborted: Aborted | undefined;
  #count = 0;
  /** Who waits for the answer to each question. */
  readonly #questions = new Map<string, Set<(verdict: ApprovalVerdict) => void>>();
  readonly #subtaskKeys = new Set<string>();
  /** How many subtasks have not come to their ends, and who waits for that. */
  #subtasks = 0;
  readonly #onSubtasksEnded: (() => void)[] = [];

  constructor(host: ExecutorHost, orders: Orders, run: Waiter) {
    this.#host = host;
    this.#orders = orders;
    this.#run = run;
  }

  /** Whether it waits for a subtask or an answer. */
  get isWaiting(): boolean {
    return this.#count > 0;
  }

  /** Ends all waits, and those that follow. */
  abort(reason: Aborted): void {
    this.#aborted = reason;
    const told = [...this.#onAbort];
    this.#onAbort.clear();
    for (const tell of told) {
      const turn = this.#orders.turnOf(this.#run.task);
      if (turn === undefined) tell(reason);
      else void turn.then(() => tell(reason)); // it waits for thousands of subtasks
    }
  }

  sleep(ms: number): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    if (this.#aborted !== undefined) {
      reject(this.#aborted);
      return promise;
    }
    const stop = this.#host.clock.after(ms, () => {
      this.#onAbort.delete(abort);
      resolve();
    });
    const abort = (reason: Aborted) => {
      stop();
      reject(reason);
    };
    this.#onAbort.add(abort);
    return promise;
  }

  async approval(question: string): Promise<Approved> {
    this.#refuseIfOver();
    const { task, step, attempt } = this.#run;
    // Registered before the question is sent, because the answer can come while the question is being written.
    const { promise: answered, resolve } = Promise.withResolvers<ApprovalVerdict>();
    const others = this.#questions.get(question);
    if (others === undefined) this.#questions.set(question, new Set([resolve]));
    else others.add(resolve);
    const at = this.#host.clock.now();
    const asking = { type: "AskApproval", at, step, attempt, question } as const;
    const asked = await this.#patiently(() => this.#host.handle(task.id, asking));
    const found = findStep(asked, step);
    if (found) this.tellApproval(found);
    const { by, reason, data = {} } = await this.#unlessAborted(answered);
    return { by, reason, data: this.#host.secrets.open(data, task.account) };
  }

  /** Tells those who wait of an answer. */
  tellApproval(step: Step): void {
    if (this.#questions.size === 0) return;
    for (const { question, verdict } of step.approvals ?? []) {
      if (verdict?.decision !== "approve") continue;
      for (const resolve of this.#questions.get(question) ?? []) resolve(verdict);
      this.#questions.delete(question);
    }
  }

  /** Runs a subtask to its end. One that an earlier attempt has canceled at its end is made anew. */
  async subtask(request: SubtaskRequest): Promise<Task> {
    this.#refuseIfOver();
    this.#subtaskKeys.add(request.key);
    checkCount("subtasks of a task", this.#subtaskKeys.size, FIELD_LIMITS.subtasks);
    this.#subtasks++;
    try {
      return await this.#throughSubtask(request);
    } finally {
      this.#subtasks--;
      if (this.#subtasks === 0) for (const tell of this.#onSubtasksEnded.splice(0)) tell();
    }
  }

  async #throughSubtask(request: SubtaskRequest): Promise<Task> {
    const turn = this.#orders.turnOf(this.#run.task);
    if (turn !== undefined) {
      await turn; // it asks for thousands at once
      this.#refuseIfOver();
    }
    for (;;) {
      const child = await this.#submitted(request);
      this.#run.tellSubtask(child);
      const ended = await this.#endOf(child);
      if (!isCanceledByParent(ended)) return this.#host.secrets.openTask(ended);
    }
  }

  /** Resolves once no subtask is waited for. */
  subtasksEnded(): Promise<void> {
    if (this.#subtasks === 0) return Promise.resolve();
    return new Promise((resolve) => this.#onSubtasksEnded.push(resolve));
  }

  async #submitted(request: SubtaskRequest): Promise<Task> {
    const { task, step } = this.#run;
    const submitted = this.#patiently(() => this.#host.submitSubtask(task, step, request));
    try {
      return await this.#unlessAborted(submitted);
    } catch (reason) {
      const ends = endsSubtasks(reason);
      // It may have been submitted after the abort.
      if (ends) submitted.then(({ id }) => this.#cancel(id, reason.message)).catch(() => {});
      throw reason;
    }
  }

  async #endOf(child: Task): Promise<Task> {
    const ended = this.#patiently(() => this.#host.ended(child.id, child.account));
    try {
      const task = await this.#unlessAborted(ended);
      this.#run.tellSubtask(task);
      return task;
    } catch (reason) {
      if (endsSubtasks(reason)) {
        await this.#cancel(child.id, reason.message);
        await ended.then(
          (task) => this.#run.tellSubtask(task),
          () => {},
        );
      }
      throw reason;
    }
  }

  async #cancel(taskId: string, reason: string): Promise<void> {
    await this.#orders.cancelSubtask(this.#run.task, taskId, reason);
  }

  #patiently<T>(work: () => Promise<T>): Promise<T> {
    const { task, step } = this.#run;
    const about = (error: unknown) => ({ taskId: task.id, step, error });
    const isGivenUp = () => this.#run.isOver || this.#aborted !== undefined;
    return this.#orders.untilTaken(work, about, isGivenUp);
  }

  async #unlessAborted<T>(awaited: Promise<T>): Promise<T> {
    let stop = (_: Aborted) => {};
    const aborted = new Promise<never>((_, reject) => {
      stop = reject;
      if (this.#aborted === undefined) this.#onAbort.add(reject);
      else reject(this.#aborted);
    });
    this.#count++;
    try {
      return await Promise.race([awaited, aborted]);
    } finally {
      this.#count--;
      this.#onAbort.delete(stop);
      this.#run.sign();
    }
  }

  /** @throws Aborted */
  #refuseIfOver(): void {
    if (this.#aborted !== undefined) throw this.#aborted;
    if (this.#run.isOver) throw new Aborted("ended", `step "${this.#run.step}" has ended`);
  }
}

/** A subtask outlives its attempt only if that goes on after a restart. */
function endsSubtasks(reason: unknown): reason is Aborted {
  return reason instanceof Aborted && reason.why !== "shutdown";
}
