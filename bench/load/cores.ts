/** The server has the first core to itself, the load the second. */
export const SERVER_CORE = 0;
export const LOAD_CORE = 1;

const PINNER = "taskset";

/** The command line that runs a program on one core. */
export function onCore(
  core: number,
  program: string,
  args: readonly string[],
): readonly [program: string, args: readonly string[]] {
  return [PINNER, ["-c", String(core), program, ...args]];
}
