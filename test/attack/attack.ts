import type { World } from "./world.ts";

/** One attack on a running server. */
export interface Attack {
  /** The row of the table in docs/security.md. */
  readonly row: number;
  readonly name: string;
  /** Tries to do what must not be possible. @returns how it was stopped @throws if it was not stopped */
  run(world: World): Promise<string>;
}
