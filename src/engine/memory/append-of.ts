import type { Clock } from "../../clock.ts";
import { movedTo, type TaskCommand } from "../../core/commands.ts";
import { fold } from "../../core/evolve.ts";
import type { Task } from "../../core/task.ts";
import type { Append } from "../../store/store.ts";
import { changesWith, type EndChangesOptions } from "./end-changes.ts";
import { decided } from "./new-task.ts";
import type { ResourceBuffer } from "./resource-buffer.ts";

export interface AppendOptions extends EndChangesOptions {
  readonly clock: Pick<Clock, "now">;
  /** The command as it is applied to the task (see `admission.ts`). */
  readonly admit: (task: Task, command: TaskCommand) => TaskCommand;
}

/** What the command leads to; undefined: nothing. @throws DomainError what the core refuses */
export async function appendOf(
  before: Task,
  command: TaskCommand | undefined,
  resources: ResourceBuffer | undefined,
  options: AppendOptions,
): Promise<Append | undefined> {
  if (command === undefined) return undefined;
  // A command may have waited for others or for the store: what counts is when it is decided and written.
  const given = movedTo(command, options.clock.now());
  const admitted = options.admit(before, given);
  const events = decided(before, admitted);
  if (events.length === 0) return undefined;
  const task = fold(events, before);
  // A step that fails instead changes no resources.
  const kept = admitted.type === command.type ? resources : undefined;
  const changes = await changesWith(task, kept, options);
  return {
    taskId: task.id,
    expectedVersion: before.version,
    events,
    task,
    ...(changes && { resources: changes }),
  };
}
