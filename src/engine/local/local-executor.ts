import { sinceMoment } from "../../clock.ts";
import type { TaskCommand } from "../../core/commands.ts";
import type { TaskEvent } from "../../core/events.ts";
import type { StepHandler } from "../../core/step-context.ts";
import { findStep, isFinal, type Task } from "../../core/task.ts";
import type { RunnableStep } from "../../core/task-type.ts";
import { fault } from "../../fault-points.ts";
import type { Executor, ExecutorHost, Load, Observation } from "../executor.ts";
import { AbandonedHandlers } from "./abandoned.ts";
import { Aborted } from "./aborted.ts";
import { copyOf } from "./checked.ts";
import { Dispatcher } from "./dispatcher.ts";
import { failedStep, withoutHandler } from "./failed-step.ts";
import { whyRefused } from "./failure-of.ts";
import { MemoryGate } from "./memory-gate.ts";
import { observationOf, silentRuns } from "./observation.ts";
import { Orders } from "./orders.ts";
import type { RunQueue } from "./queue/run-queue.ts";
import { type LocalExecutorOptions, queueOf } from "./queue-options.ts";
import { StepRun } from "./step-run.ts";
import { type Due, TaskTimers } from "./task-timers.ts";
import { watch } from "./watch.ts";

/** Runs steps in this process. All its state in memory follows from the tasks' states, so a crash loses nothing. */
export class LocalExecutor implements Executor {
  readonly #host: ExecutorHost;
  readonly #line: RunQueue;
  readonly #dispatcher: Dispatcher;
  readonly #timers: TaskTimers;
  readonly #orders: Orders;
  readonly #abandoned: AbandonedHandlers;
  readonly #gate: MemoryGate;
  readonly #runs = new Map<string, StepRun>();
  #stopping = false;
  #idle: (() => void) | undefined;

  constructor(host: ExecutorHost, options: LocalExecutorOptions = {}) {
    this.#host = host;
    this.#line = queueOf(host, options);
    this.#dispatcher = new Dispatcher(host.clock, this.#line, (task) => this.#start(task));
    this.#orders = new Orders(host);
    this.#abandoned = new AbandonedHandlers(host);
    this.#gate = new MemoryGate(host.room);
    this.#timers = new TaskTimers(host.clock, host.typeOf, (...due) => this.#due(...due));
  }

  adopt(task: Task): void {
    this.#timers.arrange(task);
    if (task.state === "pending") this.#enqueue(task, waitedMs(task, this.#host.clock.now()));
    else this.#take(task);
  }

