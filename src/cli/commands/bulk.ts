import { createInterface } from "node:readline/promises";
import { Command } from "commander";
import type { BulkOrder, Preview, Task } from "../../client/index.ts";
import { ConfigError } from "../../config/config-error.ts";
import { visible } from "../../visible.ts";
import { EXIT, ExitError, exitOfTask } from "../exit-codes.ts";
import { STANDARD_ERROR } from "../output.ts";
import { ProgressView } from "../progress-view.ts";
import { show } from "../result.ts";
import { shellQuoted } from "../shell-words.ts";
import { type CommandContext, type TaskFlags, taskAction, taskCommand } from "../task-command.ts";
import { tableLines } from "../terminal/table.ts";
import { endLines, taskColumns } from "../terminal/task-text.ts";

interface BulkFlags extends TaskFlags {
  readonly filter: string;
  readonly reason: string;
  readonly yes?: boolean;
  readonly preview?: boolean;
  readonly detach?: boolean;
}

const ACTIONS = {
  cancel: "ask all tasks that match a filter to stop",
  pause: "pause all tasks that match a filter",
  resume: "resume all paused tasks that match a filter",
  retry: "retry all ended tasks that match a filter",
} as const;

export function bulkCommand(): Command {
  const command = new Command("bulk").description("one action on all tasks that match a filter");
  for (const [action, about] of Object.entries(ACTIONS)) {
    command.addCommand(actionCommand(action as BulkOrder["action"], about));
  }
  return command;
}

function actionCommand(action: BulkOrder["action"], about: string): Command {
  const usual = action === "retry" ? "state:failed age<1h" : "product:ack state:open";
  return taskCommand(action, {
    about,
    byId: false,
    examples: [
      [
        `taskscribe bulk ${action} --filter '${usual}' --reason "zone closed"`,
        "asks before it acts",
      ],
      [
        `taskscribe bulk ${action} --filter '${usual}' --reason ... --yes`,
        "does not ask: for scripts",
      ],
      [`taskscribe bulk ${action} --filter '${usual}' --preview`, "only says how many match"],
    ],
    codes: {
      [EXIT.done]: "done, or no task matches; refusals of single tasks are printed",
      [EXIT.failed]: "the bulk operation failed",
      [EXIT.canceled]: "somebody else stopped it",
      [EXIT.interrupted]: "Ctrl-C: stopped; what was done is kept",
    },
  })
    .requiredOption("--filter <filter>", "a filter; its grammar is in docs/native-api.md, Filters")
    .option("--reason <text>", "the reason, kept in each task's log; required unless --preview")
    .option("--preview", "say how many match, show the newest, and do nothing")
    .option("-y, --yes", "do not ask for confirmation")
    .option("--detach", "print the task of the bulk operation and do not follow it")
    .addHelpText(
      "after",
      "\nCtrl-C asks the server to stop and waits for it. After a second Ctrl-C the operation continues.",
    )
    .action(taskAction((context: CommandContext<BulkFlags>) => runBulk(context, action)));
}

async function runBulk(
  context: CommandContext<BulkFlags>,
  action: BulkOrder["action"],
): Promise<void> {
  const { client, flags, out, err } = context;
  const { filter, reason } = flags;
  const preview = await client.bulk.preview({ filter, action });
  if (flags.preview) return show(out, flags, preview, () => previewLines(context, preview, action));
  if (reason === undefined)
    throw new ConfigError("--reason is missing; say why, it is kept in the log");
  if (preview.count === 0) {
    err.line(`no task fits "${filter}"; nothing is done`);
    return;
  }
  await confirm(context, preview, action);
  const started = await client.bulk.start({ filter, action, reason });
  if (flags.detach) return show(out, flags, started, () => [`${started.id} submitted`]);
  const { task, stopped } = await followBulk(context, started.id);
  show(out, flags, task, () => endOf(context, task));
  if (stopped) throw new ExitError(EXIT.interrupted);
  const code = exitOfTask(task);
  if (code !== EXIT.done) throw new ExitError(code);
}

function previewLines(
  { out }: CommandContext,
  { count, more, sample }: Preview,
  action: BulkOrder["action"],
): string[] {
  const first = `${action}: ${more ? "more than " : ""}${count} task${count === 1 ? "" : "s"}`;
  if (count === 0) return [first];
  const rest = count > sample.length ? [`... and ${count - sample.length} more`] : [];
  return [first, ...tableLines(out, sample, taskColumns(Date.now())), ...rest];
}

/** Asks for confirmation. @throws ExitError if the answer is not yes, ConfigError if there is no terminal to ask at. */
async function confirm(
  context: CommandContext<BulkFlags>,
  preview: Preview,
  action: BulkOrder["action"],
) {
  const { err, flags } = context;
  if (flags.yes) return;
  const { count } = preview;
  if (!process.stdin.isTTY || !err.isTTY) {
    throw new ConfigError(`${count} tasks fit; give --yes to ${action} them without being asked`);
  }
  for (const line of previewLines({ ...context, out: err }, preview, action)) err.line(line);
  const asking = createInterface({ input: process.stdin, output: STANDARD_ERROR });
  const over = new AbortController();
  asking.on("SIGINT", () => over.abort());
  const answer = await asking
    .question(
      `${action} ${count === 1 ? "this task" : `these ${visible(String(count))} tasks`}? [y/N] `,
      over,
    )
    .catch(() => "")
    .finally(() => asking.close());
  if (/^y(es)?$/i.test(answer.trim())) return;
  throw new ExitError(over.signal.aborted ? EXIT.interrupted : EXIT.refused, "nothing was done");
}

async function followBulk({ client, err, hearRetries }: CommandContext, id: string) {
  const view = new ProgressView(err);
  hearRetries((message) => view.note(`${message}; trying again`));
  let asked = 0;
  let lastAsked = 0;
  const leave = new AbortController();
  const interrupted = () => {
    if (Date.now() - lastAsked < 100) return; // npm sends the same Ctrl-C a second time
    lastAsked = Date.now();
    asked += 1;
    if (asked > 1) return leave.abort();
    view.note("stopping; Ctrl-C again leaves it running");
    client.bulk
      .stop(id, "Ctrl-C at the command line")
      .catch((error: Error) => view.note(error.message));
  };
  process.on("SIGINT", interrupted);
  try {
    let task = await client.get(id);
    for await (task of client.bulk.follow(id, { signal: leave.signal })) view.show(task);
    return { task, stopped: asked > 0 && task.state === "canceled" };
  } catch (error) {
    if (!leave.signal.aborted) throw error;
    throw new ExitError(
      EXIT.interrupted,
      `left running; to stop it: taskscribe cancel ${shellQuoted(id)} --reason ...`,
    );
  } finally {
    process.off("SIGINT", interrupted);
    view.end({ clear: true });
  }
}

function endOf({ out }: CommandContext, task: Task): string[] {
  const { done = 0, refused = 0 } = task.outputs as { done?: number; refused?: number };
  const refusals = task.notices.filter(({ level }) => level === "Warning").slice(0, 10);
  return [
    ...endLines(out, task, Date.now()),
    `  ${done} done, ${refused} refused`,
    ...refusals.map(({ reason, message }) => `  ${visible(`${reason}: ${message}`)}`),
  ];
}
