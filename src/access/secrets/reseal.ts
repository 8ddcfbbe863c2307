import type { StoredKey } from "../../store/access-store.ts";
import type { Administration } from "../administration.ts";
import type { Resealable } from "./secret-keeper.ts";

/** So few that the changes which wait meanwhile are not held up. */
const KEYS_AT_ONCE = 100;

/** The secrets of access keys. A damaged one stays as it is. */
export function resealableKeys(api: Administration): Resealable {
  const { ring, secrets, journal } = api.options;
  const { box } = secrets;
  /** What cannot be opened is not tried for ever. */
  const damaged = new Set<string>();
  const isOutdated = ({ id, sealed }: StoredKey) =>
    !box.isNewest(sealed) && !damaged.has(id) && !ring.isConfigured(id);
  const resealed = (key: StoredKey) => {
    try {
      return [{ ...key, sealed: box.seal(box.open(key.sealed, key.id), key.id) }];
    } catch {
      damaged.add(key.id);
      return [];
    }
  };
  return {
    name: "accessKeys",
    outdated: async () => ring.keys.filter(isOutdated).length,
    some: () =>
      api.turn(async () => {
        const some = ring.keys.filter(isOutdated).slice(0, KEYS_AT_ONCE);
        const changes = some.flatMap(resealed).map((key) => ({ type: "put-key", key }) as const);
        await journal.write([], changes);
        ring.apply(changes);
        return some.length === KEYS_AT_ONCE;
      }),
  };
}
