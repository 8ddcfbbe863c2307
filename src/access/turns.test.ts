import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Turns } from "./turns.ts";

/** Changes that end when the test says so. */
function changes() {
  const turns = new Turns();
  const begun: string[] = [];
  const ends: (() => void)[] = [];
  const take = (account: string, name: string) =>
    turns.take(account, () => {
      begun.push(name);
      return new Promise<string>((resolve) => ends.push(() => resolve(name)));
    });
  const endNext = async () => {
    ends.shift()?.();
    await new Promise(setImmediate);
  };
  return { turns, begun, take, endNext };
}

describe("turns of changes", () => {
  test("run one at a time, in their order, and accounts take turns", async () => {
    const { begun, take, endNext } = changes();
    const all = [take("a", "a1"), take("a", "a2"), take("a", "a3"), take("b", "b1")];
    assert.deepEqual(begun, ["a1"]);
    for (let i = 0; i < 4; i++) await endNext();
    assert.deepEqual(begun, ["a1", "a2", "b1", "a3"]);
    assert.deepEqual(await Promise.all(all), ["a1", "a2", "a3", "b1"]);
  });

  test("go on after one that fails", async () => {
    const { turns } = changes();
    const failed = turns.take("a", async () => {
      throw new Error("no");
    });
    const next = turns.take("a", async () => "done");
    await assert.rejects(failed, /no/);
    assert.equal(await next, "done");
  });

  test("of one account that wait are bounded, and those of the others are not refused for it", async () => {
    const { take } = changes();
    for (let i = 0; i < 101; i++) void take("a", `a${i}`);
    assert.throws(() => take("a", "more"), {
      code: "ResourceBusy",
      message: /^100 changes of keys and policies of the account a wait already/,
    });
    void take("b", "b1");
  });
});
