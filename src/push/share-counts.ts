/** What is counted for an account while it lasts. */
type PushKind = "streams" | "waits" | "holds";

/** Counts what the clients of each account have open, and says when it is too much; `Shares` of `access/` is one. */
export interface PushCounts {
  /** Counts one more. An error to throw: the account has no room for it, and nothing was counted. */
  take(account: string, kind: PushKind): Error | undefined;
  give(account: string, kind: PushKind): void;
  /** The most pollers that are remembered for an account. */
  pollers(account: string): number;
}

/** So many pollers are remembered for an account where nothing else is said. */
const REMEMBERED = 50_000;

/** Nothing is refused. */
export const NO_COUNTS: PushCounts = {
  take: () => undefined,
  give: () => {},
  pollers: () => REMEMBERED,
};
