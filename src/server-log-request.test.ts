import assert from "node:assert/strict";
import { it } from "node:test";
import { pino } from "pino";
import { fc } from "../test/support/properties.ts";
import { requestLines } from "./server-log-request.ts";

const NOW = Date.parse("2026-01-02T03:04:05.678Z");
const lineOf = requestLines("0.1.0");
const word = fc.option(fc.string({ unit: "binary" }), { nil: undefined });
const facts = fc.record({
  requestId: fc.string(),
  taskId: word,
  dialect: word,
  action: word,
  account: word,
  status: fc.integer({ min: 200, max: 599 }),
  code: word,
  ms: fc.integer({ min: 0, max: 10_000_000 }).map((hundredths) => hundredths / 100),
});

it("the line of a request says what pino's does, in ASCII", () => {
  let written = "";
  const base = { service: "taskscribe", version: "0.1.0" };
  const timestamp = () => `,"time":${NOW}`;
  const log = pino(
    { base, timestamp },
    {
      write: (line: string) => {
        written = line;
      },
    },
  );
  fc.assert(
    fc.property(facts, (said) => {
      log.info(said, "request");
      const line = lineOf(said, NOW);
      assert.match(line, /^[ -~]+\n$/);
      assert.deepEqual(Object.entries(JSON.parse(line)), Object.entries(JSON.parse(written)));
    }),
  );
});
