// What an account has besides keys and policies, for its deletion: open tasks and webhooks.
import type { AccountHoldings } from "../access/accounts/account-holdings.ts";
import { DomainError } from "../core/errors.ts";
import { OPEN_STATES } from "../core/task.ts";
import type { Engine } from "../engine/engine.ts";
import { Pace, walk } from "../pace.ts";
import type { Push } from "../push/push.ts";

const PAGE = 100;
/** Where the first page begins. */
const FIRST = "";
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
  const query = { account, states: OPEN_STATES, limit: PAGE };
  const read = async (cursor: string) => {
    const page = await engine.list(cursor === FIRST ? query : { ...query, cursor });
    return { items: page.tasks, next: page.next };
  };
  await walk(new Pace(account), FIRST, read, async ({ id }) => {
    try {
      const reason = `the account is deleted (request ${requestId})`;
      await engine.cancel(account, id, { by: "operator", reason });
    } catch (error) {
      // It ended meanwhile, or cannot be canceled: then it counts as open.
      if (!(error instanceof DomainError)) throw error;
    }
  });
}
