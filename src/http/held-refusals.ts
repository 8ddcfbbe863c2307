import type { Socket } from "node:net";

interface Held {
  readonly timer: NodeJS.Timeout;
  readonly answer: () => void;
}

/** Answers that are kept back for a while: refusals of whoever is refused too often. A stop lets them out. */
export class HeldRefusals {
  readonly #held = new Set<Held>();
  #isOpen = false;

  /** Calls `answer` after so many ms. Until then nothing more is read from the connection, so that nothing piles up. */
  hold(socket: Socket, ms: number, answer: () => void): void {
    if (this.#isOpen) {
      answer();
      return;
    }
    const isLast = socket.isPaused(); // nothing behind such a request is ever read
    socket.pause();
    const out = () => {
      this.#held.delete(held);
      if (socket.destroyed) return;
      answer();
      if (!isLast) socket.resume();
    };
    const held: Held = { timer: setTimeout(out, ms), answer: out };
    this.#held.add(held);
  }

  /** Lets all of them out at once, and keeps none back from now on. */
  release(): void {
    this.#isOpen = true;
    for (const { timer, answer } of this.#held) {
      clearTimeout(timer);
      answer();
    }
  }
}
