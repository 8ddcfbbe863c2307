import { isDeepStrictEqual } from "node:util";
import type { TaskEvent } from "../../src/core/events.ts";
import { evolve } from "../../src/core/evolve.ts";
import type { Task } from "../../src/core/task.ts";
import type { Remains } from "./history.ts";
import { illegal } from "./legal-moves.ts";

/** The states of a task after each of its events. The index is the version, from 1 on. */
export type Versions = readonly (Task | undefined)[];

/** Every task's states, folded from the log; R-4 is checked on the way. */
export class Past {
  readonly violations: string[] = [];
  readonly #versions = new Map<string, (Task | undefined)[]>();

  constructor({ log, rows }: Remains) {
    let last = 0;
    for (const { position, taskId, firstVersion, events } of log) {
      if (position <= last) this.#complain(taskId, `position ${position} comes after ${last}`);
      last = position;
      const versions = this.#versions.get(taskId) ?? [undefined];
      this.#versions.set(taskId, versions);
      if (firstVersion !== versions.length) {
        this.#complain(taskId, `version ${firstVersion} follows ${versions.length - 1}`);
      }
      for (const event of events) this.#add(taskId, versions, event);
    }
    for (const row of rows) this.#compare(row);
  }

  get ids(): readonly string[] {
    return [...this.#versions.keys()];
  }

  of(taskId: string): Versions | undefined {
    return this.#versions.get(taskId);
  }

  last(taskId: string): Task | undefined {
    return this.#versions.get(taskId)?.at(-1);
  }

  #add(taskId: string, versions: (Task | undefined)[], event: TaskEvent): void {
    const before = versions.at(-1);
    const complaint = illegal(before, event);
    if (complaint !== undefined) this.#complain(taskId, complaint);
    try {
      versions.push(evolve(before, event));
    } catch (error) {
      this.#complain(taskId, `its log does not fold: ${error}`);
    }
  }

  #compare(row: Task): void {
    const folded = JSON.parse(JSON.stringify(this.last(row.id) ?? null));
    if (!isDeepStrictEqual(folded, JSON.parse(JSON.stringify(row)))) {
      this.#complain(row.id, `its row (version ${row.version}) is not the fold of its log`);
    }
  }

  #complain(taskId: string, what: string): void {
    this.violations.push(`R-4 ${taskId}: ${what}`);
  }
}
