import type { Clock } from "../clock.ts";
import type { TaskCommand } from "../core/commands.ts";
import { DomainError } from "../core/errors.ts";
import type { JsonObject } from "../core/json.ts";
import { isFinal, type Task } from "../core/task.ts";
import type { TaskType } from "../core/task-type.ts";
import { checkSignalData } from "./bounds/log-bounds.ts";
import type { Fingerprints } from "./fingerprints.ts";
import type { LiveTasks } from "./memory/live-tasks.ts";
import type { Once } from "./memory/once.ts";
import type { TaskSecrets } from "./secrets.ts";
import type { ControlRequest, Signal } from "./task-service.ts";

/** Makes the command for a cancel, pause or resume by a caller; `at` is ms since the epoch. */
type CommandOf = (
  task: Task,
  type: TaskType | undefined,
  at: number,
  control: ControlRequest,
) => TaskCommand;

/** The scope of the tokens of all commands to tasks: a token that was used for one of them is used for no other. */
export const COMMAND_SCOPE = "command";

interface ControlOptions {
  readonly tasks: Pick<LiveTasks, "get" | "handle">;
  readonly clock: Pick<Clock, "now">;
  readonly secrets: Pick<TaskSecrets, "seal">;
  readonly fingerprints: Fingerprints;
  readonly typeOf: (task: Task) => TaskType | undefined;
}

/** Commands of callers to one task. With a token each is carried out once, however often it comes. */
export class ControlCommands {
  readonly #options: ControlOptions;

  constructor(options: ControlOptions) {
    this.#options = options;
  }

  async control(
    account: string,
    taskId: string,
    verb: keyof typeof COMMANDS,
    control: ControlRequest,
  ): Promise<Task> {
    const { tasks, clock, typeOf } = this.#options;
    const task = await tasks.get(account, taskId);
    const { token, reason } = control;
    const once = this.#once(task, token, { verb, reason });
    const command = COMMANDS[verb](task, typeOf(task), clock.now(), control);
    return tasks.handle(task.id, command, undefined, once);
  }

  async signal(account: string, taskId: string, { token, ...signal }: Signal): Promise<Task> {
    const { tasks, clock, secrets } = this.#options;
    const task = await tasks.get(account, taskId);
    const { by: _, ...asked } = signal;
    const once = this.#once(task, token, { verb: "signal", ...asked });
    const seal = (data: JsonObject) => secrets.seal(data, undefined, account);
    return tasks.handle(task.id, signalCommand(clock.now(), signal, seal), undefined, once);
  }

  /** Who sends the command is no part of what is asked: it may be sent again with another key of the account. */
  #once({ id, account }: Task, token: string | undefined, asked: JsonObject): Once | undefined {
    if (token === undefined) return undefined;
    const { fingerprints } = this.#options;
    const claim = fingerprints.claim(COMMAND_SCOPE, token, { ...asked, taskId: id });
    return { account, claim, check: (known) => fingerprints.check(known, claim) };
  }
}

/** @throws DomainError `TaskNotCancelable` */
const cancelCommand: CommandOf = (task, type, at, { by, reason }) => {
  if (type?.cancelable === false && !isFinal(task.state)) {
    throw runsToItsEnd("TaskNotCancelable", "canceled", task);
  }
  return { type: "CancelTask", at, by, reason, deadline: at + (type?.cancelGraceMs ?? 0) };
};

/** @throws DomainError `TaskNotPausable` */
const pauseCommand: CommandOf = (task, type, at, { by, reason }) => {
  if (type?.pausable === false && !isFinal(task.state)) {
    throw runsToItsEnd("TaskNotPausable", "paused", task);
  }
  return { type: "PauseTask", at, by, reason };
};

const resumeCommand: CommandOf = (_task, _type, at, { by, reason }) => ({
  type: "ResumeTask",
  at,
  by,
  reason,
});

const COMMANDS = { cancel: cancelCommand, pause: pauseCommand, resume: resumeCommand } as const;

/** @throws DomainError `InvalidParameter` for more data than an answer may have, before its secrets are sealed. */
function signalCommand(
  at: number,
  { data, ...signal }: Signal,
  seal: (data: JsonObject) => JsonObject,
): TaskCommand {
  if (data !== undefined) checkSignalData(data);
  return { type: "SignalTask", at, ...signal, ...(data && { data: seal(data) }) };
}

function runsToItsEnd(
  code: "TaskNotCancelable" | "TaskNotPausable",
  what: string,
  { id, type }: Task,
): DomainError {
  const message = `the task ${id} can not be ${what}: tasks of type ${type} run to their end`;
  return new DomainError(code, message, { taskId: id, type });
}
