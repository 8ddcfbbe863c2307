import { Command, CommanderError, Option } from "commander";
import { ConnectionError, type TaskscribeClient, TaskscribeError } from "../client/index.ts";
import { adviceOn } from "./advice.ts";
import { type ConnectionFlags, connect } from "./connection.ts";
import { EXIT, ExitError, exitOfError } from "./exit-codes.ts";
import { complain } from "./output.ts";
import { checkQuery, FORMATS, type ResultFlags } from "./result.ts";
import { Screen } from "./terminal/screen.ts";

export type TaskFlags = ConnectionFlags & ResultFlags;

/** What the action of a command about tasks works with. */
export interface CommandContext<Flags extends TaskFlags = TaskFlags> {
  readonly client: TaskscribeClient;
  readonly flags: Flags;
  /** Results. */
  readonly out: Screen;
  /** Everything else: progress, questions, complaints. */
  readonly err: Screen;
  /** Who hears that the server could not be reached and is asked again; a line on standard error unless told. */
  hearRetries(listener: (message: string) => void): void;
}

interface Described {
  readonly about: string;
  /** `[command line, what it does]` */
  readonly examples: readonly (readonly [line: string, meaning: string])[];
  /** Codes of its own, beside 0, 1, 6, 7. */
  readonly codes?: Readonly<Record<number, string>>;
  /** Whether it may meet a task that is not there. */
  readonly byId?: boolean;
}

/** A command that asks a server about tasks: where that is, how the result is printed, a page of help. */
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

/** Runs a command's action with everything it needs. Complaints are words, and end with the right code. */
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
    const out = new Screen(process.stdout);
    await action({ client, flags, out, err: new Screen(process.stderr), hearRetries }, ...rest);
  }
}

/**
 * Under npm a Ctrl-C comes twice. A process that ends by itself takes its signal handlers down first, and the second
 * Ctrl-C would kill it there, without its exit code; one that exits keeps them to the last.
 */
async function leaveAtOnce(): Promise<never> {
  for (const stream of [process.stdout, process.stderr]) {
    await new Promise<unknown>((said) => stream.write("", said));
  }
  process.exit();
}

function sayWhy(error: unknown): void {
  if (error instanceof ExitError && error.message === "") return; // it is said already
  if (error instanceof TaskscribeError) complain(refusalText(error));
  else complain(error instanceof ConnectionError ? advised(error) : error);
}

/** With what to do, and with what finds it in the manual and in the server's log. */
export function refusalText(error: TaskscribeError): string {
  const { code, requestId } = error;
  return `${advised(error)} (${code}${requestId === undefined ? "" : `, request ${requestId}`})`;
}

function advised(error: TaskscribeError | ConnectionError): string {
  const advice = adviceOn(error);
  return advice === undefined ? error.message : `${error.message.replace(/\.$/, "")}; ${advice}`;
}

const AGAIN_MS = 10_000;

/** A server that is away is told of now and then, not at every try. */
function sayOnce(): (message: string) => void {
  let saidAt = 0;
  return (message) => {
    if (Date.now() - saidAt < AGAIN_MS) return;
    saidAt = Date.now();
    complain(`${message}; trying again`);
  };
}

/** A wrong command line is refused like any other bad input; 2 would mean that a task failed. */
export function refusedUsage(error: CommanderError): never {
  const code = error.exitCode === 0 ? EXIT.done : EXIT.refused;
  throw new CommanderError(code, error.code, error.message);
}
