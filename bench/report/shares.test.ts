import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { between, busyPercent, byArea, byFunction, type CpuProfile } from "./shares.ts";

const frame = (functionName: string, url = "", lineNumber = 0) => ({
  functionName,
  url,
  lineNumber,
});

const profile: CpuProfile = {
  nodes: [
    { id: 1, callFrame: frame("(root)"), children: [2, 4, 5] },
    { id: 2, callFrame: frame("fold", "file:///somewhere/dist/core/evolve.js", 30), children: [3] },
    { id: 3, callFrame: frame("stringify") },
    { id: 4, callFrame: frame("(idle)") },
    { id: 5, callFrame: frame("(garbage collector)") },
  ],
  samples: [2, 3, 4, 5],
  timeDeltas: [50, 25, 900, 25],
  startTime: 1_000,
};

describe("shares of a profile", () => {
  it("counts a function's own time, idle time left out", () => {
    assert.deepEqual(byFunction(profile), [
      { name: "fold  dist/core/evolve.js:31", percent: 50 },
      { name: "stringify", percent: 25 },
      { name: "(garbage collector)", percent: 25 },
    ]);
  });

  it("leaves out what came before and after", () => {
    assert.deepEqual(between(profile, 1_060, 1_980).samples, [3, 4]);
  });

  it("says how busy the thread was", () => {
    assert.equal(busyPercent(profile), 10);
  });

  it("gives native work to the part that called it", () => {
    assert.deepEqual(byArea(profile), [
      { name: "dist/core", percent: 75 },
      { name: "(garbage collector)", percent: 25 },
    ]);
  });
});
