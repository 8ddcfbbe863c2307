import assert from "node:assert/strict";
import { describe, it } from "node:test";
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
