// Notices that the wall clock was set.
import type { Clock } from "../../clock.ts";
import type { ClockJumps } from "../../http/pages/health.ts";
import type { Log } from "../../log.ts";
import { type Family, gauge, total } from "../../metrics/registry.ts";

const LOOK_MS = 1_000;
/** Far more than the two times drift apart in a second by themselves, also while NTP corrects the wall clock slowly. */
const JUMP_MS = 500;

/**
 * Tells in the log when the wall clock was set, or the machine slept, which looks the same. Waits that are measured are
 * as long as before; moments that somebody gave follow the clock.
 */
export class ClockWatch {
  readonly #clock: Clock;
  readonly #log: Pick<Log, "warn">;
  #offset: number;
  #callOff = () => {};
  #jumps: ClockJumps | undefined;

  constructor(clock: Clock, log: Pick<Log, "warn">) {
    this.#clock = clock;
    this.#log = log;
    this.#offset = clock.now() - clock.monotonic();
  }

  start(): this {
    this.#callOff = this.#clock.after(LOOK_MS, () => this.#look());
    return this;
  }

  /** Undefined: the clock was not set. */
  get jumps(): ClockJumps | undefined {
    return this.#jumps;
  }

  get families(): readonly Family[] {
    return [
      total(
        "taskscribe_clock_jumps_total",
        "Times that the wall clock was set while the process ran.",
        () => this.#jumps?.count ?? 0,
      ),
      gauge(
        "taskscribe_clock_last_jump_seconds",
        "By how much the wall clock was set the last time; below 0 is back.",
        () => (this.#jumps?.lastMs ?? 0) / 1_000,
      ),
    ];
  }

  stop(): void {
    this.#callOff();
  }

  #look(): void {
    const before = this.#clock.monotonic();
    const now = this.#clock.now();
    const betweenMs = this.#clock.monotonic() - before;
    const jumpMs = Math.round(now - before - this.#offset);
    // A process that stands still between the two readings proves nothing.
    if (betweenMs < JUMP_MS / 2) {
      this.#offset = now - before;
      if (Math.abs(jumpMs) >= JUMP_MS) this.#tell(jumpMs, now);
    }
    this.start();
  }

  #tell(lastMs: number, lastAt: number): void {
    this.#jumps = { count: (this.#jumps?.count ?? 0) + 1, lastMs, lastAt };
    const which = lastMs < 0 ? "back" : "forward, or the machine slept";
    const rule = "moments that somebody gave follow it, all other waits are as long as before";
    this.#log.warn({ jumpMs: lastMs }, `the clock was set ${which}: ${rule}`);
  }
}
