import { Command, CommanderError, Option } from "commander";
import { ConnectionError, type TaskscribeClient, TaskscribeError } from "../client/index.ts";
import { visible } from "../visible.ts";
import { adviceOn } from "./advice.ts";
import { type ConnectionFlags, connect } from "./connection.ts";
import { EXIT, ExitError, exitOfError } from "./exit-codes.ts";
import { complain, flushed, STANDARD_ERROR, STANDARD_OUTPUT } from "./output.ts";
import { checkQuery, FORMATS, type ResultFlags } from "./result.ts";
import { Screen } from "./terminal/screen.ts";

export type TaskFlags = ConnectionFlags & ResultFlags;

/** What the action of a task command gets. */
export interface CommandContext<Flags extends TaskFlags = TaskFlags> {
  readonly client: TaskscribeClient;
  readonly flags: Flags;
  /** The screen for results. */
  readonly out: Screen;
  /** The screen for everything else: progress, questions and errors. */
  readonly err: Screen;
  /** Is called when the server could not be reached and the call is repeated. By default it writes a line to standard error. */
  hearRetries(listener: (message: string) => void): void;
}

interface Described {
  readonly about: string;
  /** `[command line, what it does]` */
  readonly examples: readonly (readonly [line: string, meaning: string])[];
  /** Further exit codes, beside 0, 1, 6 and 7. */
  readonly codes?: Readonly<Record<number, string>>;
  /** Whether it takes task ids, so that a task may not exist. */
  readonly byId?: boolean;
}

/** A command that calls a server about tasks: with the options for the server and for the output, and its help. */
export function taskCommand(name: string, described: Described): Command {
  return new Command(name)
    .description(described.about)
    .option("--endpoint <address>", "the server: host:port, http://... or https://...")
    .option("--profile <name>", "a server and key kept by taskscribe profile set")
    .option("--data <directory>", "the server that runs on this data directory")
    .addOption(
      new Option("-o, --output <format>", "default: table on a terminal, else json").choices([
        ...FORMATS,
      ]),
    )
    .option("--query <jmespath>", "print only what this JMESPath finds in the JSON")
    .addHelpText("after", () => helpText(described));
}

function helpText({ examples, codes = {}, byId = true }: Described): string {
  const width = Math.max(...examples.map(([line]) => line.length));
  const lines = examples.map(([line, meaning]) => `  ${line.padEnd(width)}  ${meaning}`);
  const all: Record<number, string> = {
    [EXIT.done]: "done",
    [EXIT.error]: "the server could not be reached, or something else went wrong",
    ...(byId && { [EXIT.notFound]: "there is no such task" }),
    [EXIT.refused]: "refused: wrong key, no permission, bad input, or not possible now",
    ...codes,
  };
  const ends = Object.entries(all).map(([code, meaning]) => `  ${code.padStart(3)}  ${meaning}`);
  return `\nExamples:\n${lines.join("\n")}\n\nExit codes:\n${ends.join("\n")}`;
}

/** Runs the action of a command. An error is printed as one message, and sets the exit code. */
export function taskAction<Flags extends TaskFlags, Rest extends unknown[]>(
  action: (context: CommandContext<Flags>, ...rest: Rest) => Promise<void>,
) {
  return async (...given: unknown[]): Promise<void> => {
    const rest = given.slice(0, -2) as Rest; // commander adds the options and the command
    const flags = given.at(-2) as Flags;
    try {
      checkQuery(flags.query);
      await run(flags, rest);
    } catch (error) {
      process.exitCode = exitOfError(error);
      sayWhy(error);
      if (process.exitCode === EXIT.interrupted) await leaveAtOnce();
    }
  };

  async function run(flags: Flags, rest: Rest): Promise<void> {
    let listener = sayOnce();
    const client = await connect(flags, { onRetry: ({ error }) => listener(error.message) });
    const hearRetries = (next: (message: string) => void) => {
      listener = next;
    };
    const [out, err] = [new Screen(STANDARD_OUTPUT), new Screen(STANDARD_ERROR)];
    await action({ client, flags, out, err, hearRetries }, ...rest);
  }
}

/**
 * Exits at once. Under npm a Ctrl-C arrives twice. A process that ends by itself removes its signal handlers first, so the
 * second Ctrl-C would kill it without its exit code. A process that calls `exit` keeps them until the end.
 */
async function leaveAtOnce(): Promise<never> {
  await flushed();
  process.exit();
}

function sayWhy(error: unknown): void {
  if (error instanceof ExitError && error.message === "") return; // Its message was printed before.
  if (error instanceof TaskscribeError) complain(refusalText(error));
  else if (isSurprise(error)) complain(inWords(error));
  else complain(error instanceof ConnectionError ? visible(advised(error)) : error);
}

/** Whether the error comes from reading an answer that has another form than a server of this version gives. */
function isSurprise(error: unknown): error is Error {
  return error instanceof TypeError || error instanceof RangeError || error instanceof SyntaxError;
}

/** What JavaScript says of it would help nobody; at log level debug the stack is printed. */
function inWords({ stack }: Error): Error {
  const error = new Error(
    "the answer of the server does not have the expected form; check that the endpoint is a Taskscribe server of this version",
  );
  return Object.assign(error, { stack });
}

/** The message with advice, and with the code and the request id, which lead to the manual and to the server's log. */
export function refusalText(error: TaskscribeError): string {
  const { code, requestId } = error;
  return visible(
    `${advised(error)} (${code}${requestId === undefined ? "" : `, request ${requestId}`})`,
  );
}

function advised(error: TaskscribeError | ConnectionError): string {
  const advice = adviceOn(error);
  return advice === undefined ? error.message : `${error.message.replace(/\.$/, "")}; ${advice}`;
}

const AGAIN_MS = 10_000;

/** Reports from time to time, not at every try, that the server cannot be reached. */
function sayOnce(): (message: string) => void {
  let saidAt = 0;
  return (message) => {
    if (Date.now() - saidAt < AGAIN_MS) return;
    saidAt = Date.now();
    complain(visible(`${message}; trying again`));
  };
}

/** A wrong command line is refused like any other bad input; 2 would mean that a task failed. */
export function refusedUsage(error: CommanderError): never {
  const code = error.exitCode === 0 ? EXIT.done : EXIT.refused;
  throw new CommanderError(code, error.code, error.message);
}
