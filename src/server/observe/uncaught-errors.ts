// An error that a step's code throws where nobody catches it fails that attempt, and not the whole process.
import { inspect } from "node:util";
import { reportUncaught } from "../../engine/local/uncaught-errors.ts";

/**
 * Node ends a process for a promise that nobody awaits and for an error in a timer. Those of a step's code fail its
 * attempt. Any other is a mistake of ours or of the configuration: nobody knows what state it left, so the process
 * ends as it would have, and the next start goes on from what is durable.
 *
 * A handler that calls `process.exit` gets an error instead. To be called before the first step runs.
 */
export function containUncaughtErrors(): void {
  const exit = process.exit.bind(process);
  const uncaught = (error: unknown) => {
    if (reportUncaught(error)) return;
    process.stderr.write(`nobody caught this, so the process ends: ${inspect(error)}\n`);
    exit(1);
  };
  process.on("uncaughtException", uncaught);
  process.on("unhandledRejection", uncaught);
  process.exit = (code) => {
    const error = new Error("a step called process.exit; a step ends by returning or throwing");
    if (reportUncaught(error)) throw error;
    return exit(code);
  };
}
