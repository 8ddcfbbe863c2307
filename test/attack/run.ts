import type { Attack } from "./attack.ts";
import { FLOODS } from "./floods.ts";
import { INPUTS } from "./inputs.ts";
import { OUTSIDE } from "./outside.ts";
import { RIGHTS } from "./rights.ts";
import { SHARES } from "./shares.ts";
import type { World } from "./world.ts";

export const ATTACKS: readonly Attack[] = [
  ...RIGHTS,
  ...INPUTS,
  ...SHARES,
  ...OUTSIDE,
  ...FLOODS,
].toSorted((a, b) => a.row - b.row);

export interface Outcome {
  readonly row: number;
  readonly name: string;
  readonly held: boolean;
  /** How the attack was stopped, or what it reached. */
  readonly how: string;
}

/** Runs the attacks one after the other. The server must live after each. */
export async function runAttacks(
  world: World,
  attacks: readonly Attack[],
  tell: (outcome: Outcome) => void = () => {},
): Promise<readonly Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const { row, name, run } of attacks) {
    const outcome = { row, name, ...(await tried(world, run)) };
    outcomes.push(outcome);
    tell(outcome);
  }
  return outcomes;
}

async function tried(world: World, run: Attack["run"]) {
  try {
    const how = await run(world);
    if ((await fetch(`${world.server.url}/healthz`)).status === 200) return { held: true, how };
    return { held: false, how: "the server does not answer any more" };
  } catch (error) {
    return { held: false, how: String((error as Error).message).slice(0, 600) };
  }
}
