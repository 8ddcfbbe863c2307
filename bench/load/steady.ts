// Calls a server over and over, and watches meanwhile how fast its core is.
import { join } from "node:path";
import type { Quarter } from "../report/same-speed.ts";
import { askChild, startOnLoadCore, startOnServerCore } from "./children.ts";
import type { Worked } from "./core-speed.ts";
import type { Called, CallOrder } from "./steady-caller.ts";

export interface Stretch {
  readonly quarters: readonly Quarter[];
  readonly p50Us: number;
  readonly p99Us: number;
}

export class Steady {
  readonly #caller = startOnLoadCore(join(import.meta.dirname, "steady-caller.ts"));
  readonly #watcher = startOnServerCore(join(import.meta.dirname, "core-speed.ts"));

  /** Calls for so many seconds, after a moment that does not count. */
  async call(order: CallOrder): Promise<Stretch> {
    await askChild<readonly Worked[]>(this.#watcher, "begin");
    const { from, perSecond, pieceMs, p50Us, p99Us } = await askChild<Called>(this.#caller, order);
    const worked = await askChild<readonly Worked[]>(this.#watcher, "end");
    const quarters = perSecond.map((value, i) => {
      const began = from + i * pieceMs;
      const within = worked.filter(({ at }) => at >= began && at < began + pieceMs);
      return { perSecond: value, workUs: within.map(({ us }) => us) };
    });
    return { quarters, p50Us, p99Us };
  }

  stop(): void {
    this.#caller.disconnect();
    this.#watcher.disconnect();
  }
}
