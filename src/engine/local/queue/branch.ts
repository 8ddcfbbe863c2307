import { OrderTree } from "./order-tree.ts";
import type { Order, Waiting } from "./waiting.ts";

/** The task of a branch that would start next, and when its account had its last turn: lower comes first. */
export interface First {
  readonly turn: number;
  readonly waiting: Waiting;
}

export function comesFirst(order: Order, one: First, other: First): number {
  return one.turn - other.turn || order(one.waiting, other.waiting);
}

/**
 * Waiting tasks that one gate holds up together. It knows which of them comes first, over all open branches under it; while its own
 * gate is closed, it is hidden from the branch above. So the first task that no gate holds up is always at the top.
 */
export class Branch {
  readonly #above: Branch | undefined;
  readonly #open: OrderTree<Branch>;
  #isOpen = true;
  /** As the branch above has it. */
  #first: First | undefined;

  constructor(order: Order, above?: Branch) {
    this.#above = above;
    this.#open = new OrderTree((one, other) => {
      const [first, second] = [one.#first, other.#first];
      return first && second ? comesFirst(order, first, second) : 0;
    });
  }

  /** Undefined: its gate is closed, or none of its tasks may start. */
  get first(): First | undefined {
    return this.#first;
  }

  set isOpen(isOpen: boolean) {
    if (isOpen === this.#isOpen) return;
    this.#isOpen = isOpen;
    this.update();
  }

  /** To be called when its first task may have changed. */
  update(): void {
    const first = this.#isOpen ? this.foremost() : undefined;
    if (isSame(first, this.#first)) return;
    const above = this.#above;
    if (above !== undefined && this.#first !== undefined) above.#open.delete(this);
    this.#first = first;
    if (above === undefined) return;
    if (first !== undefined) above.#open.add(this);
    above.update();
  }

  /** The first of its tasks, whether its own gate is open or not. */
  protected foremost(): First | undefined {
    return this.#open.first?.first;
  }
}

function isSame(one: First | undefined, other: First | undefined): boolean {
  return one?.waiting === other?.waiting && one?.turn === other?.turn;
}
