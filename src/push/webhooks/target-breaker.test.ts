import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { FakeClock } from "../../../test/support/fake-clock.ts";
import { type DeliveryTarget, TargetBreaker } from "./target-breaker.ts";

const target: DeliveryTarget = { account: "a", url: "https://slow.example/hook" };
const silence = { delivered: false as const, error: "no answer within 10000 ms" };
const answer = { delivered: false as const, status: 500, error: "the target answered 500" };

/** A breaker whose target was left without an answer five times in a row. */
function paused() {
  const clock = new FakeClock();
  const breaker = new TargetBreaker(clock);
  for (let i = 0; i < 5; i++) {
    assert.equal(breaker.refusal(target), undefined);
    breaker.begin(target)(silence);
  }
  return { clock, breaker };
}

describe("row 7: a target that does not answer", () => {
  it("given five attempts in a row without an answer, then further ones fail at once, and one is made after the pause", async () => {
    const { clock, breaker } = paused();
    assert.match(JSON.stringify(breaker.refusal(target)), /not tried: 5 attempts got no answer/);
    assert.equal(breaker.pausedUntil(target), clock.now() + 1_000);
    await clock.advance(1_000);
    assert.equal(breaker.refusal(target), undefined, "the probe");
    const probe = breaker.begin(target);
    assert.notEqual(breaker.refusal(target), undefined, "beside the probe");
    probe(silence);
    assert.equal(breaker.pausedUntil(target), clock.now() + 2_000);
  });

  it("given a pause, when the probe gets any answer, then all attempts are made again", async () => {
    const { clock, breaker } = paused();
    await clock.advance(1_000);
    breaker.begin(target)(answer);
    for (let i = 0; i < 3; i++) {
      assert.equal(breaker.refusal(target), undefined);
      breaker.begin(target);
    }
  });

  it("given a burst of attempts that began together, when all get no answer, then the pause is the first one, and the next the second", async () => {
    const clock = new FakeClock();
    const breaker = new TargetBreaker(clock);
    const burst = Array.from({ length: 20 }, () => breaker.begin(target));
    for (const ended of burst) ended(silence);
    assert.equal(breaker.pausedUntil(target), clock.now() + 1_000);
    await clock.advance(1_000);
    breaker.begin(target)(silence);
    assert.equal(breaker.pausedUntil(target), clock.now() + 2_000);
  });

  it("given a probe under way, when an earlier attempt or one that was asked for ends, then it does not count as the probe", async () => {
    const clock = new FakeClock();
    const breaker = new TargetBreaker(clock);
    const early = breaker.begin(target);
    for (let i = 0; i < 5; i++) breaker.begin(target)(silence);
    await clock.advance(1_000);
    const probe = breaker.begin(target);
    early(silence);
    breaker.begin(target, true)(silence);
    assert.notEqual(breaker.refusal(target), undefined, "no second probe");
    assert.equal(breaker.pausedUntil(target), undefined, "no new pause");
    probe(silence);
    assert.equal(breaker.pausedUntil(target), clock.now() + 2_000);
  });

  it("given a probe that is called off, then another attempt may be the probe", async () => {
    const { clock, breaker } = paused();
    await clock.advance(1_000);
    breaker.begin(target)(undefined);
    assert.equal(breaker.refusal(target), undefined);
  });

  it("grows its pause to a minute, and no further", async () => {
    const { clock, breaker } = paused();
    for (let i = 0; i < 20; i++) {
      await clock.advance(60_000);
      assert.equal(breaker.refusal(target), undefined);
      breaker.begin(target)(silence);
    }
    assert.equal(breaker.pausedUntil(target), clock.now() + 60_000);
  });

  it("row 23: given a clock that is set by an hour, then the pause stays as long as it was", async () => {
    for (const ms of [-3_600_000, 3_600_000]) {
      const { clock, breaker } = paused();
      clock.jump(ms);
      assert.equal(breaker.pausedUntil(target), clock.now() + 1_000);
      assert.notEqual(breaker.refusal(target), undefined);
      await clock.advance(1_000);
      assert.equal(breaker.refusal(target), undefined);
    }
  });

  it("is left alone for its account only, by host, until it is forgotten", () => {
    const { breaker } = paused();
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
