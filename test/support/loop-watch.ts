// Notices when an event loop stood still while it served requests: nobody gets an answer meanwhile.

/** The longest time that one turn of the event loop may take, in ms of work. */
export const STILL_MS = 200;

const BEAT_MS = 20;

/**
 * Measures each turn of this thread's event loop, in ms of its own work: what the thread waited for a core does not count,
 * because tests share a machine.
 */
export class LoopWatch {
  /** Hears of each turn that took too long. */
  readonly #stoodStill: (ms: number) => void;
  readonly #timer = setInterval(() => this.look(), BEAT_MS).unref();
  #spent = spentMs();

  constructor(stoodStill: (ms: number) => void) {
    this.#stoodStill = stoodStill;
  }

  /** What was done until now does not count. */
  skip(): void {
    this.#spent = spentMs();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** Measures until now. */
  look(): void {
    const spent = spentMs();
    const ms = spent - this.#spent;
    this.#spent = spent;
    if (ms > STILL_MS) this.#stoodStill(ms);
  }
}

function spentMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1_000;
}

/** Servers of this process that are open. */
const open = new Set<number[]>();
let watch: LoopWatch | undefined;
let allowed = 0;

/** Watches from now on; `close` throws if the loop stood still meanwhile without a reason given. */
export function watchLoop(): { close(): void } {
  const stalls: number[] = [];
  // What was until now is the others'.
  watch?.look();
  open.add(stalls);
  watch ??= new LoopWatch((ms) => {
    if (allowed > 0) return;
    for (const one of open) one.push(ms);
  });
  return {
    close: () => {
      watch?.look();
      open.delete(stalls);
      if (open.size === 0) {
        watch?.stop();
        watch = undefined;
      }
      if (stalls.length > 0) throw new Error(tooLong(stalls));
    },
  };
}

/** Does what makes this process stand still, for a reason that is no fault of the server. */
export async function standingStill<T>(_why: string, work: () => T | Promise<T>): Promise<T> {
  allowed++;
  try {
    return await work();
  } finally {
    watch?.skip();
    allowed--;
  }
}

/** The message about a server whose loop stood still for so many ms, each time. */
export function tooLong(stalls: readonly number[]): string {
  const times = stalls.map((ms) => `${Math.round(ms)} ms`).join(", ");
  return `the event loop stood still for ${times}, and nobody was answered; let the work yield (src/pace.ts), or say in the test why it has to`;
}
