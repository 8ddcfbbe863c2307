import { Command, CommanderError } from "commander";
import { ConfigError } from "../config/config-error.ts";
import { DomainError } from "../core/errors.ts";
import { endWithReaders, outliveReaders } from "./closed-pipes.ts";
import { serveCommand } from "./commands/serve.ts";
import { complain, PRINTED } from "./output.ts";
import { packageVersion } from "./version.ts";

/** Exit codes: 0 done, 1 an error, 2 a wrong command line or setting. */
const EXIT = { failed: 1, usage: 2 };
const ADVICE = "(add --help for what is possible)";

/** For `serve` only that command is loaded. The others, with the client, would take a fifth of a start. */
async function buildProgram(argv: readonly string[]): Promise<Command> {
  const program = new Command("taskscribe")
    .description("Durable asynchronous tasks that answer like Alibaba Cloud's task APIs.")
    .version(packageVersion(), "-v, --version", "print the version")
    .helpOption("-h, --help", "print this help")
    .showHelpAfterError(ADVICE)
    .exitOverride()
    .configureOutput(PRINTED);
  if (argv[2] === "serve") {
    return program.addCommand(
      serveCommand().configureOutput(PRINTED).exitOverride().showHelpAfterError(ADVICE),
    );
  }
  const { addCommands } = await import("./all-commands.ts");
  addCommands(program);
  return program;
}

/** Runs a command line. It sets the exit code and never throws. */
export async function run(argv: readonly string[]): Promise<void> {
  if (argv[2] === "serve") outliveReaders();
  else endWithReaders();
  try {
    const program = await buildProgram(argv);
    await program.parseAsync([...argv]);
  } catch (error) {
    process.exitCode = exitCodeOf(error);
    if (!(error instanceof CommanderError)) complain(error);
  }
}

function exitCodeOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 1 ? EXIT.usage : error.exitCode;
  if (error instanceof ConfigError) return EXIT.usage;
  if (!(error instanceof DomainError)) return EXIT.failed;
  // An error that names a parameter is about a setting, such as a data directory that cannot be used.
  const isUsage = error.code === "InvalidParameter" || error.facts["parameter"] !== undefined;
  return isUsage ? EXIT.usage : EXIT.failed;
}
