// Gives every account its demonstration world.
import { type Config, DEFAULT_CONFIG } from "../config/settings.ts";
import type { Json, JsonObject } from "../core/json.ts";
import type { Product } from "../core/product.ts";
import type { Log } from "../log.ts";
import type { Store } from "../store/store.ts";
import type { Access } from "./access.ts";

/** A resource that says that an account got its world already: what was removed from it since then stays removed. */
const WORLD_MARK = { kind: "taskscribe.world", id: "made" };

/**
 * Makes the world of every account that has none yet, such as one that was made while no server ran. Returns whether the
 * account of unchecked callers is among them, as in a new data directory.
 */
export async function makeWorlds(
  store: Store,
  { ring }: Access,
  { account }: Config,
  products: readonly Product[],
  log: Log,
): Promise<boolean> {
  const isNew = await tryWorld(store, account, products, log);
  for (const { id } of ring.accounts) await tryWorld(store, id, products, log);
  return isNew;
}

/** An account whose world cannot be made goes on without it: one account keeps no server from starting. */
async function tryWorld(store: Store, account: string, products: readonly Product[], log: Log) {
  try {
    return await makeWorld(store, account, products);
  } catch (error) {
    log.error({ err: error, account }, "the demonstration world of an account could not be made");
    return false;
  }
}

export async function makeWorld(
  store: Store,
  account: string,
  products: readonly Product[],
): Promise<boolean> {
  if (await store.readResource(account, WORLD_MARK.kind, WORLD_MARK.id)) return false;
  const world = products.flatMap((product) => product.world);
  await store.seedResources(account, [...ownedBy(account, world), { ...WORLD_MARK, data: {} }]);
  return true;
}

/** The world has its owner's id in it, for instance in the ids of BDRC's resources; each copy gets its own owner's. */
function ownedBy(account: string, world: Product["world"]): Product["world"] {
  return world.map((resource) => ({
    ...resource,
    id: replaced(resource.id, account) as string,
    data: replaced(resource.data, account) as JsonObject,
  }));
}

/** Replaces the owner in every text, and where it stands as a number: there an id that is no number is 0. */
function replaced(value: Json, account: string): Json {
  if (typeof value === "string") return value.replaceAll(DEFAULT_CONFIG.account, () => account);
  if (value === Number(DEFAULT_CONFIG.account)) return ownerNumber(account);
  if (Array.isArray(value)) return value.map((one: Json) => replaced(one, account));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, one]) => [name, replaced(one, account)]),
  );
}

function ownerNumber(account: string): number {
  const number = /^\d+$/.test(account) ? Number(account) : 0;
  return Number.isSafeInteger(number) ? number : 0;
}
