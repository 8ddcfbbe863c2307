import { join } from "node:path";
import { root } from "./steps.ts";

/** Where runs of tests keep what they make once for all their processes. */
export const TEST_CACHE = join(root, "node_modules/.cache/taskscribe-tests");

/** Processes started from here on share compiled modules: most of the time of a small test is spent on compiling them. */
export function useCompileCache(): void {
  process.env["NODE_COMPILE_CACHE"] ??= join(TEST_CACHE, "compiled");
}
