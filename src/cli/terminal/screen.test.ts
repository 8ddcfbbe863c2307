import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { stripVTControlCharacters } from "node:util";
import type { Task } from "../../client/index.ts";
import { ProgressView } from "../progress-view.ts";
import { LiveArea, type Output, Screen } from "./screen.ts";
import { tableLines } from "./table.ts";
import { taskSheet } from "./task-sheet.ts";
import { endLines, progressLine, taskColumns } from "./task-text.ts";
import { fit, widthOf } from "./text.ts";

/** What goes back over lines that were drawn. */
const ESCAPE = "\u001b";
const BACK = new RegExp(`${ESCAPE}\\[\\d+A\r${ESCAPE}\\[0J`, "g");
const AT = Date.parse("2026-11-30T00:00:00Z");

function fake(output: Partial<Output>, env: NodeJS.ProcessEnv) {
  let text = "";
  const screen = new Screen({ isTTY: true, ...output, write: (more) => (text += more) }, env);
  return { screen, text: () => text };
}

const STEP = { after: [], maxAttempts: 3, progress: 0 } as const;
const RUNNING: Task = {
  id: "ts-0mwy5x2z23wvaye056f9",
  product: "native",
  type: "backup",
  state: "running",
  health: "retrying",
  retries: 2,
  progress: 5_000,
  message: "part 4 of 4 of something with a long name",
  account: "1",
  priority: 5,
  input: { database: "orders" },
  outputs: {},
  target: { type: "task", id: "ts-0mwy5x2z23wvaye056f9" },
  steps: [
    { ...STEP, name: "dump", state: "retrying", attempt: 2 },
    { ...STEP, name: "upload", state: "waiting", attempt: 0 },
  ],
  items: [],
  notices: [
    { at: "2026-11-30T00:00:00Z", level: "Warning", reason: "Slow", message: "x".repeat(200) },
  ],
  createdAt: new Date(AT).toISOString(),
  updatedAt: new Date(AT).toISOString(),
  startedAt: new Date(AT).toISOString(),
} as unknown as Task;

describe("a screen draws in ASCII where the locale asks for it", () => {
  const drawn = (env: NodeJS.ProcessEnv, output: Partial<Output> = {}) => {
    const { screen, text } = fake({ columns: 100, rows: 20, ...output }, env);
    const view = new ProgressView(screen, () => AT);
    view.show(RUNNING);
    view.end({ clear: false });
    for (const line of [...taskSheet(screen, RUNNING, AT), fit("y".repeat(200), 20)])
      screen.line(line);
    return text();
  };
  const isAscii = (text: string) =>
    !/[^\n -~]/.test(stripVTControlCharacters(text).replaceAll("\r", ""));

  /** The first of LC_ALL, LC_CTYPE and LANG that is set and not empty counts. */
  const locales: readonly (readonly [env: NodeJS.ProcessEnv, ascii: boolean])[] = [
    [{}, true],
    [{ LANG: "C" }, true],
    [{ LANG: "POSIX" }, true],
    [{ LANG: "de_DE.ISO-8859-1" }, true],
    [{ LANG: "C.UTF-8" }, false],
    [{ LANG: "zh_CN.utf8" }, false],
    [{ LANG: "en_US.UTF-8", LC_CTYPE: "C" }, true],
    [{ LANG: "C", LC_CTYPE: "en_US.UTF-8" }, false],
    [{ LANG: "en_US.UTF-8", LC_CTYPE: "en_US.UTF-8", LC_ALL: "C" }, true],
    [{ LANG: "C", LC_ALL: "C.UTF-8" }, false],
    [{ LANG: "C.UTF-8", LC_ALL: "", LC_CTYPE: "" }, false],
    [{ LANG: "C.UTF-8", TERM: "dumb" }, true],
  ];
  for (const [env, ascii] of locales) {
    it(JSON.stringify(env), () => {
      assert.equal(isAscii(drawn(env)), ascii);
      assert.equal(isAscii(drawn(env, { isTTY: false })), ascii);
    });
  }
  it("as wide as otherwise, and without touching data", () => {
    const { screen, text } = fake({ columns: 80 }, { LANG: "C" });
    for (const mark of "█░…·×") assert.equal(widthOf(screen.shown(mark)), widthOf(mark));
    screen.write('{"message":"½ · …"}\n');
    assert.equal(text(), '{"message":"½ · …"}\n');
    assert.match(
      drawn({ LANG: "C" }),
      /ts-0mwy5x2z23wvaye056f9 {2}[#-]{10,20} +50 % {2}.*running, retrying 2x/,
    );
  });
});

describe("a screen of any width", () => {
  for (const columns of [0, 1, 2, 5, 10, 20, 40, 80, 200, 1_000]) {
    it(`shows what fits in ${columns} columns`, () => {
      for (const env of [{ LANG: "C.UTF-8", FORCE_COLOR: "1" }, { LANG: "C" }]) {
        const { screen, text } = fake({ columns, rows: columns }, env);
        const width = columns || 80; // a terminal that does not know its size says 0
        const view = new ProgressView(screen, () => AT);
        view.show(RUNNING);
        view.note("the server cannot be reached; trying again".repeat(5));
        view.end({ clear: false });
        new LiveArea(screen).draw([progressLine(screen, RUNNING, AT, width - 1)]);
        const lines = text().replaceAll(BACK, "").split("\n");
        for (const line of lines) assert.ok(widthOf(line) < Math.max(2, width), line);
        if (columns >= 40 || columns === 0) assert.match(text(), /ts-0mwy5x2z23wvaye056f9.* 50 %/);
        assertTables(screen, columns);
      }
    });
  }
  it("cuts a line with colours where it cuts one without, and ends the colour", () => {
    const painted = "\u001b[32mgreen\u001b[39m and \u001b[31mred\u001b[39m";
    for (let width = 0; width < 15; width++) {
      const cut = fit(painted, width);
      assert.equal(stripVTControlCharacters(cut), fit("green and red", width));
      if (width > 1 && width < 13) assert.ok(cut.endsWith("…\u001b[0m"), JSON.stringify(cut));
    }
  });
});

/** Tables may be wider than a narrow terminal, but lose nothing that a person looks for. */
function assertTables(screen: Screen, columns: number): void {
  const tables = [
    ...taskSheet(screen, RUNNING, AT),
    ...endLines(screen, RUNNING, AT),
    ...tableLines(screen, [RUNNING], taskColumns(AT)),
  ];
  for (const id of [RUNNING.id, "dump", "Slow"]) {
    assert.ok(
      tables.some((line) => line.includes(id)),
      `${id} in ${columns} columns`,
    );
  }
}
