import assert from "node:assert/strict";
import { beforeEach, describe, test } from "node:test";
import { fc } from "../../test/support/properties.ts";
import { RequestTurns } from "./request-turns.ts";

/** How long the work on a request takes, in ms. */
const WORK_MS = 0.25;

let clock: number;
let soon: (() => void)[];
let turns: RequestTurns;
/** The accounts whose requests were worked on, in that order. */
let worked: string[];

beforeEach(() => {
  clock = 0;
  soon = [];
  worked = [];
  turns = new RequestTurns({ now: () => clock, soon: (callback) => void soon.push(callback) });
});

function request(account: string, ms = WORK_MS): void {
  const work = () => {
    worked.push(account);
    clock += ms;
  };
  if (turns.mayBegin(account)) work();
  else turns.wait(account, work);
}

function requests(account: string, count: number): void {
  for (let i = 0; i < count; i++) request(account);
}

/** What was worked on until the event loop has read what arrived, by account. */
function turn(): Record<string, number> {
  for (const callback of soon.splice(0)) callback();
  const counts: Record<string, number> = {};
  for (const account of worked.splice(0)) counts[account] = (counts[account] ?? 0) + 1;
  return counts;
}

describe("requests of several accounts", () => {
  test("given one account alone, nothing waits and nothing is scheduled", () => {
    requests("a", 1_000);
    assert.deepEqual(turn(), { a: 1_000 });
    assert.equal(soon.length, 0);
  });

  test("given one that sends many, the other's are worked on in the same turn", () => {
    request("b");
    requests("a", 500);
    requests("b", 3);
    const first = turn();
    assert.equal(first["b"], 4);
    // 32 as they came, and the next one; then as many in each turn as fit into a millisecond.
    assert.equal(first["a"], 33);
    assert.deepEqual(turn(), { a: 4 });
  });

  test("given so few that they are soon worked on, none waits", () => {
    request("b");
    turn();
    for (let i = 0; i < 60; i++) request(i % 2 === 0 ? "b" : "a");
    assert.equal(worked.length, 60);
  });

  test("given accounts that all have requests waiting, each has a millisecond of each turn", () => {
    request("d");
    for (const account of ["a", "b", "c"]) requests(account, 100);
    turn();
    for (let i = 0; i < 3; i++) assert.deepEqual(turn(), { a: 4, b: 4, c: 4 });
  });

  test("given requests that take long and others that do not, each account has the same time", () => {
    request("d");
    for (let i = 0; i < 100; i++) request("slow", 5);
    requests("quick", 200);
    turn();
    const sums = { slow: 0, quick: 0 };
    for (let i = 0; i < 30; i++) {
      const { slow = 0, quick = 0 } = turn();
      sums.slow += slow * 5;
      sums.quick += quick * WORK_MS;
    }
    assert.ok(Math.abs(sums.slow - sums.quick) <= 6, JSON.stringify(sums));
  });

  test("given very many accounts, new requests are read after eight milliseconds", () => {
    request("d");
    for (let i = 0; i < 200; i++) requests(`a${i}`, 40);
    turn();
    const began = clock;
    turn();
    assert.ok(clock - began <= 8 + WORK_MS, String(clock - began));
  });

  test("given work that takes longer than a turn, one request is worked on in each", () => {
    request("b");
    for (let i = 0; i < 36; i++) request("a", 50);
    turn();
    assert.deepEqual(turn(), { a: 1 });
    assert.deepEqual(turn(), { a: 1 });
  });

  test("given that the others have been quiet for a second, one is alone again", () => {
    request("b");
    requests("a", 60);
    while (soon.length > 0) turn();
    clock += 1_001;
    request("a");
    turn();
    requests("a", 100);
    assert.deepEqual(turn(), { a: 100 });
    assert.equal(soon.length, 0);
  });

  test("all are worked on once, those of an account in the order in which they came", () => {
    const arrivals = fc.array(fc.tuple(fc.nat({ max: 3 }), fc.nat({ max: 30 })), { maxLength: 40 });
    fc.assert(
      fc.property(arrivals, (all) => {
        const order = new RequestTurns({ now: () => clock, soon: (one) => void soon.push(one) });
        const done: number[][] = [[], [], [], []];
        const sent: number[][] = [[], [], [], []];
        let next = 0;
        const ask = (account: number) => {
          const id = next++;
          sent[account]?.push(id);
          const work = () => {
            done[account]?.push(id);
            clock += WORK_MS;
          };
          if (order.mayBegin(String(account))) work();
          else order.wait(String(account), work);
        };
        for (const [account, count] of all) {
          for (let i = 0; i < count; i++) ask(account);
          soon.shift()?.();
        }
        while (soon.length > 0) soon.shift()?.();
        assert.deepEqual(done, sent);
      }),
    );
  });
});
