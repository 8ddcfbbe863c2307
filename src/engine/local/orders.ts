import type { TaskCommand } from "../../core/commands.ts";
import { isDamage } from "../../core/errors.ts";
import type { Task } from "../../core/task.ts";
import type { ExecutorHost } from "../executor.ts";
import { whyRefused } from "./failure-of.ts";
import { Turnstile } from "./turnstile.ts";

/** The pauses between tries while the store is unavailable, in ms. */
const STORE_RETRY_MS = { first: 100, longest: 5_000 };

/** Gives the engine commands until the store takes them. The engine decides each at the moment of the try. */
export class Orders {
  readonly #host: ExecutorHost;
  readonly #turnstile = new Turnstile();
  #isStopped = false;

  constructor(host: ExecutorHost) {
    this.#host = host;
  }

  /** From now on nothing is tried again. */
  stop(): void {
    this.#isStopped = true;
  }

  /** Resolves with the task; undefined: it refused the command, which came too late. */
  async give(taskId: string, command: TaskCommand): Promise<Task | undefined> {
    const about = (error: unknown) => ({ taskId, command: command.type, error });
    try {
      return await this.untilTaken(() => this.#host.handle(taskId, command), about);
    } catch (error) {
      if (isDamage(error)) this.#host.log.error(about(error), "a damaged task takes no command");
      else this.#host.log.debug(about(error), "a command came too late");
      return undefined;
    }
  }

  /** Undefined: work for the task may begin at once. Else so much comes at once that it has to wait for its turn. */
  turnOf({ account, id }: Task): Promise<void> | undefined {
    return this.#turnstile.pass(account, id);
  }

  async cancelSubtask(parent: Task, taskId: string, reason: string): Promise<void> {
    const turn = this.turnOf(parent);
    if (turn !== undefined) await turn;
    const at = this.#host.clock.now();
    const deadline = at + (this.#host.typeOf(parent)?.cancelGraceMs ?? 0);
    await this.give(taskId, { type: "CancelTask", at, by: parent.id, reason, deadline });
  }

  /**
   * Does the work, and does it again while the store is unavailable. `about` is what the log says with an error.
   * @throws what else the work throws, and that the store is away once the process stops or the work is given up.
   */
  async untilTaken<T>(
    work: () => Promise<T>,
    about: (error: unknown) => object,
    isGivenUp: () => boolean = () => false,
  ): Promise<T> {
    const { clock, log } = this.#host;
    for (let pause = STORE_RETRY_MS.first; ; pause = Math.min(pause * 2, STORE_RETRY_MS.longest)) {
      try {
        return await work();
      } catch (error) {
        if (whyRefused(error) !== "away" || this.#isStopped || isGivenUp()) throw error;
        log.warn(about(error), "the store is away; trying again");
        await new Promise<void>((resolve) => clock.after(pause, resolve));
      }
    }
  }
}
