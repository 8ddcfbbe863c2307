import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { fc } from "../../test/support/properties.ts";
import {
  abandonStep,
  askApproval,
  cancelTask,
  checkDeadlines,
  completeStep,
  decideWithoutStack as decide,
  draft,
  explore,
  failStep,
  interruptStep,
  pauseTask,
  recoverTask,
  reportStep,
  resumeTask,
  retryStep,
  signalTask,
  startTask,
} from "../../test/support/task-spec.ts";
import { openApproval } from "./approvals.ts";
import type { TaskCommand } from "./commands.ts";
import { DomainError } from "./errors.ts";
import type { StepReport, TaskEvent } from "./events.ts";
import { evolve, fold } from "./evolve.ts";
import {
  FINAL_STATES,
  findStep,
  isFinal,
  MAX_NOTICES,
  PROGRESS_DONE,
  type Step,
  type Task,
  type TaskDraft,
} from "./task.ts";

/**
 * Promises that hold for every order of commands, checked on random lives: random steps, random commands, half of
 * them such as make sense at that moment. The judge reads the log alone and knows nothing of `decide` and `evolve`.
 */
const LIVES = 10_000;
/** Of every final state at least this share of all lives: else the dice would prove nothing. */
const LEAST_SHARE = 0.02;
const MAX_STEPS = 7;
const MAX_MOVES = 80;

const drafts: fc.Arbitrary<TaskDraft> = fc
  .record({
    /** For each step: which of the steps before it come first, its weight and attempts. */
    shape: fc.array(fc.tuple(fc.nat(127), fc.integer({ min: 1, max: 4 }), fc.nat(2)), {
      minLength: 1,
      maxLength: MAX_STEPS,
      size: "max",
    }),
    backwards: fc.boolean(),
    /** How many of the first steps a fork takes over; mostly none. */
    taken: fc.nat(11),
    notBefore: fc.option(fc.nat(20), { nil: undefined }),
    startBy: fc.option(fc.integer({ min: 10, max: 90 }), { nil: undefined }),
    finishBy: fc.option(fc.integer({ min: 30, max: 400 }), { nil: undefined }),
  })
  .map(({ shape, backwards, taken, notBefore, startBy, finishBy }) => {
    const steps = shape.map(([before, weight, retries], i) => ({
      ...((before + i) % 3 === 0 && { undoable: true as const }),
      name: `s${i}`,
      after: Array.from({ length: i }, (_, j) => `s${j}`).filter((_, j) => (before >> j) & 1),
      weight,
      maxAttempts: retries + 1,
      ...(i < taken - 8 && i < shape.length - 1 && { takenOver: { outputs: { [`s${i}`]: i } } }),
    }));
    return draft({
      steps: backwards ? steps.toReversed() : steps,
      ...(notBefore !== undefined && { notBefore }),
      ...(startBy !== undefined && { startBy }),
      ...(finishBy !== undefined && { finishBy }),
    });
  });

const moves = fc.array(fc.nat(0x7fff_ffff), { minLength: 5, maxLength: MAX_MOVES, size: "max" });

/** Without bias to small values: a small number would mean a small part of all commands. */
const lives = fc.noBias(fc.record({ asked: drafts, dice: moves, cut: fc.nat(MAX_MOVES) }));

// --- A life ------------------------------------------------------------------------------------------------------

interface Life {
  readonly log: readonly TaskEvent[];
  readonly task: Task;
}

type Decide = typeof decide;

function live(asked: TaskDraft, dice: readonly number[], rule: Decide): Life {
  let clock = 0;
  let task: Task | undefined;
  const log: TaskEvent[] = [];
  const obey = (command: TaskCommand) => {
    const before = task;
    const decision = rule(before, command);
    if (decision instanceof DomainError) return;
    checkSpeaker(before, command);
    if (decision.length === 0) return;
    task = fold(decision, before);
    log.push(...decision);
    clock = later(clock, task.updatedAt);
  };
  obey({ type: "SubmitTask", at: clock, task: asked });
  for (const die of dice) {
    const draw = drawer(die);
    clock += draw(8);
    // Now and then the clock jumps back, or far ahead.
    const jump = draw(32);
    const at = jump === 0 ? clock - 20 : jump === 1 ? clock + 150 : clock;
    obey(draw(2) === 0 ? sensible(task, at, draw) : senseless(task, at, draw, asked));
  }
  assert.ok(task);
  return { log, task };
}