  reserve(task: Task): boolean {
    const { notBefore = 0, held } = task;
    if (this.#stopping || held !== undefined || this.#host.typeOf(task) === undefined) return false;
    if (notBefore > this.#host.clock.now()) return false;
    return this.#line.takeIfFree(task);
  }

  parked(outline: Task): void {
    for (const part of [this.#timers, this.#line]) part.replace(outline);
  }

  roomAgain(): void {
    this.#gate.goOn();
    this.#dispatcher.run();
  }

  release(task: Task): void {
    this.#line.leave(task);
    this.#dispatcher.run();
  }

  committed(task: Task, events: readonly TaskEvent[]): void {
    this.#timers.arrange(task);
    for (const event of events) this.#follow(task, event);
    if (task.parent !== undefined) {
      this.#runs.get(runKey(task.parent.taskId, task.parent.step))?.tellSubtask(task);
    }
    if (isFinal(task.state)) this.#ended(task);
  }

  observe(task: Task): Observation {
    return observationOf(task, {
      clock: this.#host.clock,
      line: this.#line,
      timers: this.#timers,
      room: this.#host.room,
      type: this.#host.typeOf(task),
      runOf: (step) => this.#runs.get(runKey(task.id, step)),
    });
  }

  load(silentAfterMs: number): Load {
    const silent = () => silentRuns(this.#runs.values(), silentAfterMs, this.#host);
    return {
      ...this.#line.load,
      abandoned: this.#abandoned.size,
      get silent() {
        return silent();
      },
    };
  }

  async stop(drainMs: number): Promise<void> {
    this.#stopping = true;
    this.#orders.stop();
    this.#dispatcher.stop();
    if (this.#runs.size > 0) await this.#drained(drainMs);
    this.#timers.stop();
    this.#abandoned.stop();
  }

  /** Resolves once no attempt runs. Deadlines hold meanwhile: who ignores a cancel is waited for until its grace ends. */
  async #drained(drainMs: number): Promise<void> {
    const idle = new Promise<void>((resolve) => {
      this.#idle = resolve;
    });
    const interrupt = this.#host.clock.after(drainMs, () => {
      for (const run of this.#runs.values()) if (!run.isOver) this.#interrupt(run);
    });
    await idle;
    interrupt();
  }

  #follow(task: Task, event: TaskEvent): void {
    switch (event.type) {
      case "TaskSubmitted":
        if (task.state === "pending") this.#enqueue(task);
        else this.#take(task);
        break;
      case "TaskStarted":
        this.#take(task); // it may have been started elsewhere while it was in line here
        break;
      case "TaskResumed":
        if (task.state === "pending") this.#enqueue(task);
        break;
      case "StepStarted":
      case "UndoStarted":
        this.#run(task, event.step, event.attempt);
        break;
      case "StepCanceled":
        this.#giveUp(task.id, event.step, `the task is ${task.state}`);
        break;
      case "StepFailed":
        // Its own report would have removed the run first, so this failure is a rejected approval.
        this.#giveUp(task.id, event.step, event.error.message);
        break;
      case "ApprovalDecided": {
        const step = findStep(task, event.step);
        if (step) this.#runs.get(runKey(task.id, event.step))?.tellApproval(step);
        break;
      }
      case "CancelRequested":
        for (const step of task.steps) {
          this.#runs.get(runKey(task.id, step.name))?.abort("canceled", event.reason);
        }
        break;
      default:
    }
  }

  #take(task: Task): void {
    const { clock } = this.#host;
    this.#line.take(task, sinceMoment(clock, task.startedAt ?? clock.now()));
  }

  #enqueue(task: Task, waited = 0): void {
    if (task.held !== undefined) return; // it joins when it is resumed
    if (this.#timers.delayMs(task) > 0) return; // its timer enqueues it later
    if (this.#host.typeOf(task) === undefined) return; // no handler here: it waits, and takes no slot
    this.#line.join(task, waited);
    this.#dispatcher.run();
  }

  /** Resolves once the start is written; undefined: the task does not start now. */
  #start(task: Task): Promise<unknown> | undefined {
    if (this.#stopping) return undefined;
    if (this.#timers.delayMs(task) > 0) return this.#tooEarly(task);
    const { notBefore, delayMs } = task;
    const measured = delayMs !== undefined && notBefore !== undefined;
    const at = this.#host.clock.now();
    this.#host.room.reserve(task.id);
    const due = measured ? { due: notBefore } : {};
    return this.#command(task.id, { type: "StartTask", at, ...due }, task);
  }

  /** The clock was set back while the task waited: the core refuses its start, and its slot would be lost. */
  #tooEarly(task: Task): undefined {
    if (task.state === "pending" && this.#timers.delayMs(task) > 0) this.#line.leave(task);
    this.#timers.arrange(task);
  }

  #ended(task: Task): void {
    const reason = `its parent ${task.id} is ${task.state}`;
    for (const step of task.steps) {
      for (const { id, state } of step.subtasks ?? []) {
        // Usually its step has canceled it already.
        if (!isFinal(state)) void this.#orders.cancelSubtask(task, id, reason);
      }
    }
    this.#line.leave(task);
    this.#dispatcher.run();
  }

  /** What the handler still does counts no more: its attempt has ended without it. */
  #giveUp(taskId: string, step: string, why: string): void {
    const run = this.#runs.get(runKey(taskId, step));
    if (run === undefined) return;
    run.abort("ended", why);
    run.close();
    this.#abandoned.add(run);
    this.#forget(run);
  }

  #due(task: Task, due: Due, waitedFor: number | undefined): void {
    if (this.#stopping && due.what !== "deadline") return;
    const when = { at: this.#host.clock.now(), ...(waitedFor !== undefined && { due: waitedFor }) };
    if (due.what === "start") this.#enqueue(task);
    else if (due.what === "retry") {
      const retry = { type: "RetryStep", ...when, step: due.step } as const;
      this.#gate.begin(task, due.step, () => void this.#command(task.id, retry, task));
    } else void this.#command(task.id, { type: "CheckDeadlines", ...when }, task);
  }

  #run(task: Task, name: string, attempt: number): void {
    const key = runKey(task.id, name);
    const step = findStep(task, name);
    const now = step?.undo ?? step;
    // Commits are reported one by one: the attempt may have ended, or another one may have begun.
    if (now?.state !== "running" || now.attempt !== attempt) return;
    const runnable = this.#host.typeOf(task)?.steps.get(name);
    const run = new StepRun(this.#host, this.#orders, task, name, attempt);
    const handler = run.isUndo ? runnable?.undo : runnable?.run;
    this.#runs.set(key, run);
    if (this.#stopping) this.#interrupt(run);
    else if (runnable === undefined || handler === undefined)
      void this.#settle(run, withoutHandler(run, this.#host));
    else void this.#attempt(run, runnable, handler);
  }

  async #attempt(run: StepRun, runnable: RunnableStep, handler: StepHandler): Promise<void> {
    const stopWatch = watch(run, runnable, this.#host.clock, (error) => {
      run.abort("timeout", error.message);
      void this.#fail(run, runnable, error);
    });
    try {
      fault("before-step");
      run.onUncaught = (error) => this.#uncaught(run, runnable, error);
      const { input: stored, account } = run.task;
      const input = copyOf(this.#host.secrets.open(stored, account));
      run.isAtWork = true;
      const returned = await run.inHandler(() => handler(input, run.context()));
      this.#handlerEnded(run);
      run.addOutputs(returned);
      stopWatch();
      // An attempt that was given up is not completed: its reports were dropped, and its failure may be being written.
      if (!run.isOver) await this.#complete(run, runnable);
    } catch (error) {
      stopWatch();
      this.#handlerEnded(run);
      await this.#fail(run, runnable, error);
    }
  }

  #handlerEnded(run: StepRun): void {
    run.isAtWork = false;
    this.#abandoned.ended(run);
  }

  /** An error of the handler's code was not caught anywhere: nothing that it still does can be trusted. */
  #uncaught(run: StepRun, runnable: RunnableStep, error: unknown): void {
    if (error instanceof Aborted) return; // it was told to stop, and did
    const { step, attempt, task } = run;
    const found = {
      taskId: task.id,
      step,
      attempt,
      error: this.#host.secrets.hideError(error, task),
    };
    this.#host.log.error(found, "a step threw an error that nobody caught");
    run.abort("timeout", "the step threw an error that nobody caught");
    void this.#fail(run, runnable, error);
  }

  async #complete(run: StepRun, runnable: RunnableStep): Promise<void> {
    const { step, attempt } = run;
    const report = await run.finish();
    const at = this.#host.clock.now();
    const command = { type: "CompleteStep", at, step, attempt, ...(report && { report }) } as const;
    await this.#settle(run, command, (error) => failedStep(run, runnable, error, this.#host));
  }

