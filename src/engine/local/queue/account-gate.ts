import { Branch, type First } from "./branch.ts";
import { KeyGate } from "./key-gate.ts";
import { Places } from "./places.ts";
import type { QueueParts, TypeGate } from "./type-gate.ts";
import type { Order, TaskKind } from "./waiting.ts";
import { WaitingLine } from "./waiting-line.ts";

const KINDS = ["task", "subtask"] as const satisfies readonly TaskKind[];

/** An account: what it runs, what waits, and when it had its last turn. */
export class AccountGate {
  readonly places: Places;
  /** Its tasks and its subtasks take turns of their own, so that neither keeps the other waiting. Higher is later. */
  readonly turns: Record<TaskKind, number> = { task: 0, subtask: 0 };
  readonly #parts: QueueParts;
  readonly #keys = new Map<string, KeyGate>();
  readonly #shares = new Map<TypeGate, Share>();

  /** @param limit how many of its tasks may run at once. */
  constructor(parts: QueueParts, limit: number | undefined) {
    this.#parts = parts;
    this.places = new Places(limit);
  }

  keyOf(key: string): KeyGate {
    let found = this.#keys.get(key);
    if (found === undefined) {
      found = new KeyGate(this.#parts, () => this.#keys.delete(key));
      this.#keys.set(key, found);
    }
    return found;
  }

  /** As it is, without making anything. */
  findKey(key: string | undefined): KeyGate | undefined {
    return key === undefined ? undefined : this.#keys.get(key);
  }

  shareOf(gate: TypeGate): Share {
    let found = this.#shares.get(gate);
    if (found === undefined) {
      found = new Share(this.#parts, this, gate);
      this.#shares.set(gate, found);
    }
    return found;
  }

  findShare(gate: TypeGate): Share | undefined {
    return this.#shares.get(gate);
  }

  forget(share: Share): void {
    if (share.isUnused) this.#shares.delete(share.gate);
  }

  /** What the account runs has changed. */
  look(): void {
    for (const share of this.#shares.values()) share.look();
  }

  /** The account had its turn. */
  tookTurn(kind: TaskKind, turn: number): void {
    this.turns[kind] = turn;
    for (const share of this.#shares.values()) share.branches[kind].update();
  }
}

/** What one account has of a task type. */
export class Share {
  readonly gate: TypeGate;
  readonly places: Places;
  readonly branches: Readonly<Record<TaskKind, ShareBranch>>;
  readonly #parts: QueueParts;
  readonly #account: AccountGate;
  readonly #lines: Readonly<Record<TaskKind, Map<string | undefined, WaitingLine>>> = {
    task: new Map(),
    subtask: new Map(),
  };

  constructor(parts: QueueParts, account: AccountGate, gate: TypeGate) {
    this.gate = gate;
    this.places = new Places(gate.type?.maxRunningPerAccount);
    const branch = (kind: TaskKind) =>
      new ShareBranch(parts.order, gate.branches[kind], () => account.turns[kind]);
    this.branches = { task: branch("task"), subtask: branch("subtask") };
    this.#parts = parts;
    this.#account = account;
    this.look();
  }

  lineOf(kind: TaskKind, key: string | undefined): WaitingLine {
    const lines = this.#lines[kind];
    let found = lines.get(key);
    if (found === undefined) {
      const gate = key === undefined ? undefined : this.#account.keyOf(key);
      found = new WaitingLine(this.#parts, this.branches[kind], this.gate, gate);
      lines.set(key, found);
    }
    return found;
  }

  forgetLine(kind: TaskKind, key: string | undefined): void {
    this.#lines[kind].delete(key);
    this.#account.forget(this);
  }

  get isUnused(): boolean {
    return this.places.taken === 0 && KINDS.every((kind) => this.#lines[kind].size === 0);
  }

  look(): void {
    this.branches.task.isOpen = !this.places.isFull && !this.#account.places.isFull;
    this.branches.subtask.isOpen = this.places.hasRoomForSubtask;
  }
}

class ShareBranch extends Branch {
  readonly #turn: () => number;

  constructor(order: Order, above: Branch, turn: () => number) {
    super(order, above);
    this.#turn = turn;
  }

  protected override foremost(): First | undefined {
    const first = super.foremost();
    return first && { turn: this.#turn(), waiting: first.waiting };
  }
}
