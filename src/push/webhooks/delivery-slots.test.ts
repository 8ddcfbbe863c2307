import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { FakeClock, settle } from "../../../test/support/fake-clock.ts";
import { DeliverySlots } from "./delivery-slots.ts";
import { type DeliveryTarget, TargetBreaker } from "./target-breaker.ts";

const LIMITS = { all: 8, account: 3, webhook: 2 };
const TIMEOUT_MS = 10_000;

/** Deliveries over slots that all take the time of a timeout; says when each began. */
function deliveries(clock: FakeClock, slots: DeliverySlots) {
  const began: { readonly name: string; readonly at: number }[] = [];
  const deliver = async (account: string, webhook: string, name = account) => {
    const release = await slots.acquire(account, webhook);
    began.push({ name, at: clock.now() });
    clock.schedule(clock.now() + TIMEOUT_MS, release);
  };
  return { began, deliver };
}

describe("row 7: the slots of deliveries", () => {
  it("given an account whose hundred webhooks hang, when others deliver, then they begin at once", async () => {
    const clock = new FakeClock();
    const { began, deliver } = deliveries(clock, new DeliverySlots(LIMITS));
    for (let i = 0; i < 1_000; i++) void deliver("slow", `wh-${i % 100}`);
    await settle();
    assert.equal(began.length, LIMITS.account);
    for (const account of ["a", "b", "c", "d", "e"]) void deliver(account, `wh-${account}`);
    await settle();
    assert.deepEqual(
      began.slice(LIMITS.account).map(({ name, at }) => [name, at - clock.now()]),
      ["a", "b", "c", "d", "e"].map((name) => [name, 0]),
    );
  });

  it("given many accounts that wait, then they take turns, and within each its webhooks do", async () => {
    const clock = new FakeClock();
    const { began, deliver } = deliveries(clock, new DeliverySlots({ ...LIMITS, all: 1 }));
    for (const name of ["a1", "a1", "a2", "b1", "b1", "c1"]) {
      void deliver(name.slice(0, 1), `wh-${name}`, name);
    }
    for (let i = 0; i < 6; i++) await clock.advance(TIMEOUT_MS);
    assert.deepEqual(
      began.map(({ name }) => name),
      ["a1", "a1", "b1", "c1", "a2", "b1"],
    );
  });

  it("given one webhook with many deliveries, then no more than its own slots are under way", async () => {
    const clock = new FakeClock();
    const { began, deliver } = deliveries(clock, new DeliverySlots(LIMITS));
    for (let i = 0; i < 10; i++) void deliver("a", "wh-a");
    await settle();
    assert.equal(began.length, LIMITS.webhook);
    await clock.advance(TIMEOUT_MS);
    assert.equal(began.length, 2 * LIMITS.webhook);
  });
});

const target: DeliveryTarget = { account: "a", url: "https://slow.example/hook" };
const silence = { delivered: false as const, error: "no answer within 10000 ms" };

function paused(clock: FakeClock, failures = 5): TargetBreaker {
  const breaker = new TargetBreaker(() => clock.now());
  for (let i = 0; i < failures; i++) {
    assert.equal(breaker.refusal(target), undefined);
    breaker.ended(target, silence);
  }
  return breaker;
}

describe("row 7: a target that does not answer", () => {
  it("given five attempts in a row without an answer, then further ones fail at once, and one is made after the pause", async () => {
    const clock = new FakeClock();
    const breaker = paused(clock);
    assert.match(JSON.stringify(breaker.refusal(target)), /not tried: 5 attempts got no answer/);
    assert.equal(breaker.pausedUntil(target), clock.now() + 1_000);
    await clock.advance(1_000);
    assert.equal(breaker.refusal(target), undefined, "the probe");
    assert.notEqual(breaker.refusal(target), undefined, "beside the probe");
    breaker.ended(target, silence);
    assert.equal(breaker.pausedUntil(target), clock.now() + 2_000);
  });

  it("given a pause, when the probe gets any answer, then all attempts are made again", async () => {
    const clock = new FakeClock();
    const breaker = paused(clock);
    await clock.advance(1_000);
    assert.equal(breaker.refusal(target), undefined);
    breaker.ended(target, { delivered: false, status: 500, error: "the target answered 500" });
    for (let i = 0; i < 3; i++) assert.equal(breaker.refusal(target), undefined);
  });

  it("given attempts that began before the pause, when they end in it, then it does not grow", () => {
    const clock = new FakeClock();
    const breaker = paused(clock);
    const until = breaker.pausedUntil(target);
    for (let i = 0; i < 20; i++) breaker.ended(target, silence);
    assert.equal(breaker.pausedUntil(target), until);
  });

  it("grows its pause to a minute, and no further", async () => {
    const clock = new FakeClock();
    const breaker = paused(clock);
    for (let i = 0; i < 20; i++) {
      await clock.advance(60_000);
      assert.equal(breaker.refusal(target), undefined);
      breaker.ended(target, silence);
    }
    assert.equal(breaker.pausedUntil(target), clock.now() + 60_000);
  });

  it("is left alone for its account only, by host, and is forgotten with its webhook", () => {
    const breaker = paused(new FakeClock());
    const others = [
      { ...target, account: "b" },
      { ...target, url: "https://other.example/hook" },
    ];
    for (const other of others) assert.equal(breaker.refusal(other), undefined);
    assert.notEqual(breaker.refusal({ ...target, url: "https://slow.example/other" }), undefined);
    breaker.forget(target);
    assert.equal(breaker.refusal(target), undefined);
  });
});