/** Takes a number apart into smaller ones. */
type Draw = (below: number) => number;
function drawer(die: number): Draw {
  let left = die;
  return (below) => {
    const drawn = left % below;
    left = (left - drawn) / below;
    return drawn;
  };
}

function later(a: number, b: number): number {
  return a > b ? a : b;
}

/** A command that makes sense now, and mostly brings the task on. */
function sensible(task: Task | undefined, at: number, draw: Draw): TaskCommand {
  if (task === undefined) return recoverTask(at);
  if (task.state === "pending") {
    const roll = draw(10);
    if (roll === 0) return cancelTask(at);
    return roll === 1 ? checkDeadlines(at) : startTask(later(at, task.notBefore ?? 0));
  }
  if (task.state === "paused" && draw(3) === 0) return resumeTask(at);
  const roll = draw(60);
  if (roll === 0) return cancelTask(at, at + draw(30));
  if (roll === 1) return checkDeadlines(later(at, task.cancel?.deadline ?? 0));
  if (roll < 4) return pauseTask(at);
  return roll === 4 ? recoverTask(at) : nextOfStep(task, at, draw);
}

function isBusy(step: Step): boolean {
  const { state } = step.undo ?? step;
  return state === "running" || state === "retrying";
}

function nextOfStep(task: Task, at: number, draw: Draw): TaskCommand {
  const busy = task.steps.filter(isBusy);
  const step = busy[draw(busy.length || 1)];
  if (step === undefined) return recoverTask(at);
  const { name } = step;
  const { state, attempt, retryAt } = step.undo ?? step;
  if (state === "retrying") return retryStep(later(at, retryAt ?? 0), name);
  const roll = draw(24);
  if (roll === 0) return failStep(at, name, attempt, { terminal: true, code: "", message: "" });
  if (roll < 5) return failStep(at, name, attempt, { retryAt: at + draw(60) - 10 });
  if (roll === 5) return interruptStep(at, name, attempt);
  if (roll < 9) return reportStep(at, name, randomReport(draw), attempt);
  if (roll > 20) return approval(step, at, draw);
  if (roll < 12 && task.state === "canceling") return abandonStep(at, name, attempt);
  return completeStep(at, name, attempt, draw(2) === 0 ? randomReport(draw) : undefined);
}

function approval(step: Step, at: number, draw: Draw): TaskCommand {
  const { name, attempt } = step;
  const open = openApproval(step);
  if (!open) return askApproval(at, name, attempt, `q${draw(2)}`);
  return signalTask(at, name, draw(6) === 0 ? "reject" : "approve", open.number);
}

function senseless(task: Task | undefined, at: number, draw: Draw, asked: TaskDraft): TaskCommand {
  const kind = draw(15);
  const name = `s${draw(MAX_STEPS + 1)}`;
  const attempt = (task === undefined ? 0 : (findStep(task, name)?.attempt ?? 1)) + draw(3) - 1;
  const commands: readonly (() => TaskCommand)[] = [
    () => ({ type: "SubmitTask", at, task: asked }),
    () => startTask(at),
    () => pauseTask(at),
    () => resumeTask(at),
    // A cancel is final; it comes less often than the others.
    () => (draw(8) === 0 ? cancelTask(at) : checkDeadlines(at)),
    () => checkDeadlines(at),
    () => recoverTask(at),
    () => retryStep(at, name),
    () => reportStep(at, name, randomReport(draw), attempt),
    () => completeStep(at, name, attempt),
    () => failStep(at, name, attempt),
    () => abandonStep(at, name, attempt),
    () => askApproval(at, name, attempt),
    () => signalTask(at, name, "approve"),
    () => interruptStep(at, name, attempt),
  ];
  return (commands[kind] ?? (() => recoverTask(at)))();
}

const REPORTS: readonly StepReport[] = [
  {},
  { progress: 1 },
  { progress: 3_333.3 },
  { progress: 10_000 },
  { progress: Number.NaN },
  { progress: Number.POSITIVE_INFINITY },
  { progress: -5 },
  { message: "", attributes: { a: 1 } },
  { outputs: JSON.parse('{"__proto__": 1}'), items: [{ id: "__proto__", status: "initial" }] },
  { outputs: { x: null }, items: [{ id: "i", status: "failed", message: "no" }] },
];

