// An error of a step's code that nothing catches fails the attempt, and does not end the process.
import { inspect } from "node:util";
import { reportUncaught } from "../../engine/local/uncaught-errors.ts";
import { visibleLines } from "../../visible.ts";

/**
 * Node ends a process for a rejected promise without handler and for an error in a timer. If a step's code caused it,
 * its attempt fails. Any other is a bug of Taskscribe or of the configuration. The state is unknown then, so the
 * process ends, and the next start continues from what is durable.
 *
 * A handler that calls `process.exit` gets an error instead. To be called before the first step runs.
 */
export function containUncaughtErrors(): void {
  const exit = process.exit.bind(process);
  const uncaught = (error: unknown) => {
    if (reportUncaught(error)) return;
    process.stderr.write(
      visibleLines(`nobody caught this, so the process ends: ${inspect(error)}\n`),
    );
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
