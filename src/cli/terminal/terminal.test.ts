import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { stripVTControlCharacters } from "node:util";
import { fc } from "../../../test/support/properties.ts";
import type { Task, TaskState } from "../../client/index.ts";
import { ProgressView } from "../progress-view.ts";
import { durationText } from "./durations.ts";
import { LiveArea, type Output, Screen } from "./screen.ts";
import { fieldLines, tableLines } from "./table.ts";
import { taskSheet } from "./task-sheet.ts";
import { endLines, progressLine, taskColumns } from "./task-text.ts";
import { fit, plain, widthOf } from "./text.ts";

const AT = Date.parse("2026-01-02T03:04:05.000Z");

/** A stream that keeps what it was given. */
function fake(output: Partial<Output> = {}, env: NodeJS.ProcessEnv = {}) {
  let text = "";
  const all = { LANG: "C.UTF-8", ...env };
  const screen = new Screen({ ...output, write: (more) => (text += more) }, all);
  return { screen, text: () => text };
}

const terminal = (columns: number, env = {}) => fake({ isTTY: true, columns, rows: 10 }, env);

function task(state: TaskState, more: Partial<Task> = {}): Task {
  const step = { after: [], attempt: 1, maxAttempts: 3, progress: 0 } as const;
  return {
    id: "T-1",
    product: "native",
    type: "copy",
    state,
    version: 3,
    progress: 2_500,
    target: { type: "db", id: "orders" },
    input: {},
    outputs: {},
    attributes: {},
    priority: 5,
    steps: [
      { ...step, name: "read", state: "succeeded" },
      { ...step, name: "write", state: "running", attempt: 2 },
    ],
    items: [],
    notices: [],
    createdAt: new Date(AT).toISOString(),
    updatedAt: new Date(AT).toISOString(),
    startedAt: new Date(AT).toISOString(),
    ...more,
  };
}

const endedAt = new Date(AT + 65_000).toISOString();
const broken = task("failed", {
  endedAt,
  error: {
    code: "DiskFull",
    message: "disk\u001b[2J 7",
    step: "write",
    attempt: 2,
    retryable: false,
  },
});

describe("text", () => {
  it("of a task cannot control the terminal", () => {
    assert.equal(
      plain("a\u001b[2Jb\u001b]0;title\u0007c\r\nd\u202ee"),
      "a\\u001b[2Jb\\u001b]0;title\\u0007c\\r\\nd\\u202ee",
    );
  });
  it("is cut by columns, not by letters", () => {
    assert.equal(fit("升级集群节点池", 7), "升级集…");
    assert.equal(fit("abc", 3), "abc");
    assert.equal(fit("👩‍👩‍👧‍👦 family", 4), "👩‍👩‍👧‍👦 …");
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), fc.nat(20), (text, width) => {
        assert.ok(widthOf(fit(plain(text), width)) <= width);
      }),
    );
  });
  it("says spans by their two largest units", () => {
    const spans = [0, 16, 400, 12_000, 65_000, 3_900_000, 97_200_000, 172_800_000];
    assert.deepEqual(spans.map(durationText), [
      "0s",
      "0.1s",
      "0.4s",
      "12s",
      "1m5s",
      "1h5m",
      "1d3h",
      "2d",
    ]);
  });
});

describe("colours", () => {
  const paints = (output: Partial<Output>, env: NodeJS.ProcessEnv) =>
    fake(output, env).screen.paint("red", "x") !== "x";
  it("are for terminals, unless the reader wants otherwise", () => {
    const tty = { isTTY: true };
    assert.equal(paints(tty, {}), true);
    assert.equal(paints({}, {}), false);
    assert.equal(paints(tty, { NO_COLOR: "1" }), false);
    assert.equal(paints(tty, { NO_COLOR: "" }), true);
    assert.equal(paints(tty, { TERM: "dumb" }), false);
    assert.equal(paints({}, { FORCE_COLOR: "1" }), true);
    assert.equal(paints(tty, { FORCE_COLOR: "0" }), false);
    assert.equal(paints({}, { FORCE_COLOR: "1", NO_COLOR: "1" }), true);
  });
});

