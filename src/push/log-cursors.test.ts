import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { fc } from "../../test/support/properties.ts";
import { LogCursors } from "./log-cursors.ts";

const epoch = (id: string, beginsAfter: number) => ({ id, beginsAfter });
/** It was restored twice, the second time from a backup of the first restore. */
const cursors = new LogCursors([
  epoch("aaaaaaaa", 0),
  epoch("bbbbbbbb", 50),
  epoch("cccccccc", 80),
]);

describe("row 30: a cursor", () => {
  it("of the present log goes on there", () => {
    assert.equal(cursors.at(90), "cccccccc-90");
    assert.deepEqual(cursors.place("cccccccc-90"), { isPresent: true, position: 90 });
    assert.deepEqual(cursors.place(cursors.at(0)), { isPresent: true, position: 0 });
    assert.deepEqual(cursors.place("0"), { isPresent: true, position: 0 });
  });

  it("of an earlier epoch is outdated, and tells how far both logs are the same", () => {
    const shared = (cursor: string) => {
      const place = cursors.place(cursor);
      assert.equal(place?.isPresent, false, cursor);
      return place?.position;
    };
    assert.deepEqual(
      ["aaaaaaaa-40", "aaaaaaaa-50", "aaaaaaaa-70", "aaaaaaaa-99"].map(shared),
      [40, 50, 50, 50],
    );
    assert.deepEqual(["bbbbbbbb-70", "bbbbbbbb-99"].map(shared), [70, 80]);
    assert.deepEqual(["dddddddd-70"].map(shared), [0], "of another server");
  });

  it("is nothing else: no position alone, no sign, no zeros before it, no number that is not exact", () => {
    const wrong = ["", "12", "00", "aaaaaaaa", "aaaaaaaa-", "-12", "aaaaaaaa-x", "aaaaaaaa--1"];
    const odd = ["aaaaaaaa-012", "AAAAAAAA-12", "aaaaaaaa-12 ", "aaaaaaaa-1e3", "aaaaaaaa-12\n"];
    for (const text of [...wrong, ...odd, `aaaaaaaa-${"9".repeat(16)}`, "aaaa-12"])
      assert.equal(cursors.place(text), undefined, JSON.stringify(text));
  });
});

describe("row 30: the name of an entry", () => {
  it("has the epoch in which it was written, so that a restore does not change it", () => {
    const names = [1, 50, 51, 80, 81].map((position) => cursors.nameOf(position));
    const [a, b, c] = ["aaaaaaaa", "bbbbbbbb", "cccccccc"];
    assert.deepEqual(names, [`${a}-1`, `${a}-50`, `${b}-51`, `${b}-80`, `${c}-81`]);
  });
});

/** A log that is backed up and restored; every entry that was ever written is another number. */
class RestoredLog {
  /** What is at the positions from 1 on. */
  entries: readonly number[] = [];
  cursors = new LogCursors([epoch("epoch000", 0)]);
  #epochs = [epoch("epoch000", 0)];
  #written = 0;
  #begun = 0;

  append(): void {
    this.entries = [...this.entries, this.#written++];
  }

  backup() {
    const [entries, epochs] = [this.entries, this.#epochs];
    return () => {
      this.entries = entries;
      const id = `epoch${String(++this.#begun).padStart(3, "0")}`;
      this.#epochs = [...epochs, epoch(id, entries.length)];
      this.cursors = new LogCursors(this.#epochs);
    };
  }
}

/** A client that keeps its cursor, and goes back where it is told to. */
class Reader {
  seen: readonly number[] = [];
  #cursor = "0";
  readonly #log: RestoredLog;

  constructor(log: RestoredLog) {
    this.#log = log;
  }

  read(most: number): void {
    const { cursors, entries } = this.#log;
    const place = cursors.place(this.#cursor) ?? assert.fail(this.#cursor);
    if (place.isPresent) assert.equal(this.seen.length, place.position);
    const kept = this.seen.slice(0, place.position);
    this.seen = [...kept, ...entries.slice(kept.length, kept.length + most)];
    this.#cursor = cursors.at(this.seen.length);
  }
}

/** Knows all names that entries ever had. */
class Namer {
  readonly #entries = new Map<string, number>();
  readonly #names = new Map<number, string>();
  readonly #log: RestoredLog;

  constructor(log: RestoredLog) {
    this.#log = log;
  }

  check(): void {
    for (const [i, entry] of this.#log.entries.entries()) {
      const name = this.#log.cursors.nameOf(i + 1);
      assert.equal(this.#entries.get(name) ?? entry, entry, `${name} names two entries`);
      assert.equal(this.#names.get(entry) ?? name, name, "an entry keeps its name");
      this.#entries.set(name, entry);
      this.#names.set(entry, name);
    }
  }
}

describe("row 30: a log that is restored again and again, from any of its backups", () => {
  const weighted = (["append", "append", "append", "read", "backup", "restore"] as const).map(
    (move) => fc.record({ move: fc.constant(move), number: fc.nat(9) }),
  );
  const moves = fc.array(fc.oneof(...weighted), { maxLength: 60 });

  it("is read without a gap and nothing twice, and a name means one entry for ever", () => {
    fc.assert(
      fc.property(moves, (all) => {
        const log = new RestoredLog();
        const [reader, namer] = [new Reader(log), new Namer(log)];
        const backups: (() => void)[] = [];
        const make = {
          append: () => log.append(),
          read: (most: number) => reader.read(most),
          backup: () => void backups.push(log.backup()),
          restore: (of: number) => backups[of % Math.max(1, backups.length)]?.(),
        };
        for (const { move, number } of all) {
          make[move](number);
          namer.check();
        }
        reader.read(Number.POSITIVE_INFINITY);
        assert.deepEqual(reader.seen, log.entries);
      }),
      { numRuns: 1_000 },
    );
  });
});
