import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type QuotaKeeper as Keeper, QuotaKeeper } from "./quotas.ts";

function keeper(quotas: ConstructorParameters<typeof QuotaKeeper>[0]) {
  const warned: object[] = [];
  const ignore = () => {};
  const log = {
    debug: ignore,
    info: ignore,
    warn: (facts: object) => void warned.push(facts),
    error: ignore,
  };
  return { quotas: new QuotaKeeper(quotas, log), warned };
}

function submit(quotas: Keeper, account = "a"): string {
  const denial = quotas.reserve(account);
  if (denial) return denial.code;
  quotas.submitted(account);
  quotas.release(account);
  return "in";
}

describe("quotas", () => {
  test("without quotas nothing is refused", () => {
    const { quotas } = keeper({});
    for (let i = 0; i < 1_000; i++) assert.equal(submit(quotas), "in");
    assert.equal(quotas.warning("a"), undefined);
  });

  test("of a single account go before those of all", () => {
    const accounts = { a: { openTasks: 1 }, b: { storedTasks: 7 } };
    const { quotas } = keeper({ openTasks: 2, accounts });
    assert.deepEqual([submit(quotas), submit(quotas)], ["in", "QuotaExceeded.OpenTasks"]);
    for (const account of ["b", "c"]) {
      const found = [1, 2, 3].map(() => submit(quotas, account));
      assert.deepEqual(found, ["in", "in", "QuotaExceeded.OpenTasks"]);
    }
    const limits = (account: string) => quotas.usageOf(account).map(({ limit }) => limit);
    assert.deepEqual(limits("a"), [1, Infinity, Infinity]);
    assert.deepEqual(limits("b"), [2, 7, Infinity]);
    assert.deepEqual(limits("nobody"), [2, Infinity, Infinity]);
  });

  test("of one account alone leave the others without any", () => {
    const { quotas } = keeper({ accounts: { a: { openTasks: 0 } } });
    assert.equal(submit(quotas), "QuotaExceeded.OpenTasks");
    assert.equal(submit(quotas, "__proto__"), "in");
  });

  test("a quota of open tasks has room again when a task ends", () => {
    const { quotas } = keeper({ openTasks: 2 });
    assert.deepEqual(
      [submit(quotas), submit(quotas), submit(quotas)],
      ["in", "in", "QuotaExceeded.OpenTasks"],
    );
    assert.equal(submit(quotas, "b"), "in");
    quotas.ended("a");
    assert.equal(submit(quotas), "in");
  });

  test("a quota of stored tasks has no room again when a task ends", () => {
    const { quotas } = keeper({ storedTasks: 1 });
    assert.equal(submit(quotas), "in");
    quotas.ended("a");
    assert.equal(submit(quotas), "QuotaExceeded.StoredTasks");
  });

  test("quotas hold for submissions at the same time", () => {
    const { quotas } = keeper({ openTasks: 1 });
    assert.equal(quotas.reserve("a"), undefined);
    assert.equal(quotas.reserve("a")?.status, 400);
    quotas.release("a"); // the first was refused by the product
    assert.equal(quotas.reserve("a"), undefined);
  });

  test("quotas warn before the limit: the caller each time, the log once", () => {
    const { quotas, warned } = keeper({ openTasks: 10 });
    for (let i = 0; i < 7; i++) submit(quotas);
    assert.equal(quotas.warning("a"), undefined);
    submit(quotas);
    assert.equal(quotas.warning("a"), "8 of 10 open tasks");
    assert.equal(quotas.warning("a"), "8 of 10 open tasks");
    assert.equal(warned.length, 1);
    for (let i = 0; i < 8; i++) quotas.ended("a");
    assert.equal(quotas.warning("a"), undefined);
    for (let i = 0; i < 8; i++) submit(quotas);
    quotas.warning("a");
    assert.equal(warned.length, 2);
  });
});
