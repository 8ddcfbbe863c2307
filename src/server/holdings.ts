// What an account has besides keys and policies, for its deletion: open tasks and webhooks.
import type { AccountHoldings } from "../access/accounts/account-holdings.ts";
import { DomainError } from "../core/errors.ts";
import { OPEN_STATES } from "../core/task.ts";
import type { Engine } from "../engine/engine.ts";
import type { Push } from "../push/push.ts";

const PAGE = 1_000;
const OPEN: ReadonlySet<string> = new Set(OPEN_STATES);

export function holdingsOf(engine: Engine, push: Push): AccountHoldings {
  return {
    openTasks: async (account) => {
      const counts = await engine.counts(account);
      return counts.reduce((sum, { state, count }) => sum + (OPEN.has(state) ? count : 0), 0);
    },
    cancelTasks: (account, requestId) => cancelOpenTasks(engine, account, requestId),
    removeWebhooks: async (account) => {
      for (const { id } of push.webhooks?.list(account) ?? []) {
        await push.webhooks?.remove(account, id);
      }
    },
  };
}

async function cancelOpenTasks(engine: Engine, account: string, requestId: string) {
  let cursor: string | undefined;
  do {
    const query = { account, states: OPEN_STATES, limit: PAGE };
    const page = await engine.list(cursor === undefined ? query : { ...query, cursor });
    for (const { id } of page.tasks) {
      try {
        const reason = `the account is deleted (request ${requestId})`;
        await engine.cancel(account, id, { by: "operator", reason });
      } catch (error) {
        // It ended meanwhile, or cannot be canceled: then it counts as open.
        if (!(error instanceof DomainError)) throw error;
      }
    }
    cursor = page.next;
  } while (cursor !== undefined);
}