function randomReport(draw: Draw): StepReport {
  return REPORTS[draw(REPORTS.length)] ?? {};
}

// --- The judge ---------------------------------------------------------------------------------------------------

/** whoever speaks for a step must be its attempt that runs now. */
function checkSpeaker(before: Task | undefined, command: TaskCommand): void {
  if (!("attempt" in command)) return;
  const step = before && findStep(before, command.step);
  assert.ok(before && !isFinal(before.state), `${command.type} was taken after the end`);
  const now = step?.undo ?? step;
  assert.equal(now?.state, "running", `${command.type} was taken for a step that does not run`);
  assert.equal(now?.attempt, command.attempt, `${command.type} was taken from another attempt`);
}

interface StepFacts {
  readonly after: readonly string[];
  readonly maxAttempts: number;
  state: "waiting" | "running" | "retrying" | "succeeded" | "failed" | "canceled";
  attempt: number;
  failures: number;
  /** Questions without an answer. */
  open: number;
  rejected: boolean;
  readonly undoable: boolean;
  undo: "none" | "ready" | "running" | "retrying" | "over";
  undoFailures: number;
  /** When the next attempt is due, counted without pauses. */
  due: number;
}

/** Reads a log from its beginning and complains about what must never be in it. */
class Judge {
  readonly #draft: TaskDraft;
  readonly #steps = new Map<string, StepFacts>();
  readonly #errors: unknown[] = [];
  /** Steps to undo, in the order of their success. */
  readonly #done: string[] = [];
  #verdict: Extract<TaskEvent, { type: "TaskEnding" }> | undefined;
  #state: "pending" | "running" | "paused" | "canceling" | "ended" = "pending";
  #at = 0;
  #pausedAt = 0;
  #stoodStill = 0;

  constructor(asked: TaskDraft) {
    this.#draft = asked;
    for (const { name, after, maxAttempts, takenOver, undoable = false } of asked.steps) {
      const state = takenOver ? "succeeded" : "waiting";
      const fresh = { state, attempt: 0, failures: 0, due: 0, open: 0, rejected: false } as const;
      const undo = { undoable, undo: "none", undoFailures: 0 } as const;
      this.#steps.set(name, { after, maxAttempts, ...fresh, ...undo });
    }
  }

  read(event: TaskEvent, first: boolean): void {
    assert.equal(event.type === "TaskSubmitted", first, "a log begins with its one TaskSubmitted");
    assert.ok(event.at >= this.#at, "time goes back");
    assert.notEqual(this.#state, "ended", `${event.type} comes after the end`);
    this.#at = event.at;
    if ("step" in event) this.#readStep(event, this.#step(event.step));
    else this.#readTask(event);
  }

  /** The present, counted without pauses. */
  get #now(): number {
    const still = this.#state === "paused" ? this.#at - this.#pausedAt : 0;
    return this.#at - this.#stoodStill - still;
  }

  #step(name: string): StepFacts {
    const step = this.#steps.get(name);
    assert.ok(step, `an event tells of step ${name}, which the task does not have`);
    return step;
  }

