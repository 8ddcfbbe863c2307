import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { FakeClock, settle } from "../../../test/support/fake-clock.ts";
import { DeliverySlots } from "./delivery-slots.ts";

const OF_ACCOUNT = 3;
const LIMITS = { all: 8, account: () => OF_ACCOUNT, webhook: 2 };
const TIMEOUT_MS = 10_000;

/** Deliveries over slots that all take the time of a timeout; says when each began. */
function deliveries(clock: FakeClock, slots: DeliverySlots) {
  const began: { readonly name: string; readonly at: number }[] = [];
  const deliver = async (account: string, webhook: string, name = account) => {
    const { release } = await slots.acquire(account, webhook);
    began.push({ name, at: clock.now() });
    clock.after(TIMEOUT_MS, release);
  };
  return { began, deliver };
}

describe("row 7: the slots of deliveries", () => {
  it("given an account whose hundred webhooks hang, when others deliver, then they begin at once", async () => {
    const clock = new FakeClock();
    const { began, deliver } = deliveries(clock, new DeliverySlots(LIMITS));
    for (let i = 0; i < 1_000; i++) void deliver("slow", `wh-${i % 100}`);
    await settle();
    assert.equal(began.length, OF_ACCOUNT);
    for (const account of ["a", "b", "c", "d", "e"]) void deliver(account, `wh-${account}`);
    await settle();
    assert.deepEqual(
      began.slice(OF_ACCOUNT).map(({ name, at }) => [name, at - clock.now()]),
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
