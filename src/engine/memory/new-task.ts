import type { Clock } from "../../clock.ts";
import type { TaskCommand } from "../../core/commands.ts";
import { decide } from "../../core/decide.ts";
import { DomainError } from "../../core/errors.ts";
import type { TaskEvent } from "../../core/events.ts";
import { fold } from "../../core/evolve.ts";
import { isFinal, type Task, type TaskDraft } from "../../core/task.ts";

interface NewTask {
  readonly events: readonly TaskEvent[];
  readonly task: Task;
}

/** Reserves and releases slots for new tasks (see `Executor`). */
interface Reservations {
  readonly reserve: (task: Task) => boolean | Promise<boolean>;
  readonly release: (task: Task) => void;
  readonly clock: Pick<Clock, "now">;
}

/**
 * The first events of a new task. They include its start if nothing holds it up, which saves a commit. Returns a
 * promise only if the executor has to ask another process.
 */
export function beginTask(
  draft: TaskDraft,
  at: number,
  { reserve, release, clock }: Reservations,
): NewTask | Promise<NewTask> {
  const events = decided(undefined, { type: "SubmitTask", at, task: draft });
  const submitted = { events, task: fold(events) };
  const reserved = reserve(submitted.task);
  if (reserved === false) return submitted;
  // Whether the start is in time is decided now, however long the reservation took.
  if (reserved === true) return startedAtOnce(submitted, clock.now(), release);
  return reserved.then(
    (granted) => (granted ? startedAtOnce(submitted, clock.now(), release) : submitted),
    () => submitted,
  );
}

function startedAtOnce(
  { events, task }: NewTask,
  at: number,
  release: Reservations["release"],
): NewTask {
  const start = decide(task, { type: "StartTask", at });
  if (!(start instanceof DomainError)) {
    const started = fold(start, task);
    // A task that would end at once, e.g. by its deadline, is started by the executor as usual.
    if (!isFinal(started.state)) return { events: [...events, ...start], task: started };
  }
  release(task);
  return { events, task };
}

/** The events of a command. @throws DomainError if the core refuses it. */
export function decided(task: Task | undefined, command: TaskCommand): readonly TaskEvent[] {
  const decision = decide(task, command);
  if (decision instanceof DomainError) throw decision;
  return decision;
}
