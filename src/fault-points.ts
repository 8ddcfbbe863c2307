// The points where a test can make this program fail. Nothing here fails by itself (see test/support/arm-faults.ts).

/**
 * All points, and what is true at each. The `writer` points are in the writer thread, the others in the main thread;
 * with a store in memory all are in the main thread.
 */
export const FAULT_POINTS = {
  "before-append": "a command is decided, nothing of it is given to the store",
  "after-append": "the store has told of a commit, executor and listeners have not heard of it",
  "before-answer": "the answer to a call is made, nothing of it is sent",
  "after-answer": "the answer was given to the socket; it may not have left yet",
  "before-step": "an attempt is recorded as started, its handler has not run",
  "before-report-of-step": "a handler has ended, its end is not reported",
  "after-report-of-step": "the end of an attempt is recorded and told",
  "before-recover": "open tasks are taken over at a start, none goes on yet",
  "in-stop": "a stop began, running steps have not been told",
  "before-delivery": "a webhook's entry is about to be sent",
  "after-delivery": "a webhook's receiver has answered, that is not recorded",
  "in-archive-before-lines": "ended tasks are chosen, their lines are not in the archive's file",
  "in-archive-after-lines": "their lines are in the file, their rows are where they were",
  "in-archive-between-statements":
    "writer: a task's rows are gone, where its line is in the archive is not noted",
  "between-batch-statements": "writer: a task's row is written, its events are not",
  "before-commit": "writer: a transaction is complete, not committed",
  "after-commit-before-answer": "writer: it is committed, nobody was told",
  "before-access-commit": "writer: a change of keys, policies or audit is complete, not committed",
  "after-access-commit": "writer: it is committed, nobody was told",
  "after-next-secret-key": "the next secret key is in its file, nothing is encrypted with it",
  "before-secret-key-swap":
    "the data keys are stored under the next secret key, which is not in its place",
  "before-checkpoint": "writer: all is written, the log is not moved into the file",
  "after-checkpoint": "writer: the log is moved into the file, which is still open",
  "before-migration": "a step of the schema is about to begin",
  "in-migration": "its statements have run, its transaction is not committed",
  "after-migration": "it is committed, the next one has not begun",
} as const;

export type FaultPoint = keyof typeof FAULT_POINTS;

/** Set before this module loads, or never. A point without a fault costs one comparison, about 2 ns. */
const reached: ((point: FaultPoint) => void) | undefined = Reflect.get(
  globalThis,
  Symbol.for("taskscribe.fault"),
);

/** Marks a point. It is synchronous, so that it does not change the order of events. */
export function fault(point: FaultPoint): void {
  if (reached !== undefined) reached(point);
}