  #readTask(event: Exclude<TaskEvent, { step: string }>): void {
    const { notBefore = 0, startBy, finishBy } = this.#draft;
    if (this.#verdict) this.#checkVerdict(event, this.#verdict);
    switch (event.type) {
      case "TaskEnding":
        assert.ok(this.#done.length > 0, "an end is put off for nothing");
        this.#verdict = event;
        break;
      case "TaskStarted":
        assert.equal(this.#state, "pending");
        assert.ok(event.at >= notBefore, "started early");
        assert.ok(startBy === undefined || event.at < startBy, "started late");
        this.#state = "running";
        break;
      case "TaskPaused":
        assert.equal(this.#state, "running");
        this.#state = "paused";
        this.#pausedAt = event.at;
        break;
      case "TaskResumed":
        assert.equal(this.#state, "paused");
        this.#state = "running";
        this.#stoodStill += event.at - this.#pausedAt;
        break;
      case "CancelRequested":
        assert.notEqual(this.#state, "canceling");
        this.#state = "canceling";
        break;
      case "TaskCanceled":
        assert.equal(this.#state, "canceling");
        this.#end();
        break;
      case "TaskSucceeded":
        assert.equal(this.#state, "running");
        this.#done.length = 0;
        this.#end();
        for (const { state } of this.#steps.values()) assert.equal(state, "succeeded");
        break;
      case "TaskFailed":
        assert.equal(this.#state, "running");
        assert.ok(event.error.code.trim() && event.error.message.trim(), "an empty error");
        assert.ok(this.#errors.includes(event.error), "an error that no step had");
        this.#end();
        break;
      case "TaskExpired": {
        assert.ok(this.#state === "pending" || this.#state === "running");
        assert.ok(event.error.code.trim() && event.error.message.trim(), "an empty error");
        if (this.#verdict && this.#verdict.at < event.at) {
          this.#end();
          break;
        }
        const deadline = event.error.code === "StartDeadlineExceeded" ? startBy : finishBy;
        assert.ok(deadline !== undefined && this.#now >= deadline, "expired early");
        this.#end();
        break;
      }
      default:
    }
  }

  /** Once the verdict is decided, nothing comes but that end. */
  #checkVerdict(event: TaskEvent, { as, error }: { as: string; error?: unknown }): void {
    const ends: Record<string, string> = {
      TaskFailed: "failed",
      TaskCanceled: "canceled",
      TaskExpired: "expired",
    };
    assert.equal(ends[event.type], as, `${event.type} of a task that is to end ${as}`);
    assert.equal("error" in event ? event.error : undefined, error, "the verdict changed");
  }

  #end(): void {
    for (const { state, attempt } of this.#steps.values()) {
      const over = state !== "running" && state !== "retrying";
      assert.ok(over && (state !== "waiting" || attempt === 0), "a step was left half done");
    }
    assert.deepEqual(this.#done, [], "something was not undone");
    this.#state = "ended";
  }

  #readStep(event: Extract<TaskEvent, { step: string }>, step: StepFacts): void {
    if (event.type === "StepStarted") {
      this.#start(event, step);
      return;
    }
    if (step.undo !== "none") {
      if (event.type !== "StepReported") this.#readUndo(event, step);
      return;
    }
    if (event.type === "ApprovalDecided") {
      assert.ok(step.open-- > 0, "an answer without a question");
      step.rejected = event.decision === "reject";
      return;
    }
    checkMayFollow(event, step);
    switch (event.type) {
      case "StepSucceeded":
        step.state = "succeeded";
        if (!step.undoable) break;
        step.undo = "ready";
        this.#done.push(event.step);
        break;
      case "StepCanceled":
        step.state = "canceled";
        break;
      case "ApprovalAsked":
        step.open++;
        break;
      case "StepInterrupted":
        step.state = "waiting";
        break;
      case "StepFailed":
        step.failures++;
        step.state = event.retryAt === undefined ? "failed" : "retrying";
        step.due = this.#now + ((event.retryAt ?? 0) - event.at);
        this.#errors.push(event.error);
        break;
      default:
    }
  }

  #readUndo(event: Extract<TaskEvent, { step: string }>, step: StepFacts): void {
    assert.ok(this.#verdict, "something is undone before the verdict");
    assert.equal(this.#done.at(-1), event.step, "undone out of order");
    if (event.type === "UndoStarted") {
      assert.ok(step.undo === "ready" || step.undo === "retrying", "undone twice");
      assert.ok(step.undo === "ready" || event.at >= step.due, "an undo is tried again early");
      assert.ok(event.attempt > step.attempt, "attempts go back");
      step.attempt = event.attempt;
      step.undo = "running";
      return;
    }
    assert.equal(step.undo, "running", `${event.type} of an undo that does not run`);
    step.undo = event.type === "UndoInterrupted" ? "ready" : "over";
    if (event.type === "UndoFailed") {
      assert.ok(++step.undoFailures <= step.maxAttempts, "an undo gets more attempts than it may");
      if (event.retryAt !== undefined) step.undo = "retrying";
      step.due = event.retryAt ?? 0;
    }
    if (step.undo === "over") this.#done.pop();
  }

  #start(event: Extract<TaskEvent, { type: "StepStarted" }>, step: StepFacts): void {
    const { finishBy } = this.#draft;
    assert.equal(this.#state, "running", `a step starts while the task is ${this.#state}`);
    assert.ok(finishBy === undefined || this.#now < finishBy, "a step starts after the deadline");
    assert.ok(step.state === "waiting" || step.state === "retrying", `a ${step.state} step starts`);
    assert.ok(step.state === "waiting" || this.#now >= step.due, "a retry comes early");
    assert.ok(step.failures < step.maxAttempts, "a step gets more attempts than it may");
    assert.ok(event.attempt > step.attempt, "attempts go back");
    for (const name of step.after) {
      assert.equal(
        this.#step(name).state,
        "succeeded",
        "a step starts before its predecessor ended",
      );
    }
    step.state = "running";
    step.attempt = event.attempt;
  }
}

function judge(asked: TaskDraft, { log, task }: Life, cut: number): void {
  const reader = new Judge(asked);
  let state: Task | undefined;
  let progress = 0;
  for (const [i, event] of log.entries()) {
    reader.read(event, i === 0);
    state = evolve(state, event);
    assert.equal(state.version, i + 1);
    assert.equal(state.updatedAt, event.at);
    assert.ok(Number.isInteger(state.progress), "progress is no whole number");
    assert.ok(state.progress >= progress && state.progress <= PROGRESS_DONE, "progress falls");
    assert.equal(state.progress === PROGRESS_DONE, state.state === "succeeded");
    progress = state.progress;
  }
  checkTask(task);
  // What was stored in the middle, and read back, goes on to the very same state.
  const head = stored(fold(stored(log.slice(0, cut))));
  assert.deepEqual(stored(fold(stored(log.slice(cut)), head)), stored(task));
}

/** What holds for a task at any moment between two decisions. */
function checkTask(task: Task): void {
  const some = (state: string) => task.steps.some((step) => step.state === state);
  if (task.ending) {
    const undoing = task.steps.filter(
      ({ undo }) => undo && undo.state !== "done" && undo.state !== "failed",
    );
    assert.ok(undoing.length > 0, "an end waits for nothing");
    assert.ok(!some("running") && !some("retrying"), "a step runs beside an undo");
    return;
  }
  const interrupted = task.steps.some((step) => step.state === "waiting" && step.attempt > 0);
  const moves = some("running") || some("retrying") || interrupted;
  if (task.state === "running") assert.ok(moves && !some("failed"), "a task is stuck");
  if (task.state === "canceling") assert.ok(some("running"), "a canceled task waits for nothing");
  if (isFinal(task.state)) {
    assert.ok(!moves, "a step was left half done");
    assert.equal(task.endedAt, task.updatedAt);
  }
  assert.equal(task.error !== undefined, task.state === "failed" || task.state === "expired");
  assert.equal(task.paused !== undefined, task.state === "paused");
  assert.ok(task.notices.length <= MAX_NOTICES);
  for (const step of task.steps) {
    const rejected = step.approvals?.some(({ verdict }) => verdict?.decision === "reject");
    assert.ok(!rejected || step.state === "failed", "a rejected step did not fail");
    assert.equal(step.retryAt !== undefined, step.state === "retrying");
    assert.ok(step.failures <= step.maxAttempts);
  }
}

function stored<T>(value: T): T {
  return JSON.parse(JSON.stringify(value));
}

function property(rule: Decide, onEnd: (task: Task) => void = () => {}) {
  return fc.property(lives, ({ asked, dice, cut }) => {
    const life = live(asked, dice, rule);
    try {
      judge(asked, life, 1 + (cut % life.log.length));
    } catch (error) {
      const told = life.log.map((event) => JSON.stringify(event)).join("\n");
      throw new Error(`${error}\nin this life:\n${told}`, { cause: error });
    }
    onEnd(life.task);
  });
}

// --- The promises ------------------------------------------------------------------------------------------------

test(`${LIVES} random lives keep every promise`, () => {
  const ends = new Map<string, number>();
  fc.assert(
    property(decide, ({ state }) => ends.set(state, (ends.get(state) ?? 0) + 1)),
    { numRuns: LIVES },
  );
  for (const state of FINAL_STATES) {
    const share = (ends.get(state) ?? 0) / LIVES;
    assert.ok(share >= LEAST_SHARE, `only ${share} of the lives ended ${state}`);
  }
});

test("every task can be brought to its end", () => {
  const finish = fc.property(lives, ({ asked, dice }) => {
    let { task } = live(asked, dice, decide);
    const obey = (command: TaskCommand) => {
      const decision = decide(task, command);
      assert.ok(!(decision instanceof DomainError), `${command.type} was refused`);
      if (decision.length > 0) task = fold(decision, task);
    };
    if (task.state === "pending") obey(startTask(later(task.updatedAt, task.notBefore ?? 0)));
    if (task.state === "paused") obey(resumeTask(task.updatedAt));
    obey(recoverTask(task.updatedAt));
    for (let left = MAX_STEPS * 4; left > 0 && !isFinal(task.state); left--) {
      const busy = task.steps.find(isBusy);
      assert.ok(busy, `${task.state}, and nothing moves`);
      const next = busy.undo ?? busy;
      if (next.state === "running") obey(completeStep(task.updatedAt, busy.name, next.attempt));
      else obey(retryStep(next.retryAt ?? 0, busy.name));
    }
    assert.ok(isFinal(task.state), `still ${task.state}`);
  });
  fc.assert(finish, { numRuns: LIVES / 10 });
});

test("every situation of a small task keeps the promises of a moment", () => {
  for (const { before, command, decision, after } of explore()) {
    if (after && after !== before) checkTask(after);
    if (!(decision instanceof DomainError)) checkSpeaker(before, command);
  }
});

describe("the judge notices", () => {
  const broken: Readonly<Record<string, Decide>> = {
    "a late attempt that is heard": (task, command) => {
      if (!task || !("attempt" in command)) return decide(task, command);
      return decide(task, { ...command, attempt: findStep(task, command.step)?.attempt ?? 0 });
    },
    "a retry that comes early": (task, command) => {
      const decision = decide(task, command);
      if (command.type !== "RetryStep" || !(decision instanceof DomainError) || !task) {
        return decision;
      }
      const later = decide(task, { ...command, at: Number.MAX_SAFE_INTEGER });
      return later instanceof DomainError
        ? later
        : later.map((event) => ({ ...event, at: task.updatedAt }));
    },
    "a step that starts during a pause": (task, command) =>
      task?.state === "paused"
        ? decide({ ...task, state: "running" }, command)
        : decide(task, command),
    "a canceled task that goes on": (task, command) =>
      task?.state === "canceling"
        ? decide({ ...task, state: "running" }, command)
        : decide(task, command),
    "an ended task that changes": (task, command) =>
      task && isFinal(task.state)
        ? decide({ ...task, state: "paused" }, command)
        : decide(task, command),
    "a clock that goes back": (task, command) => decide(task && { ...task, updatedAt: 0 }, command),
    "a step that starts out of order": (task, command) =>
      decide(
        task && { ...task, steps: task.steps.map((step) => ({ ...step, after: [] })) },
        command,
      ),
    "an attempt too many": (task, command) =>
      decide(
        task && { ...task, steps: task.steps.map((step) => ({ ...step, maxAttempts: 9 })) },
        command,
      ),
    "a deadline that is forgotten": (task, command) => {
      const { finishBy: _, ...timeless } = task ?? {};
      return decide(task && (timeless as Task), command);
    },
    "a success that is not undone": (task, command) =>
      decide(task && { ...task, steps: task.steps.map(({ undo: _, ...step }) => step) }, command),
    "what is undone in the wrong order": (task, command) =>
      decide(
        task && {
          ...task,
          steps: task.steps.map((step) =>
            step.undo ? { ...step, undo: { ...step.undo, order: -step.undo.order } } : step,
          ),
        },
        command,
      ),
    "a step that is left half done": (task, command) => {
      const decision = decide(task, command);
      return decision instanceof DomainError || command.type !== "CancelTask"
        ? decision
        : decision.filter((event) => event.type !== "StepCanceled");
    },
  };
  for (const [what, rule] of Object.entries(broken)) {
    test(what, () => {
      const { failed } = fc.check(property(rule), { numRuns: LIVES, endOnFailure: true });
      assert.ok(failed, "no life showed it");
    });
  }
});

/** Which events a step that is not being undone may meet. */
function checkMayFollow(event: Extract<TaskEvent, { step: string }>, step: StepFacts): void {
  if (event.type === "StepCanceled") {
    const begun = step.state === "running" || step.state === "retrying" || step.attempt > 0;
    assert.ok(begun && step.state !== "succeeded" && step.state !== "failed");
  } else if (event.type === "StepFailed" && step.rejected) {
    assert.equal(event.retryAt, undefined, "a rejected step is tried again");
  } else assert.equal(step.state, "running", `${event.type} of a step that does not run`);
}
