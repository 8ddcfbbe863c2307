import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { GOALS } from "./goals.ts";
import { goalCells, markdown, number, replaceSections, type Section, withEnds } from "./report.ts";

const section = (name: string, title: string): Section => ({
  name,
  title,
  circumstances: "today",
  tables: [{ head: ["what", "n"], rows: [["a", "1"]] }],
  notes: ["one note"],
});

describe("report", () => {
  it("writes numbers with the digits that mean something", () => {
    assert.deepEqual([1_234_567.8, 123.4, 12.34, 1.234, 0.0789, 0, Number.NaN].map(number), [
      "1,234,568",
      "123",
      "12.3",
      "1.23",
      "0.079",
      "0.00",
      "–",
    ]);
    assert.equal(withEnds({ median: 2, min: 1, max: 3, n: 3 }), "2.00 (1.00–3.00)");
  });

  it("prints floor and target beside what was measured", () => {
    assert.deepEqual(goalCells(0.7, GOALS.describeUnsigned), ["≥ 0.65×", "≥ 0.85×", "met"]);
    assert.deepEqual(goalCells(0.5, GOALS.describeUnsigned)[2], "**missed**");
    assert.deepEqual(goalCells(1, undefined), ["", "", ""]);
  });

  it("keeps the sections of cases that were not run", () => {
    const empty = "before\n<!-- bench:begin -->\n<!-- bench:end -->\nafter\n";
    const order = ["a", "b"];
    const first = replaceSections(empty, [section("b", "Old B")], order);
    const second = replaceSections(first, [section("a", "New A")], order);
    assert.match(second, /^before\n<!-- bench:begin -->[\s\S]*New A[\s\S]*Old B[\s\S]*after\n$/);
    assert.doesNotMatch(replaceSections(second, [section("b", "New B")], order), /Old B/);
  });

  it("refuses a document without its markers", () => {
    assert.throws(() => replaceSections("nothing", [], []), /bench:begin/);
  });

  it("lines tables up", () => {
    assert.match(markdown(section("a", "A")), /\| what \| n \|\n\| ---- \| - \|\n\| a {4}\| 1 \|/);
  });
});
