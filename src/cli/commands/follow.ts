import { type Command, InvalidArgumentError } from "commander";
import type { Task } from "../../client/index.ts";
import { ConfigError } from "../../config/config-error.ts";
import { parseDuration } from "../../filter/durations.ts";
import { answerByExitCode } from "../closed-pipes.ts";
import { EXIT, ExitError, exitOfTask, mostSerious } from "../exit-codes.ts";
import { type Followed, followUntilEnd, idsOf } from "../following.ts";
import { ProgressView } from "../progress-view.ts";
import { isTable, show, showOne } from "../result.ts";
import { shellQuoted } from "../shell-words.ts";
import { type CommandContext, type TaskFlags, taskAction, taskCommand } from "../task-command.ts";
import { endLines } from "../terminal/task-text.ts";

interface FollowFlags extends TaskFlags {
  readonly filter?: string;
  readonly timeout?: number;
}

export const WAIT_CODES = {
  [EXIT.done]: "all succeeded",
  [EXIT.failed]: "a task failed",
  [EXIT.canceled]: "a task was canceled",
  [EXIT.expired]: "a task missed its deadline",
  [EXIT.stillOpen]: "the time of the wait ran out; the task continues",
  [EXIT.interrupted]: "Ctrl-C; the task continues",
};

export function waitCommand(): Command {
  return taskCommand("wait", {
    about: "wait until tasks have ended; the exit code says how",
    examples: [
      ["taskscribe wait T-0a1b", "until it has ended, with a progress bar"],
      ["taskscribe wait T-0a1b T-2c3d --timeout 10m", "both of them, for at most ten minutes"],
      ["taskscribe wait --filter label.release=42", "all that match now"],
      ["taskscribe wait T-0a1b --query outputs", "then print its outputs"],
    ],
    codes: WAIT_CODES,
  })
    .argument("[ids...]", "task ids")
    .option("--filter <filter>", "also the tasks that match this filter now")
    .option("--timeout <span>", "wait at most this long, e.g. 90s, 10m, 1h30m", duration)
    .addHelpText(
      "after",
      "\nWith several tasks, the most serious code counts, in this order: 7, 6, 1, 2, 4, 3, 5.",
    )
    .action(
      taskAction(async (context: CommandContext<FollowFlags>, named: string[]) => {
        const { filter, timeout } = context.flags;
        if (named.length === 0 && filter === undefined) {
          throw new ConfigError("name the tasks to wait for, or give --filter");
        }
        const ids = await idsOf(context.client, named, filter);
        if (ids.length === 0) throw new ExitError(EXIT.notFound, `no task fits "${filter}"`);
        await waitForAll(context, ids, timeout);
      }),
    );
}

/** Shows progress on standard error and the end on standard output. @throws ExitError unless all tasks succeeded */
export async function waitForAll(
  context: CommandContext,
  ids: readonly string[],
  timeoutMs: number | undefined,
): Promise<void> {
  const { out, err, flags } = context;
  answerByExitCode();
  const view = new ProgressView(err);
  context.hearRetries((message) => view.note(`${message}; trying again`));
  const { tasks, troubles, left } = await followUntilEnd(context, ids, {
    timeoutMs,
    onChange: (task) => view.show(task),
  }).finally(() => view.end({ clear: true }));
  const code = mostSerious([...troubles, ...tasks.map(exitOfTask)]);
  process.exitCode = left === "interrupted" ? EXIT.interrupted : code;
  if (tasks.length > 0) {
    const [only] = tasks;
    const result = ids.length === 1 && only !== undefined ? only : tasks;
    show(out, flags, result, () => tasks.flatMap((task) => endLines(out, task, Date.now())));
    if (!isTable(out, flags)) sayCauses(context, tasks);
  }
  if (left !== undefined) err.line(`${leftText(left)}: ${againText(flags, tasks, timeoutMs)}`);
  if (left === "interrupted") throw new ExitError(EXIT.interrupted);
  if (code !== EXIT.done) throw new ExitError(code);
}

/** Also writes the cause of a failure to standard error, so that a log has it when a program reads the result. */
function sayCauses({ err }: CommandContext, tasks: readonly Task[]): void {
  for (const task of tasks) {
    if (exitOfTask(task) === EXIT.done) continue;
    for (const line of endLines(err, task, Date.now())) err.line(line);
  }
}

function leftText(left: NonNullable<Followed["left"]>): string {
  const why = left === "timeout" ? "the wait ran out" : "interrupted";
  return `${why}, but open tasks continue; to wait again`;
}

function againText(
  flags: TaskFlags,
  tasks: readonly Task[],
  timeoutMs: number | undefined,
): string {
  const ids = tasks.filter((task) => exitOfTask(task) === EXIT.stillOpen).map(({ id }) => id);
  const options: string[] = [];
  for (const name of ["endpoint", "profile", "data"] as const) {
    const value = flags[name];
    if (value !== undefined) options.push(`--${name}`, value);
  }
  if (timeoutMs !== undefined) options.push("--timeout", `${timeoutMs / 1_000}s`);
  // An id that looks like an option would be taken for one.
  const words = ids.some((id) => id.startsWith("-"))
    ? [...options, "--", ...ids]
    : [...ids, ...options];
  return ["taskscribe wait", ...words.map(shellQuoted)].join(" ");
}

export function watchCommand(): Command {
  return taskCommand("watch", {
    about: "show tasks as they change, until all have ended or Ctrl-C",
    examples: [
      ["taskscribe watch", "all that are open now"],
      ["taskscribe watch T-0a1b", "one, with a progress bar"],
      ["taskscribe watch --filter 'product:ack state:open'", "those that match now"],
      ["taskscribe watch T-0a1b -o json | jq .progress", "each change as a line of JSON"],
    ],
    codes: { [EXIT.interrupted]: "Ctrl-C; the tasks continue" },
  })
    .argument("[ids...]", "task ids")
    .option("--filter <filter>", "also the tasks that match this filter now")
    .action(
      taskAction(async (context: CommandContext<FollowFlags>, named: string[]) => {
        const usual = named.length === 0 ? "state:open" : undefined;
        const ids = await idsOf(context.client, named, context.flags.filter ?? usual);
        if (ids.length === 0) context.err.line("no task fits; nothing to watch");
        else await watchAll(context, ids);
      }),
    );
}

async function watchAll(context: CommandContext, ids: readonly string[]): Promise<void> {
  const { out, err, flags } = context;
  const view = isTable(out, flags) ? new ProgressView(out) : undefined;
  if (view) context.hearRetries((message) => view.note(`${message}; trying again`));
  const onChange = (task: Task) => (view ? view.show(task) : showOne(out, flags, task));
  const { troubles, left, tasks } = await followUntilEnd(context, ids, { onChange }).finally(() =>
    view?.end({ clear: false }),
  );
  if (left !== undefined) {
    err.line("interrupted; open tasks continue");
    throw new ExitError(EXIT.interrupted);
  }
  if (view) for (const task of tasks) for (const line of causeOf(context, task)) out.line(line);
  const code = mostSerious(troubles);
  if (code !== EXIT.done) throw new ExitError(code);
}

function causeOf({ out }: CommandContext, task: Task): string[] {
  return exitOfTask(task) === EXIT.done ? [] : endLines(out, task, Date.now());
}

/** Reads a duration from the command line, in ms. */
export function duration(text: string): number {
  const ms = parseDuration(text);
  if (ms !== undefined) return ms;
  throw new InvalidArgumentError('Give a duration such as "90s", "10m" or "1h30m".');
}
