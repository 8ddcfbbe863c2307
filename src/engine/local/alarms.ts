import type { Spans } from "../../clock.ts";
import { OrderTree } from "./queue/order-tree.ts";

/** Alarms that go off in one turn of the event loop: 10,000 that are due at once take some 150 turns. */
const AT_ONCE = 64;

interface Alarm {
  readonly at: number;
  readonly sequence: number;
  readonly callback: () => void;
}

/**
 * Spans of which a hundred thousand can be measured: all share one timer, so that many that are over at once leave turns of the event
 * loop to others. To begin one and to call it off takes O(log n). The clock does the same for moments.
 */
export class Alarms implements Spans {
  readonly #spans: Spans;
  readonly #alarms = new OrderTree<Alarm>(
    (one, other) => one.at - other.at || one.sequence - other.sequence,
  );
  #count = 0;
  /** What the timer is set for. */
  #setFor: number | undefined;
  #callOff = () => {};

  constructor(spans: Spans) {
    this.#spans = spans;
  }

  monotonic(): number {
    return this.#spans.monotonic();
  }

  after(ms: number, callback: () => void): () => void {
    this.#count += 1;
    const alarm = { at: this.monotonic() + ms, sequence: this.#count, callback };
    this.#alarms.add(alarm);
    this.#setTimer();
    return () => {
      this.#alarms.delete(alarm);
      this.#setTimer();
    };
  }

  #setTimer(): void {
    const at = this.#alarms.first?.at;
    if (at === this.#setFor) return;
    this.#callOff();
    this.#callOff = () => {};
    this.#setFor = at;
    if (at === undefined) return;
    const left = Math.max(0, at - this.monotonic());
    this.#callOff = this.#spans.after(left, () => this.#goOff());
  }

  /** Those that are due beyond this turn go off in the next: the timer is set for a moment that has passed. */
  #goOff(): void {
    this.#setFor = undefined;
    try {
      for (let left = AT_ONCE; left > 0; left--) {
        const first = this.#alarms.first;
        if (first === undefined || first.at > this.monotonic()) return;
        this.#alarms.delete(first);
        first.callback();
      }
    } finally {
      this.#setTimer();
    }
  }
}
