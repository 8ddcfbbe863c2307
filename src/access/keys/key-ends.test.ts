import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { fc } from "../../../test/support/properties.ts";
import type { StoredKey } from "../../store/access-store.ts";
import { KeyIndex } from "./key-index.ts";

const sessions = fc.array(
  fc.record({
    account: fc.constantFrom("a", "b"),
    id: fc.integer({ min: 0, max: 20 }),
    end: fc.integer({ min: 0, max: 50 }),
    removed: fc.boolean(),
  }),
  { maxLength: 60 },
);

function session({ account, id, end }: { account: string; id: number; end: number }): StoredKey {
  const key = { id: `${account}-${id}`, account, principal: "p", enabled: true, createdAt: 0 };
  return { ...key, sealed: "", temporary: { expiresAt: end } } as StoredKey;
}

describe("the ends of temporary keys", () => {
  it("are what a walk over all keys would find, whatever comes and goes", () => {
    fc.assert(
      fc.property(sessions, fc.integer({ min: 0, max: 51 }), (changes, moment) => {
        const index = new KeyIndex();
        for (const change of changes) {
          const key = session(change);
          if (change.removed) index.remove(key.id);
          else index.put(key);
        }
        for (const account of ["a", "b"]) {
          const walked = index.temporary(account).filter(({ temporary }) => {
            return (temporary?.expiresAt ?? 0) < moment;
          });
          const expected = walked.map(({ id }) => id).toSorted();
          assert.deepEqual([...index.endedBefore(account, moment)].toSorted(), expected);
          assert.equal(index.temporaryCount(account), index.temporary(account).length);
        }
      }),
    );
  });
});
