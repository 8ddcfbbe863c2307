import type { Task } from "../../core/task.ts";
import type { Room } from "../memory/open-contents.ts";

/**
 * Lets attempts begin while memory has room for what they hold. A subtask does not wait for memory, because its parent, which
 * holds some, waits for it.
 */
export class MemoryGate {
  readonly #room: Room;
  /** What waits, by task and step. */
  readonly #waiting = new Map<string, () => void>();

  constructor(room: Room) {
    this.#room = room;
  }

  /** Whether a task may begin; if not, `roomAgain` of the executor is called later. */
  get isOpen(): boolean {
    return this.#room.isFree();
  }

  /** Orders the next attempt of a step, now or once there is room. */
  begin(task: Task, step: string, order: () => void): void {
    const { id, parent } = task;
    if (parent !== undefined || this.isOpen) {
      this.#room.reserve(id);
      order();
    } else this.#waiting.set(`${id} ${step}`, () => this.begin(task, step, order));
  }

  goOn(): void {
    for (const [name, begin] of this.#waiting) {
      if (!this.isOpen) return;
      this.#waiting.delete(name);
      begin();
    }
  }
}