describe("a table", () => {
  const tasks = [
    task("running"),
    {
      ...broken,
      id: "T-2",
      type: "a_type_with_quite_a_long_name",
      target: { type: "x", id: "y".repeat(40) },
    },
  ];
  it("is as wide as it wants for a program", () => {
    const lines = tableLines(fake().screen, tasks, taskColumns(AT + 5_000));
    assert.deepEqual(lines, [
      `ID   PRODUCT  TYPE                           STATE    DONE  STEP   TARGET                                    AGE  ERROR`,
      `T-1  native   copy                           running  25 %  write  orders                                     5s`,
      `T-2  native   a_type_with_quite_a_long_name  failed   25 %         ${"y".repeat(40)}   5s  DiskFull: disk\\u001b[2J 7`,
    ]);
  });
  it("fits a terminal, and never cuts an id", () => {
    const lines = tableLines(terminal(60).screen, tasks, taskColumns(AT)).map(
      stripVTControlCharacters,
    );
    for (const line of lines) assert.ok(widthOf(line) <= 60, line);
    assert.match(lines[2] ?? "", /^T-2 {2}.*…/);
  });
  it("fits 80 columns with ids of real length, and keeps what matters when it is narrower", () => {
    const id = "ts-0mwy46424sf67d89vz6j";
    const both = [
      task("running", { id, health: "retrying", retries: 12 }),
      {
        ...broken,
        id,
        type: "备份",
        error: { ...broken.error, code: "Error", message: "磁盘已满" },
      },
    ] as Task[];
    const head = (width: number) => {
      const lines = tableLines(terminal(width, { NO_COLOR: "1" }).screen, both, taskColumns(AT));
      for (const line of lines) assert.ok(widthOf(line) <= width, `${width}: ${line}`);
      return lines[0]?.split(/ +/).join(" ");
    };
    assert.equal(head(80), "ID TYPE STATE HEALTH DONE AGE ERROR");
    assert.equal(head(60), "ID TYPE STATE HEALTH");
  });
  it("leaves out what nobody has", () => {
    assert.equal(
      tableLines(fake().screen, [task("succeeded")], taskColumns(AT))[0]?.includes("ERROR"),
      false,
    );
  });
  it("of fields says only what is known", () => {
    const lines = fieldLines(fake().screen, {
      task: "T-1",
      labels: "",
      key: undefined,
      progress: "5 %",
    });
    assert.deepEqual(lines, ["task      T-1", "progress  5 %"]);
  });
});

