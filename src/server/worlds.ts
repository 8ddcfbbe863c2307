// Gives every account its demonstration world.
import { type Config, DEFAULT_CONFIG } from "../config/settings.ts";
import type { Product } from "../core/product.ts";
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
): Promise<boolean> {
  const isNew = await makeWorld(store, account, products);
  for (const { id } of ring.accounts) await makeWorld(store, id, products);
  return isNew;
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
  return JSON.parse(JSON.stringify(world).replaceAll(DEFAULT_CONFIG.account, account));
}