  async #fail(run: StepRun, runnable: RunnableStep, error: unknown): Promise<void> {
    if (this.#runs.get(runKey(run.task.id, run.step)) !== run || run.isOver) return;
    const why = error instanceof Aborted ? error.why : undefined;
    if (why === "shutdown") return this.#interrupt(run);
    if (why === "canceled") return this.#abandon(run);
    const report = await run.finish();
    await this.#settle(run, {
      ...failedStep(run, runnable, error, this.#host),
      ...(report && { report }),
    });
  }

  /** The handler has obeyed a cancel. How its subtasks ended is told before: the command of its end has no report. */
  async #abandon(run: StepRun): Promise<void> {
    await run.subtasksEnded();
    if (run.isOver) return; // the grace is over meanwhile
    const report = await run.finish();
    const { task, step, attempt } = run;
    const at = this.#host.clock.now();
    if (report) {
      await this.#orders.give(task.id, { type: "ReportStep", at, step, attempt, report });
    }
    await this.#settle(run, { type: "AbandonStep", at, step, attempt });
  }

  #interrupt(run: StepRun): void {
    run.abort("shutdown", "the service stops");
    const { step, attempt } = run;
    void this.#settle(run, { type: "InterruptStep", at: this.#host.clock.now(), step, attempt });
  }

  /**
   * Reports the end of an attempt, and repeats this while the store is unavailable, because only the record is missing.
   * What cannot be written at all, such as a resource change that throws, fails the attempt.
   */
  async #settle(
    run: StepRun,
    command: TaskCommand,
    unwritable?: (error: unknown) => TaskCommand,
  ): Promise<void> {
    const { log, secrets } = this.#host;
    run.close();
    this.#abandoned.add(run);
    this.#forget(run, false);
    const { task, step } = run;
    const about = (error: unknown) => {
      return { taskId: task.id, step, error: secrets.hideError(error, task) };
    };
    const give = async (said: TaskCommand) => {
      fault("before-report-of-step");
      const resources = said.type === "CompleteStep" ? run.changes : undefined;
      await this.#host.handle(task.id, said, resources);
      fault("after-report-of-step");
    };
    const late = (error: unknown) => log.debug(about(error), "an attempt's end was not recorded");
    const turn = this.#orders.turnOf(task);
    if (turn !== undefined) await turn; // thousands have ended at once
    await this.#orders
      .untilTaken(() => give(command), about)
      .catch((error: unknown) => {
        if (unwritable === undefined || whyRefused(error) !== "unwritable") return late(error);
        log.warn(about(error), "the end of a step cannot be recorded as it is; the attempt fails");
        return this.#orders.untilTaken(() => give(unwritable(error)), about).catch(late);
      });
    this.#checkIdle();
  }

  #forget(run: StepRun, checkIdle = true): void {
    const key = runKey(run.task.id, run.step);
    if (this.#runs.get(key) === run) this.#runs.delete(key);
    if (checkIdle) this.#checkIdle();
  }

  #checkIdle(): void {
    if (this.#runs.size === 0) this.#idle?.();
  }

  /** `timed`: the task whose moment has come. */
  #command(taskId: string, command: TaskCommand, timed?: Task): Promise<unknown> {
    const given = this.#orders.give(taskId, command);
    return timed ? given.then((task = timed) => this.#againIfEarly(task, command.at)) : given;
  }

  /** If the clock was set back while a timer's command waited, it was decided as too early: the timer is set again. */
  #againIfEarly(task: Task, at: number): void {
    if (this.#host.clock.now() >= at) return;
    this.#tooEarly(task);
    this.#dispatcher.run();
  }
}

/** For how long a task could have started, had there been a process: its age counts across restarts. */
function waitedMs({ createdAt, notBefore = 0, importedAt = 0 }: Task, now: number): number {
  return Math.max(0, now - Math.max(createdAt, notBefore, importedAt));
}

/** Task ids hold no blanks, so the pair is unambiguous. */
function runKey(taskId: string, step: string): string {
  return `${taskId} ${step}`;
}
