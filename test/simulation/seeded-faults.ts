/** A mending taken away from the source. */
export interface SeededFault {
  readonly file: string;
  /** What stands in the file, once, and what stands there instead. */
  readonly from: string;
  readonly to: string;
}

/** Faults that the service once had, by the row of issue 15. The simulation has to find each of them again. */
export const SEEDED_FAULTS = {
  "an answer is taken for the oldest open question (row 9)": {
    file: "src/core/approvals.ts",
    from: "const number = told.number ?? onlyNumber(task, approvals);",
    to: "const number = waits ? openApproval(step).number : told.number;",
  },
  "an import enters without asking the log after a failed append (row 10)": {
    file: "src/engine/memory/new-tasks.ts",
    from: "return this.#during(append.taskId, this.#enter(append, this.#options.taken));",
    to: `return this.#options.store.append(append).then((result) => {
      if (result.outcome === "appended") this.#options.taken(append, result);
      return result;
    });`,
  },
  "subtasks whose parent has ended are not looked for at the start (row 11)": {
    file: "src/engine/recovery.ts",
    from: "for (const subtask of orphans) void this.#endOrphan(subtask, parent);",
    to: "",
  },
  "a command keeps the moment at which it was given (row 12)": {
    file: "src/engine/memory/append-of.ts",
    from: "movedTo(command, options.clock.now())",
    to: "command",
  },
  "a join does not keep its token (row 13)": {
    file: "src/engine/submissions.ts",
    from: 'if (token === undefined) return { task, outcome: "joined" };',
    to: 'return { task, outcome: "joined" };',
  },
  "a command does not keep its Idempotency-Key (row 9)": {
    file: "src/engine/control-commands.ts",
    from: "if (token === undefined) return undefined;",
    to: "return undefined;",
  },
} as const satisfies Record<string, SeededFault>;
