import type { Task } from "../../core/task.ts";
import type { Append, ClaimedToken, RecordedEvents, Store, TokenClaim } from "../../store/store.ts";

/** The idempotency token of a command: the same command with it is carried out once. */
export interface Once {
  readonly account: string;
  readonly claim: TokenClaim;
  /** @throws DomainError `TokenMismatch` if the token was used for something else. */
  readonly check: (known: ClaimedToken) => void;
}

/** Whether the command has been carried out before, by its token. @throws DomainError `TokenMismatch` */
export async function isRepeat(
  store: Pick<Store, "findToken">,
  { account, claim, check }: Once,
): Promise<boolean> {
  const known = await store.findToken(account, claim.scope, claim.token);
  if (known !== undefined) check(known);
  return known !== undefined;
}

/** An append that claims a token alone. */
export function nothingOf(task: Task): Append {
  return { taskId: task.id, expectedVersion: task.version, events: [], task };
}

/** Whether these events of the log were written by that append. */
export function isFrom({ events }: Append, recorded: RecordedEvents): boolean {
  return JSON.stringify(events) === JSON.stringify(recorded.events);
}