describe("a task's sheet", () => {
  it("has its fields, its steps and why it failed", () => {
    const lines = taskSheet(fake().screen, broken, AT + 65_000).join("\n");
    assert.match(lines, /^task {7}T-1\ntype {7}native copy\nstate {6}failed\n/);
    assert.match(lines, /step write, attempt 2: DiskFull: disk\\u001b\[2J 7/);
    assert.match(
      lines,
      /STEP {3}STATE {6}ATTEMPT\nread {3}succeeded {2}1 of 3\nwrite {2}running {4}2 of 3/,
    );
  });
});

describe("a line of progress", () => {
  it("has a bar, the step and the attempt", () => {
    const { screen } = terminal(120, { NO_COLOR: "1" });
    assert.equal(
      progressLine(
        screen,
        task("running", { health: "retrying", retries: 1, message: "half" }),
        AT + 3_000,
        119,
      ),
      "T-1  █████░░░░░░░░░░░░░░░  25 %  running, retrying 1× · write (2 of 2), attempt 2 of 3 · half · 3s",
    );
  });
  it("is cut to the terminal, colours aside", () => {
    const { screen } = terminal(50);
    const line = progressLine(screen, task("running", { message: "升".repeat(60) }), AT, 49);
    assert.ok(widthOf(line) <= 49, line);
  });
  it("first cuts what the task says, then the bar, then the step; never the time", () => {
    const { screen } = terminal(80, { NO_COLOR: "1" });
    const retrying = task("running", { health: "retrying", message: "升".repeat(60) });
    const lines = [100, 80, 60, 46].map((width) =>
      progressLine(screen, retrying, AT + 3_000, width),
    );
    assert.deepEqual(lines, [
      "T-1  █████░░░░░░░░░░░░░░░  25 %  running, retrying · write (2 of 2), attempt 2 of 3 · 升升升升… · 3s",
      "T-1  ███░░░░░░░  25 %  running, retrying · write (2 of 2), attempt 2 of 3 · 3s",
      "T-1  ███░░░░░░░  25 %  running, retrying · write (2 of… · 3s",
      "T-1  ███░░░░░░░  25 %  running, retrying · 3s",
    ]);
  });
  it("never takes more than the line, colours aside", () => {
    const { screen } = terminal(120);
    const retrying = task("running", { health: "retrying", retries: 12, message: "升".repeat(9) });
    for (let width = 14; width <= 120; width++) {
      const line = progressLine(screen, retrying, AT + 3_000, width);
      assert.ok(widthOf(line) <= width, `${width}: ${line}`);
    }
  });
  it("says the cause at the end", () => {
    assert.deepEqual(endLines(fake().screen, broken, AT), [
      "T-1 failed after 1m5s",
      "  step write, attempt 2: DiskFull: disk\\u001b[2J 7",
    ]);
    const canceled = task("canceled", {
      endedAt,
      cancel: { at: endedAt, by: "ann", reason: "enough" },
    });
    assert.deepEqual(endLines(fake().screen, canceled, AT), [
      "T-1 canceled after 1m5s",
      "  canceled by ann: enough",
    ]);
  });
});

describe("the live area", () => {
  it("goes back over what it has drawn, and no further", () => {
    const { screen, text } = terminal(20);
    const area = new LiveArea(screen);
    area.draw(["one", "two"]);
    area.draw(["x".repeat(40)]);
    area.clear();
    assert.equal(text(), `one\ntwo\n\u001b[2A\r\u001b[0J${"x".repeat(18)}…\n\u001b[1A\r\u001b[0J`);
  });
  it("is never higher than the screen", () => {
    const { screen, text } = terminal(20);
    new LiveArea(screen).draw(Array.from({ length: 50 }, (_, i) => `${i}`));
    assert.equal(text().split("\n").length - 1, 9);
  });
});

describe("the view of progress", () => {
  it("says to a log only what is news", () => {
    const { screen, text } = fake();
    const view = new ProgressView(screen, () => AT);
    view.show(task("running"));
    view.show(task("running", { progress: 2_600 }));
    view.show(task("running", { progress: 3_100 }));
    view.note("no answer");
    view.note("no answer");
    view.show(task("succeeded", { progress: 10_000 }));
    view.end({ clear: true });
    assert.deepEqual(
      text()
        .trimEnd()
        .split("\n")
        .map((line) => line.replace(/ · .*/, "")),
      ["T-1   25 %  running", "T-1   31 %  running", "no answer", "T-1  100 %  succeeded"],
    );
  });
  it("shows on a small terminal what still goes on, and how much is hidden", () => {
    const { screen, text } = terminal(80);
    const view = new ProgressView(screen, () => AT);
    for (let i = 0; i < 20; i++)
      view.show(task(i < 15 ? "succeeded" : "running", { id: `T-${i}` }));
    const last = text().split("\u001b[0J").at(-1) ?? "";
    view.end({ clear: true });
    assert.match(last, /T-19 /);
    assert.match(last, /… and 13 more; 15 of 20 have ended/);
  });
});
