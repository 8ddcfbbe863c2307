import type { Socket } from "node:net";
import { type Spans, systemClock } from "../clock.ts";

/**
 * Answers go out together so often, in ms: among requests of others, the work of twenty at one moment takes a third of
 * what that of each by itself does (measured).
 */
const STEP_MS = 100;
/** So many in one turn of the event loop; then others are served. */
const AT_ONCE = 16;

/** What goes out at one moment. */
interface Step {
  readonly answers: (() => void)[];
  readonly callOff: () => void;
}

/** Answers that are kept back for a while: refusals of whoever is refused too often. A stop lets them out. */
export class HeldRefusals {
  readonly #spans: Spans;
  /** By the number of the step, counted since the process began. */
  readonly #steps = new Map<number, Step>();
  #isOpen = false;

  constructor(spans: Spans = systemClock) {
    this.#spans = spans;
  }

  /** Calls `answer` after about so many ms. Until then nothing more is read from the connection, so that nothing piles up. */
  hold(socket: Socket, ms: number, answer: () => void): void {
    if (this.#isOpen) {
      answer();
      return;
    }
    const isLast = socket.isPaused(); // nothing behind such a request is ever read
    socket.pause();
    this.#stepIn(ms).answers.push(() => {
      if (socket.destroyed) return;
      answer();
      if (!isLast) socket.resume();
    });
  }

  /** Lets all of them out at once, and keeps none back from now on. */
  release(): void {
    this.#isOpen = true;
    for (const [number, { callOff }] of this.#steps) {
      callOff();
      this.#letOut(number, Number.POSITIVE_INFINITY);
    }
  }

  /** The last step that is not later than so many ms; the next one at least. */
  #stepIn(ms: number): Step {
    const now = this.#spans.monotonic();
    const next = Math.floor(now / STEP_MS) + 1;
    const number = Math.max(next, Math.floor((now + ms) / STEP_MS));
    const known = this.#steps.get(number);
    if (known) return known;
    const callOff = this.#spans.after(number * STEP_MS - now, () => this.#letOut(number, AT_ONCE));
    const made = { answers: [], callOff };
    this.#steps.set(number, made);
    return made;
  }

  #letOut(number: number, most: number): void {
    const step = this.#steps.get(number);
    if (step === undefined) return;
    for (const answer of step.answers.splice(0, most)) answer();
    if (step.answers.length === 0) this.#steps.delete(number);
    else setImmediate(() => this.#letOut(number, most));
  }
}
