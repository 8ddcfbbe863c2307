// Gives every account its demonstration world.
import { type Config, DEFAULT_CONFIG } from "../config/settings.ts";
import type { Product } from "../core/product.ts";
import type { Store } from "../store/store.ts";
import type { Access } from "./access.ts";

/** A mark among the resources: this account got its world, and what was removed since stays removed. */
const WORLD_MARK = { kind: "taskscribe.world", id: "made" };

/** Every account has its own; made now for those that were made while no server ran. */
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

/** The world names its owner, in the ids of BDRC's resources for one: each account's copy names its own. */
function ownedBy(account: string, world: Product["world"]): Product["world"] {
  return JSON.parse(JSON.stringify(world).replaceAll(DEFAULT_CONFIG.account, account));
}
