import { type Command, InvalidArgumentError, Option } from "commander";
import type { SubmitTask, Task } from "../../client/index.ts";
import { ConfigError } from "../../config/config-error.ts";
import { A_MOMENT, parseMoment } from "../../core/values/moment.ts";
import { parseDuration } from "../../filter/durations.ts";
import { parseJson, readJson } from "../read-json.ts";
import { show } from "../result.ts";
import { type CommandContext, type TaskFlags, taskAction, taskCommand } from "../task-command.ts";
import { duration, WAIT_CODES, waitForAll } from "./follow.ts";

interface SubmitFlags extends TaskFlags {
  readonly product?: string;
  readonly input?: string;
  readonly set?: Readonly<Record<string, unknown>>;
  readonly label?: Readonly<Record<string, string>>;
  readonly target?: SubmitTask["target"];
  readonly priority?: string;
  readonly key?: string;
  readonly whenBusy?: NonNullable<SubmitTask["whenBusy"]>;
  readonly delay?: number;
  readonly startBy?: string;
  readonly finishBy?: string;
  readonly token?: string;
  readonly validateOnly?: boolean;
  readonly wait?: boolean;
  readonly timeout?: number;
}

export function submitCommand(): Command {
  return taskCommand("submit", {
    about: "submit a task",
    byId: false,
    examples: [
      ["taskscribe submit backup --set database=orders --set full=true", "values may be JSON"],
      ["taskscribe submit backup --input @input.json --wait", "and wait for its end"],
      ["taskscribe submit backup --key db-orders --when-busy queue", "one at a time for db-orders"],
      ["taskscribe submit backup --delay 10m --finish-by 2h", "later, and within two hours"],
      [
        "taskscribe submit backup --token nightly-42 -o text --query id",
        "repeatable; the id alone",
      ],
    ],
    codes: WAIT_CODES,
  })
    .argument("<type>", "one of taskscribe types")
    .option("--product <name>", "the product of the type (default: native)")
    .option("--input <json>", "the input: JSON, @file, or - for standard input")
    .option(
      "--set <name=value>",
      "one field of the input, JSON or text; may be repeated",
      field,
      {},
    )
    .option("--label <name=value>", "a label; may be repeated", label, {})
    .option("--target <type/id[/name]>", "the target of the task", target)
    .option("--priority <0-9>", "9 first, 0 last (default: 5)")
    .option("--key <key>", "concurrency key: tasks with the same key run one at a time")
    .addOption(
      new Option("--when-busy <policy>", "if another open task has the key").choices([
        "reject",
        "queue",
        "join",
        "supersede",
      ]),
    )
    .option("--delay <span>", "start after this time at the earliest, e.g. 10m", duration)
    .option(
      "--start-by <moment>",
      "expire unless begun by then: RFC 3339, or a span from now",
      moment,
    )
    .option("--finish-by <moment>", "expire if the task has not ended by then", moment)
    .option("--token <token>", "client token: the same token makes one task")
    .option("--validate-only", "check everything and write nothing")
    .option("--wait", "wait until it has ended, as taskscribe wait does")
    .option("--timeout <span>", "with --wait: wait at most this long", duration)
    .action(
      taskAction(async (context: CommandContext<SubmitFlags>, type: string) => {
        const { client, flags, out, err } = context;
        const { task, outcome } = await client.submit(requestOf(type, flags));
        if (flags.wait && outcome !== "checked") {
          err.line(`${task.id} ${outcome}`);
          await waitForAll(context, [task.id], flags.timeout);
          return;
        }
        show(out, flags, task, () => [submittedText(task, outcome)]);
      }),
    );
}

function submittedText({ id, type, state }: Task, outcome: string): string {
  switch (outcome) {
    case "checked":
      return `${type} would be accepted; nothing was written`;
    case "repeated":
      return `${id} ${state}: the task of an earlier request with this token`;
    case "joined":
      return `${id} ${state}: the task that holds the key`;
    default:
      return `${id} submitted`;
  }
}

function requestOf(type: string, flags: SubmitFlags): SubmitTask {
  const { product, label: labels = {}, priority, key, token, whenBusy, delay } = flags;
  return {
    type,
    input: { ...inputOf(flags.input), ...flags.set },
    ...(product !== undefined && { product }),
    ...(Object.keys(labels).length > 0 && { labels }),
    ...(flags.target && { target: flags.target }),
    ...(priority !== undefined && { priority: Number(priority) }),
    ...(key !== undefined && { concurrencyKey: key }),
    ...(whenBusy && { whenBusy }),
    ...(delay !== undefined && { delayMs: delay }),
    ...(flags.startBy !== undefined && { startBy: flags.startBy }),
    ...(flags.finishBy !== undefined && { finishBy: flags.finishBy }),
    ...(token !== undefined && { clientToken: token }),
    ...(flags.validateOnly && { validateOnly: true }),
  };
}

function inputOf(given: string | undefined): object {
  if (given === undefined) return {};
  if (given === "-") return readJson("-");
  if (given.startsWith("@")) return readJson(given.slice(1));
  const value = jsonOr(given, undefined, "--input");
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value;
  throw new ConfigError(
    `--input: found ${given}; give a JSON object such as '{"a":1}', @file, or -`,
  );
}

/** A value that is valid JSON is read as JSON, any other as text. `__proto__` is an ordinary name. */
function field(text: string, before: object): object {
  const [name, value] = parted(text);
  return withField(before, name, jsonOr(value, value, `--set ${name}`));
}

function label(text: string, before: object): object {
  const [name, value] = parted(text);
  return withField(before, name, value);
}

function withField(before: object, name: string, value: unknown): object {
  return Object.fromEntries([...Object.entries(before), [name, value]]);
}

function parted(text: string): [name: string, value: string] {
  const equals = text.indexOf("=");
  if (equals > 0) return [text.slice(0, equals), text.slice(equals + 1)];
  throw new InvalidArgumentError("Give name=value.");
}

/** @throws ConfigError for JSON whose value would be another one */
function jsonOr(text: string, otherwise: unknown, what: string): unknown {
  try {
    return parseJson(text, what);
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    return otherwise;
  }
}

function target(text: string): NonNullable<SubmitTask["target"]> {
  const [type, id, ...name] = text.split("/");
  if (!type || !id) throw new InvalidArgumentError("Give type/id or type/id/name.");
  return { type, id, ...(name.length > 0 && { name: name.join("/") }) };
}

/** Takes RFC 3339 as it is. A duration counts from now. */
function moment(text: string): string {
  const ms = parseDuration(text);
  if (ms !== undefined) return new Date(Date.now() + ms).toISOString();
  if (parseMoment(text) !== undefined) return text;
  throw new InvalidArgumentError(`Give ${A_MOMENT}, or a span from now such as 2h.`);
}
