import { join } from "node:path";
import { nodeFlagsOf } from "../../scripts/node-flags.ts";

const SOURCE = join(import.meta.dirname, "../../src/cli/main.ts");

/** The file that starts `taskscribe`: the bundle that a run of all tests has made (scripts/test-program.ts), else the source. */
export const MAIN = process.env["TASKSCRIBE_TEST_PROGRAM"] ?? SOURCE;

/** The same with the flags of Node that the command itself has. */
export const COMMAND: readonly string[] = [...nodeFlagsOf(MAIN), MAIN];
