import type { Task } from "../../../core/task.ts";
import type { AccountGate, Share } from "./account-gate.ts";
import type { KeyGate } from "./key-gate.ts";
import type { TypeGate } from "./type-gate.ts";
import { kindOf, type TaskKind } from "./waiting.ts";

/** The gates of a task. */
export interface Gates {
  readonly type: TypeGate;
  readonly account: AccountGate;
  /** Only if the type limits what one account may run. */
  readonly share: Share | undefined;
  readonly key: KeyGate | undefined;
}

/** A task that runs, and has a place within the limits of its gates. */
export class Runner {
  readonly #taskId: string;
  readonly kind: TaskKind;
  readonly gates: Gates;
  readonly #parent: Runner | undefined;
  /** Its open subtasks, and how many of them work. */
  #subtasks = 0;
  #working = 0;
  #isGone = false;

  constructor(task: Task, gates: Gates, parent: Runner | undefined) {
    this.#taskId = task.id;
    this.kind = kindOf(task);
    this.gates = gates;
    this.#parent = parent;
  }

  /**
   * Takes its places, for a task that began at `at` (monotonic). `isKnown`: its parent has been told of it, as of one that waits.
   */
  enter(at: number, now: number, isKnown: boolean): void {
    const { type, key } = this.gates;
    this.#count("taken", 1);
    this.#count("working", 1);
    type.rate?.take(at);
    key?.hold(this.#taskId, type, at);
    this.#look(now);
    key?.admit(now);
    this.#parent?.subtask(isKnown ? 0 : 1, 1, now);
  }

  leave(now: number): void {
    const { type, account, share, key } = this.gates;
    const working = this.#isIdle ? 0 : -1;
    this.#isGone = true;
    this.#count("taken", -1);
    this.#count("working", working);
    key?.release(this.#taskId, type, now);
    this.#look(now);
    if (share !== undefined) account.forget(share);
    this.#parent?.subtask(-1, working, now);
  }

  /** Changes the number of its open subtasks, and of those that work. */
  subtask(open: number, working: number, now: number): void {
    let [changeOpen, changeWorking] = [open, working];
    for (let runner: Runner | undefined = this; runner !== undefined; runner = runner.#parent) {
      if (runner.#isGone) return;
      const wasIdle = runner.#isIdle;
      runner.#subtasks += changeOpen;
      runner.#working += changeWorking;
      const isIdle = runner.#isIdle;
      if (isIdle === wasIdle) return;
      // The task above counts those of its subtasks that work, and this one is no longer what it was.
      [changeOpen, changeWorking] = [0, isIdle ? -1 : 1];
      runner.#count("working", changeWorking);
      runner.#look(now);
    }
  }

  /** Whether it waits for subtasks none of which works: it does not use its places. */
  get #isIdle(): boolean {
    return this.#subtasks > 0 && this.#working === 0;
  }

  #count(what: "taken" | "working", change: number): void {
    const { type, account, share } = this.gates;
    type.places[what] += change;
    if (share !== undefined) share.places[what] += change;
    if (this.kind === "task") account.places[what] += change;
  }

  #look(now: number): void {
    const { type, account, share } = this.gates;
    type.look(now);
    share?.look();
    if (account.places.limit !== undefined) account.look();
  }
}
