import { type Command, InvalidArgumentError } from "commander";
import type { Task, TaskscribeClient } from "../../client/index.ts";
import { TaskscribeError } from "../../client/index.ts";
import { ConfigError } from "../../config/config-error.ts";
import { visible } from "../../visible.ts";
import { EXIT, ExitError, exitOfError, mostSerious } from "../exit-codes.ts";
import { complain } from "../output.ts";
import { readJson } from "../read-json.ts";
import { show } from "../result.ts";
import {
  type CommandContext,
  refusalText,
  type TaskFlags,
  taskAction,
  taskCommand,
} from "../task-command.ts";
import { stateStyle } from "../terminal/task-text.ts";
import { duration, WAIT_CODES, waitForAll } from "./follow.ts";

interface ControlFlags extends TaskFlags {
  readonly reason: string;
}

const REASON = ["--reason <text>", "the reason, kept in the task's log"] as const;

export function cancelCommand(): Command {
  return controlCommand("cancel", "ask tasks to stop");
}

export function pauseCommand(): Command {
  return controlCommand("pause", "start no new step of tasks until they are resumed");
}

export function resumeCommand(): Command {
  return controlCommand("resume", "let paused tasks continue");
}

function controlCommand(verb: "cancel" | "pause" | "resume", about: string): Command {
  return taskCommand(verb, {
    about,
    examples: [
      [`taskscribe ${verb} T-0a1b --reason "the zone is closed"`, "one task, or several"],
      [`taskscribe bulk ${verb} --filter label.env=test --reason ...`, "all that match a filter"],
    ],
  })
    .argument("<ids...>", "task ids")
    .requiredOption(...REASON)
    .action(
      taskAction((context: CommandContext<ControlFlags>, ids: string[]) =>
        forEach(context, ids, (client, id) => client[verb](id, context.flags.reason)),
      ),
    );
}

interface RetryFlags extends ControlFlags {
  readonly fromStep?: string;
  readonly wait?: boolean;
  readonly timeout?: number;
}

export function retryCommand(): Command {
  return taskCommand("retry", {
    about: "retry ended tasks, each as a new task that links to the old one",
    examples: [
      ['taskscribe retry T-0a1b --reason "disk added"', "from the beginning"],
      ['taskscribe retry T-0a1b --from-step upload --reason "disk added" --wait', "from a step on"],
    ],
    codes: WAIT_CODES,
  })
    .argument("<ids...>", "ids of ended tasks")
    .requiredOption(...REASON)
    .option("--from-step <name>", "take over the results of the steps before this one")
    .option("--wait", "wait for the end, as taskscribe wait does")
    .option("--timeout <span>", "with --wait: wait at most this long", duration)
    .action(
      taskAction(async (context: CommandContext<RetryFlags>, ids: string[]) => {
        const { reason, fromStep, wait, timeout } = context.flags;
        const again = { reason, ...(fromStep !== undefined && { fromStep }) };
        const made: string[] = [];
        const retry = async (client: TaskscribeClient, id: string) => {
          const task = await client.retry(id, again);
          made.push(task.id);
          if (wait) context.err.line(`${task.id} tries ${id} again`);
          return task;
        };
        await forEach(context, ids, retry, wait);
        if (wait) await waitForAll(context, made, timeout);
      }),
    );
}

interface AnswerFlags extends ControlFlags {
  readonly step?: string;
  readonly question?: number;
  readonly answer?: string;
}

export function approveCommand(): Command {
  return answerCommand("approve", "approve the question of a step");
}

export function rejectCommand(): Command {
  return answerCommand("reject", "reject the question of a step");
}

function whole(text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new InvalidArgumentError(
    "It must be the number of a question, as taskscribe get shows it.",
  );
}

