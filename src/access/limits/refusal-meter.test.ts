import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { record } from "../../../test/contracts/access-store-contract.ts";
import { fc } from "../../../test/support/properties.ts";
import type { AuditRecord } from "../../store/access-store.ts";
import { RefusalMeter } from "./refusal-meter.ts";

const SECOND = 1_000;
const refusal = (at: number, over: Partial<AuditRecord> = {}) => ({
  ...record({ at, outcome: "refused", reason: "wrong-signature", ...over }),
  resource: () => "acs:cs:*:a:cluster/c",
});
const total = (records: readonly AuditRecord[]) =>
  records.reduce((sum, { count }) => sum + count, 0);

describe("refusals", () => {
  test("the first refusal of a kind is written at once, its repeats as one sum after a second", () => {
    const meter = new RefusalMeter();
    assert.equal(meter.note(refusal(0)).length, 1);
    assert.equal(meter.note(refusal(1)).length, 0);
    assert.equal(meter.note(refusal(2)).length, 0);
    assert.equal(meter.hasSums, true);
    const next = meter.note(refusal(SECOND));
    assert.deepEqual(
      next.map(({ at, count }) => [at, count]),
      [
        [1, 2],
        [SECOND, 1],
      ],
    );
  });

  test("the resource is found out only for what is written", () => {
    const meter = new RefusalMeter();
    let asked = 0;
    const resource = () => `acs:cs:*:a:cluster/${++asked}`;
    const written = [];
    for (let i = 0; i < 1_000; i++) {
      written.push(...meter.note({ ...refusal(SECOND + Math.floor(i / 2)), resource }));
    }
    written.push(...meter.close(2 * SECOND));
    assert.deepEqual(
      written.map((one) => [one.resource, one.count]),
      [
        ["acs:cs:*:a:cluster/1", 1],
        ["acs:cs:*:a:cluster/2", 999],
      ],
    );
    assert.equal(asked, 2);
  });

  test("refusals of different kinds are counted separately", () => {
    const meter = new RefusalMeter();
    assert.equal(meter.note(refusal(0)).length, 1);
    assert.equal(meter.note(refusal(0, { source: "192.0.2.9" })).length, 1);
    assert.equal(meter.note(refusal(0, { reason: "unknown-key" })).length, 1);
  });

  test("any number of refusals is counted, in a few hundred records a second", () => {
    const meter = new RefusalMeter();
    const written: AuditRecord[] = [];
    for (let i = 0; i < 10_000; i++) {
      written.push(...meter.note(refusal(1, { source: `192.0.2.${i}` })));
    }
    written.push(...meter.close(undefined));
    assert.equal(total(written), 10_000);
    assert.ok(written.length <= 201, String(written.length));
  });
});

const MINUTE = 60 * SECOND;

describe("refusals of one caller do not hide those of another (row 10)", () => {
  const anybody = { account: "", actor: "", accessKeyId: "" };
  const attack = fc.record({
    account: fc.constantFrom("", "victim", "attacker"),
    accessKeyId: fc.string({ maxLength: 6 }),
    action: fc.string({ maxLength: 6 }),
    reason: fc.string({ maxLength: 6 }),
    code: fc.string({ maxLength: 4 }),
    source: fc.nat(300).map((i) => `198.51.${i >> 8}.${i & 255}`),
  });
  const victims: readonly Partial<AuditRecord>[] = [
    { account: "victim", actor: "acs:ram::victim:user/ada", source: "192.0.2.1" },
    { ...anybody, account: "victim", accessKeyId: "LTAIvictim", source: "192.0.2.2" },
  ];

  /** Sends the attacks, then the victim's two refusals; returns the victim's own records and everything written. */
  function attacked(attacks: readonly Partial<AuditRecord>[]) {
    const meter = new RefusalMeter();
    const written = attacks.flatMap((one, i) => meter.note(refusal(i, one)));
    const at = attacks.length;
    const [own = [], claimed = []] = victims.map((one) => meter.note(refusal(at, one)));
    written.push(...own, ...claimed, ...meter.close(undefined));
    assert.equal(total(written), attacks.length + 2, "all are counted");
    const named = written.filter(({ account }) => account === "victim");
    const asked = attacks.filter(({ account }) => account === "victim").length;
    assert.equal(total(named), asked + 2, "the victim's entries count all that named it");
    return { own, claimed };
  }
  const floods = fc.array(attack, { minLength: 200, maxLength: 400 });

  test("whatever another account sends, an account's own first refusals are written at once, and all are counted", () => {
    const proven = { account: "attacker", actor: "acs:ram::attacker:user/eve" };
    const property = fc.property(floods, (flood) => {
      const { own, claimed } = attacked(flood.map((one) => ({ ...one, ...proven })));
      assert.deepEqual([own.length, claimed.length], [1, 1]);
    });
    fc.assert(property, { numRuns: 30 });
  });

  test("whatever unproven callers of many addresses send, also in the account's name, its own refusals are written at once", () => {
    const property = fc.property(floods, (flood) => {
      const { own } = attacked(flood.map((one) => ({ ...one, actor: "" })));
      assert.equal(own.length, 1);
    });
    fc.assert(property, { numRuns: 30 });
  });

  test("one address that floods leaves the first refusals of every other address", () => {
    const meter = new RefusalMeter();
    for (let i = 0; i < 5_000; i++) {
      meter.note(refusal(1, { ...anybody, source: "198.51.100.1", accessKeyId: `k${i}` }));
      meter.note(
        refusal(1, { ...anybody, source: `2001:db8:1:1::${i.toString(16)}`, action: `a${i}` }),
      );
    }
    for (let i = 0; i < 10; i++) {
      const next = meter.note(refusal(1, { ...anybody, source: `192.0.2.${i}` }));
      assert.equal(next.length, 1, `address ${i}`);
    }
  });

  test("a minute's summary says how many, of what and from where, and names few addresses", () => {
    const meter = new RefusalMeter();
    for (let i = 0; i < 150; i++) {
      meter.note(
        refusal(1, { source: `192.0.2.${i}`, action: "cs:CancelTask", code: "Forbidden" }),
      );
    }
    const summary = meter.close(MINUTE).at(-1);
    assert.equal(summary?.count, 50);
    assert.equal(summary?.action, "cs:CancelTask");
    assert.equal(summary?.code, "Forbidden");
    assert.equal(summary?.reason, "wrong-signature");
    assert.match(summary?.source ?? "", /^(192\.0\.2\.\d+, ){4}192\.0\.2\.\d+ and 45 others$/);
  });

  test("a hundred thousand kinds from as many addresses are a bounded number of records a minute", () => {
    const meter = new RefusalMeter();
    const written: AuditRecord[] = [];
    const flood = 100_000;
    for (let i = 0; i < flood; i++) {
      const account = i % 2 === 0 ? "" : "victim";
      const source = `${i & 255}.${(i >> 8) & 255}.${i >> 16}.1`;
      const at = Math.floor((i * MINUTE) / flood);
      written.push(...meter.note(refusal(at, { account, actor: "", source, action: `a${i}` })));
    }
    written.push(...meter.close(undefined));
    assert.equal(total(written), flood);
    const most = 2 * (21 * (30 + 21) + 10);
    assert.ok(written.length <= most, `${written.length} records, at most ${most}`);
  });
});
