import type { Duplex } from "node:stream";

/** So many requests of one connection are answered one after another before others get their turn. */
const IN_A_ROW = 64;

/**
 * Lets a connection rest for a turn of the event loop that sends request after request without waiting for the answers: Node
 * reads up to 2 MB of them at once, which can be tens of thousands.
 */
export class Pipelined {
  #last: Duplex | undefined;
  #row = 0;

  begun(socket: Duplex): void {
    if (socket !== this.#last) {
      this.#last = socket;
      this.#row = 0;
    } else if (++this.#row >= IN_A_ROW) {
      this.#row = 0;
      rest(socket);
    }
  }
}

/** Node itself pauses a connection whose answers are not taken, and resumes it. That stays as it is. */
function rest(socket: Duplex & { readonly _paused?: boolean }): void {
  if (socket._paused) return;
  socket.pause();
  setImmediate(() => {
    if (!socket.destroyed && !socket._paused) socket.resume();
  });
}