function answerCommand(decision: "approve" | "reject", about: string): Command {
  return taskCommand(decision, {
    about,
    examples: [
      [`taskscribe ${decision} T-0a1b --reason "seen by Ann"`, "the only question of the task"],
      [`taskscribe ${decision} T-0a1b --question 9 --reason "seen by Ann"`, "one of several"],
      [
        `taskscribe ${decision} T-0a1b --step deploy --answer @answer.json --reason ...`,
        "with data",
      ],
    ],
  })
    .argument("<id>", "a task id")
    .requiredOption(...REASON)
    .option("--step <name>", "the step; required only if several steps ask")
    .option(
      "--question <number>",
      "the question; required if the step can have asked others",
      whole,
    )
    .option("--answer <file>", "a JSON object for the step: @file, or - for standard input")
    .action(
      taskAction(async (context: CommandContext<AnswerFlags>, id: string) => {
        const { client, flags, out } = context;
        const { reason, answer } = flags;
        const { step, number, question } = questionMeant(await client.get(id), flags);
        const data = answer === undefined ? {} : { data: readJson(answer.replace(/^@/, "")) };
        const task = await client[decision](id, { step, number, reason, ...data });
        show(out, flags, task, () => [
          `${id} step ${step}: ${decision === "approve" ? "approved" : "rejected"}: ${visible(question)}`,
        ]);
      }),
    );
}

interface Question {
  readonly step: string;
  readonly number: number;
  readonly question: string;
}

/**
 * The question that is answered. It is chosen without its number only if the task can have asked no other: who repeats a
 * command must not answer a question that came meanwhile.
 */
function questionMeant(task: Task, { step, question }: AnswerFlags): Question {
  const { id, state } = task;
  const open = openQuestions(task).filter((one) => step === undefined || one.step === step);
  if (question !== undefined) {
    const named = open.find(({ number }) => number === question);
    if (named !== undefined) return named;
    throw new ConfigError(`question ${question} of ${id} is not open; ${openText(open)}`);
  }
  const [only] = open;
  if (only === undefined) {
    throw new ConfigError(`no step of ${id} (${state}) asks anything; see taskscribe get`);
  }
  const asked = task.steps.find(({ name }) => name === only.step)?.approvals ?? [];
  const isOnly = open.length === 1 && asked.length === 1 && task.importedFrom === undefined;
  if (isOnly) return only;
  throw new ConfigError(
    `several questions of ${id} can be meant; name one with --question. ${openText(open)}`,
  );
}

function openQuestions({ steps }: Task): readonly Question[] {
  const waiting = steps.filter(({ endedAt }) => endedAt === undefined);
  return waiting.flatMap(({ name, approvals = [] }) =>
    approvals
      .filter(({ verdict }) => verdict === undefined)
      .map(({ number, question }) => ({ step: name, number, question })),
  );
}

function openText(open: readonly Question[]): string {
  if (open.length === 0) return "none is";
  const all = open.map(({ step, number, question }) => `${number} of step ${step}: ${question}`);
  return visible(`Open is ${all.join("; ")}`);
}

/** Acts on one task after the other. A refusal for one task does not stop the others. */
async function forEach(
  { client, flags, out }: CommandContext,
  ids: readonly string[],
  action: (client: TaskscribeClient, id: string) => Promise<Task>,
  silent = false,
): Promise<void> {
  const tasks: Task[] = [];
  const codes: number[] = [];
  for (const id of ids) {
    try {
      tasks.push(await action(client, id));
    } catch (error) {
      if (!(error instanceof TaskscribeError)) throw error;
      codes.push(exitOfError(error));
      complain(ids.length === 1 ? refusalText(error) : `${visible(id)}: ${refusalText(error)}`);
    }
  }
  if (!silent && tasks.length > 0) {
    show(out, flags, ids.length === 1 ? tasks[0] : tasks, () =>
      tasks.map((task) => `${task.id} ${out.paint(stateStyle(task), task.state)}${forkText(task)}`),
    );
  }
  const code = mostSerious(codes);
  if (code !== EXIT.done) throw new ExitError(code);
}

function forkText({ forkOf }: Task): string {
  return forkOf === undefined ? "" : `, tries ${forkOf.taskId} again`;
}
