import { DomainError } from "../../src/core/errors.ts";
import { openMemory } from "../../src/store/sqlite/sqlite-store.ts";
import type { Store, TaskCount } from "../../src/store/store.ts";
import type { Remains, Standing } from "./history.ts";
import { ACCOUNTS } from "./requests.ts";
import { EFFECT } from "./task-types.ts";
import type { World } from "./world.ts";

const ALL = 1_000_000;
const ALL_IDS = `SELECT id, account FROM tasks UNION ALL SELECT id, account FROM archived`;

/** What the store holds, read without the service. */
export async function remainsOf({ memory, webhooks }: World): Promise<Remains> {
  const store = openMemory(memory);
  const ids = memory.db.prepare(ALL_IDS).all() as { id: string; account: string }[];
  const rows = [];
  const log = [];
  for (const { id, account } of ids) {
    const row = await store.read(account, id);
    if (row !== undefined) rows.push(row);
    log.push(...(await store.readEvents({ account, taskId: id, after: 0, limit: ALL })));
  }
  log.sort((a, b) => a.position - b.position);
  const counts: Record<string, readonly TaskCount[]> = {};
  const effects: Record<string, number> = {};
  for (const account of ACCOUNTS) {
    counts[account] = await store.counts(account);
    Object.assign(effects, await effectsOf(store, account));
  }
  const archived = memory.db.prepare("SELECT id FROM archived").all();
  const told = [];
  for (const { id, account } of await webhooks.all()) {
    const letters = await webhooks.deadLetters(id, 0, ALL);
    told.push({ id, account, letters: letters.map(({ position }) => position) });
  }
  return {
    log,
    rows,
    counts,
    effects,
    archived: archived.map(({ id }) => String(id)),
    webhooks: told,
  };
}

async function effectsOf(store: Store, account: string): Promise<Record<string, number>> {
  const found = await store.listResources(account, { kind: EFFECT });
  return Object.fromEntries(found.map(({ id, data }) => [id, Number(data["count"])]));
}

/** Reads again while the simulated disk fails. */
async function readAnyhow<T>(read: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await read();
    } catch (error) {
      if (!(error instanceof DomainError) || error.code !== "StoreUnavailable") throw error;
    }
  }
}

/** Tasks that are open, and what the service says of each. */
export async function standings(world: World): Promise<readonly Standing[]> {
  const { life, memory, scheduler } = world;
  const open = await openMemory(memory).listOpen(undefined, ALL);
  const found = [];
  for (const { id, account, state, importedFrom } of open) {
    // There is no service to ask. The checker counts this as a task without a reason.
    const diagnosis = life && (await readAnyhow(() => life.engine.diagnose(account, id)));
    const imported = importedFrom !== undefined;
    const reasons = diagnosis?.reasons ?? [];
    found.push({ id, account, state, imported, now: scheduler.now, reasons });
  }
  return found;
}
