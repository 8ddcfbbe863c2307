import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Turnstile } from "./turnstile.ts";

/** Lets each of the works pass, and notes in which turn of the event loop it began. */
async function turnsOf(works: readonly (readonly [account: string, taskId: string])[]) {
  const turnstile = new Turnstile();
  let turn = 0;
  const began: (readonly [string, number])[] = [];
  const all = works.map(async ([account, taskId]) => {
    const wait = turnstile.pass(account, taskId);
    if (wait !== undefined) await wait;
    began.push([taskId, turn]);
  });
  while (began.length < works.length) {
    await new Promise((resolve) => setImmediate(resolve));
    turn++;
  }
  await Promise.all(all);
  return began;
}

const many = (account: string, taskId: string, count: number) =>
  Array.from({ length: count }, () => [account, taskId] as const);

describe("turnstile (row 4 of issue 15)", () => {
  it("lets a little work pass at once, without a promise", () => {
    const turnstile = new Turnstile();
    for (const [account, taskId] of many("a", "t", 10)) {
      assert.equal(turnstile.pass(account, taskId), undefined);
    }
  });

  it("begins no more than its share in each turn, in the order in which it came", async () => {
    const began = await turnsOf(many("a", "t", 1_000));
    const perTurn = new Map<number, number>();
    for (const [, turn] of began) perTurn.set(turn, (perTurn.get(turn) ?? 0) + 1);
    assert.ok(Math.max(...perTurn.values()) <= 64, `${[...perTurn.values()]}`);
    assert.ok(perTurn.size >= 15);
  });

  it("lets another task, and another account, wait for a turn or two only", async () => {
    const began = await turnsOf([
      ...many("a", "big", 5_000),
      ["a", "small"],
      ...many("b", "busy", 5_000),
      ["c", "alone"],
    ]);
    const turnOf = (name: string) => began.find(([taskId]) => taskId === name)?.[1] ?? 999;
    assert.ok(turnOf("small") <= 3 && turnOf("alone") <= 3, `${began.slice(-1)}`);
  });

  it("rests when nobody waits", async () => {
    await turnsOf(many("a", "t", 100));
    for (let i = 0; i < 3; i++) await new Promise((resolve) => setImmediate(resolve));
    assert.ok(!process.getActiveResourcesInfo().includes("Immediate"));
  });
});
