import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { pino } from "pino";
import { fc } from "../../../test/support/properties.ts";
import { after, submitTask } from "../../../test/support/task-spec.ts";
import type { RequestLine } from "../../http/request-log.ts";
import { requestLines, taskLines } from "./log-lines.ts";

const NOW = Date.parse("2026-01-02T03:04:05.678Z");
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

const ENDED = { ...after(undefined, submitTask(0)), createdAt: NOW - 250, endedAt: NOW };
const { id: taskId, product, type, account } = ENDED;
const SAID = { taskId, product, type, account };

interface Said {
  readonly line: string;
  readonly by: string;
}

/** What pino writes of the same facts. */
function byPino(level: "info" | "warn", facts: object, message: string): string {
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
  log[level](facts, message);
  return written;
}

function assertSame({ line, by }: Said): void {
  assert.match(line, /^[ -~]+\n$/);
  assert.deepEqual(Object.entries(JSON.parse(line)), Object.entries(JSON.parse(by)));
}

describe("lines put together by hand say what pino's do, in ASCII", () => {
  it("of requests, whatever the line before said", () => {
    const lineOf = requestLines("0.1.0");
    fc.assert(
      fc.property(facts, fc.array(facts, { maxLength: 1 }), (said, others) => {
        const repeated = { ...said, requestId: "R-2", taskId: undefined, ms: 7 };
        for (const one of [said, repeated, ...others, said]) {
          assertSame({ line: lineOf(one, NOW), by: byPino("info", one, "request") });
        }
      }),
    );
  });

  it("of a request at its own time", () => {
    const lineOf = requestLines("0.1.0");
    const said = { requestId: "R-1", status: 200, ms: 1 } as RequestLine;
    const times = [NOW, NOW, NOW + 1].map((now) => JSON.parse(lineOf(said, now)).time);
    assert.deepEqual(times, [NOW, NOW, NOW + 1]);
  });

  it("of a task that ended well", () => {
    const task = { ...ENDED, state: "succeeded" } as const;
    const by = { ...SAID, state: "succeeded", ms: 250 };
    const line = taskLines("0.1.0")(task, NOW);
    assertSame({ line, by: byPino("info", by, "task ended") });
  });

  it("of one that failed: which step, and why, but not in the step's words", () => {
    const error = { code: "Quota.Ö", message: "s3cret", step: "create", retryable: false };
    const task = { ...ENDED, state: "failed", error } as const;
    const by = { ...SAID, state: "failed", step: "create", code: "Quota.Ö", ms: 250 };
    const line = taskLines("0.1.0")(task, NOW);
    assertSame({ line, by: byPino("warn", by, "task ended") });
  });

  it("of one whose step says more than a line holds", () => {
    const error = { code: "x".repeat(100_000), message: "", step: "create", retryable: false };
    const line = taskLines("0.1.0")({ ...ENDED, state: "failed", error }, NOW);
    assert.ok(line.length < 1_000 && line.endsWith("}\n"));
  });
});
