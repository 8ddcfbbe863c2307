/**
 * What one check says. `ok`: as it should be. `look`: somebody should look at it. `open`: it lets somebody in, or shows
 * something, without a proof.
 */
export interface Finding {
  /** What was checked, e.g. `TLS`. */
  readonly check: string;
  readonly state: "ok" | "look" | "open";
  /** What was found. */
  readonly found: string;
  /** What to do; empty if nothing. */
  readonly todo: string;
}

export function ok(check: string, found: string): Finding {
  return { check, state: "ok", found, todo: "" };
}

export function look(check: string, found: string, todo: string): Finding {
  return { check, state: "look", found, todo };
}

export function open(check: string, found: string, todo: string): Finding {
  return { check, state: "open", found, todo };
}

const SHOWN = 5;

/** The first few of these names, and how many more there are. */
export function some(names: readonly string[]): string {
  const more = names.length - SHOWN;
  return `${names.slice(0, SHOWN).join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}

export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
