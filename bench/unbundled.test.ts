import assert from "node:assert/strict";
import { it } from "node:test";
import { byFunction, type CpuProfile } from "./report/shares.ts";
import { unbundled } from "./unbundled.ts";

const BUNDLE = `"use strict";
//#region src/core/evolve.ts
function fold() {}
//#endregion
// src/http/send.ts
const x = 1;
function send() {}`;

const frame = (functionName: string, lineNumber: number) => ({
  functionName,
  url: "/somewhere/dist/bundle/program.cjs",
  lineNumber,
});

const profile: CpuProfile = {
  nodes: [
    { id: 1, callFrame: frame("fold", 2) },
    { id: 2, callFrame: frame("send", 6) },
    { id: 3, callFrame: frame("require", 0) },
  ],
  samples: [1, 2, 3],
  timeDeltas: [50, 25, 25],
  startTime: 0,
};

it("a profile of a bundle names the files it was made from", () => {
  assert.deepEqual(
    byFunction(unbundled(profile, () => BUNDLE)).map(({ name }) => name),
    [
      "fold  src/core/evolve.ts:1",
      "send  src/http/send.ts:2",
      "require  dist/bundle/program.cjs:1",
    ],
  );
});
