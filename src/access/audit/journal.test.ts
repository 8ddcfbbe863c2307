import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { record } from "../../../test/contracts/access-store-contract.ts";
import { FakeClock } from "../../../test/support/fake-clock.ts";
import { DomainError } from "../../core/errors.ts";
import type { AuditRecord } from "../../store/access-store.ts";
import { openSqliteAccessStore } from "../../store/sqlite/access/open-access.ts";
import { Nonces } from "../keys/nonces.ts";
import { Journal } from "./journal.ts";

async function journal() {
  const clock = new FakeClock();
  const store = await openSqliteAccessStore(":memory:");
  const nonces = new Nonces();
  const errors: string[] = [];
  const ignore = () => {};
  const log = {
    debug: ignore,
    info: ignore,
    warn: ignore,
    error: (_: object, text: string) => void errors.push(text),
  };
  const broken = { now: false };
  const watched = Object.assign(Object.create(store), {
    write: (write: Parameters<typeof store.write>[0]) =>
      broken.now ? Promise.reject(new DomainError("StoreUnavailable", "full")) : store.write(write),
  });
  const audit = () => store.readAudit({ after: 0, limit: 1_000 });
  const claim = (nonce: string) => {
    const unused = nonces.look("a", "k", nonce, clock.now() + 60_000);
    return unused && nonces.take(unused, "changes");
  };
  return {
    journal: new Journal({ store: watched, nonces, clock, log }),
    clock,
    store,
    nonces,
    errors,
    broken,
    audit,
    claim,
  };
}

function refusal(over: Partial<AuditRecord> = {}) {
  return { ...record({ outcome: "refused", ...over }), resource: () => "*" };
}

describe("the journal", () => {
  test("writes refusals and nonces later and together, after 50 ms", async () => {
    const { journal: one, clock, store, audit, claim } = await journal();
    claim("n");
    one.note(refusal());
    one.behind();
    await clock.advance(49);
    assert.equal((await audit()).length, 0);
    await clock.advance(1);
    assert.equal((await audit()).length, 1);
    assert.equal((await store.readNonces(0)).length, 1);
    assert.equal(clock.pending, 0);
  });

  test("writes everything that waits together with a change", async () => {
    const { journal: one, store, audit, claim } = await journal();
    claim("n");
    one.note(refusal());
    await one.write([record()]);
    assert.deepEqual(
      (await audit()).map(({ outcome }) => outcome),
      ["refused", "done"],
    );
    assert.equal((await store.readNonces(0)).length, 1);
  });

  test("loses nothing while the store cannot be written", async () => {
    const { journal: one, clock, store, audit, claim, broken, errors } = await journal();
    broken.now = true;
    claim("n");
    one.note(refusal());
    await assert.rejects(one.write([record()]), { code: "StoreUnavailable" });
    await clock.advance(60);
    assert.equal(errors.length, 1);
    broken.now = false;
    await clock.advance(1_000);
    assert.deepEqual(
      (await audit()).map(({ outcome }) => outcome),
      ["refused"],
    );
    assert.equal((await store.readNonces(0)).length, 1);
  });

  test("records of changes are never dropped: beyond a number, they wait for the disk", async () => {
    const { journal: one, clock, audit, broken } = await journal();
    broken.now = true;
    for (let i = 0; i < 10_000; i++) assert.equal(one.noteChange(record()), undefined);
    await assert.rejects(one.noteChange(record()) ?? Promise.resolve(), {
      code: "StoreUnavailable",
    });
    for (let i = 0; i < 50; i++) {
      one.note(refusal({ reason: `r${i}`, at: clock.now() }));
    }
    await clock.advance(60);
    broken.now = false;
    await clock.advance(1_000);
    const first = await audit();
    assert.equal(first.filter(({ outcome }) => outcome === "done").length, first.length);
    await one.write([record({ requestId: "last" })]);
  });

  test("sums are written when their minute is over, without another call", async () => {
    const { journal: one, clock, audit } = await journal();
    for (let i = 0; i < 150; i++) {
      one.note(refusal({ reason: `r${i}`, at: clock.now() }));
    }
    one.note(refusal({ reason: "r1", at: clock.now() }));
    await clock.advance(61_000);
    assert.equal(
      (await audit()).reduce((sum, { count }) => sum + count, 0),
      151,
    );
    assert.equal(clock.pending, 0);
  });

  test("closing writes everything that is left, also sums", async () => {
    const { journal: one, clock, audit } = await journal();
    for (let i = 0; i < 3; i++) one.note(refusal({ at: clock.now() }));
    await one.close();
    assert.deepEqual(
      (await audit()).map(({ count }) => count),
      [1, 2],
    );
    assert.equal(clock.pending, 0);
  });
});
