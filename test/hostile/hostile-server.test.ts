// Row 28 and row 11: every command of the command line against a server that means harm.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { MAIN } from "../support/program.ts";
import { type HostileServer, type Mode, startHostileServer } from "./hostile-server.ts";

const folder = mkdtempSync(join(tmpdir(), "taskscribe-hostile-"));
const work = join(folder, "work");
const mark = join(folder, "mark");
/** Characters that no output may hold: controls but tab and line end, and those that change the direction of writing or hide. */
const UNSAFE =
  /[\p{Zl}\p{Zp}\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff\u{e0000}-\u{e007f}[\p{Cc}--[\t\n]]]/v;
/** No command may take longer against a server that answers. */
const BOUND_MS = 60_000;
let server: HostileServer;

before(async () => {
  mkdirSync(work);
  server = await startHostileServer(mark);
});

after(async () => {
  await server.close();
  rmSync(folder, { recursive: true, force: true });
});

interface Ran {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** Runs the command line in a heap that a body without a bound would fill. */
async function cli(words: readonly string[], timeout = BOUND_MS): Promise<Ran> {
  const child = spawn(process.execPath, ["--max-old-space-size=640", MAIN, ...words], {
    cwd: work,
    env: {
      PATH: process.env["PATH"],
      HOME: folder,
      LANG: "C.UTF-8",
      TASKSCRIBE_TEST_PROGRAM: MAIN,
    },
    stdio: ["ignore", "pipe", "pipe"],
    timeout,
    killSignal: "SIGKILL",
  });
  const text = { out: "", err: "" };
  child.stdout.setEncoding("utf8").on("data", (more: string) => {
    if (text.out.length < 50_000_000) text.out += more;
  });
  child.stderr.setEncoding("utf8").on("data", (more: string) => {
    text.err += more;
  });
  const code = await new Promise<number | null>((done) => child.on("close", done));
  return { code, ...text };
}

function judge(words: readonly string[], { code, out, err }: Ran): void {
  const what = `${words.join(" ")}\n→ ${code}\n${JSON.stringify(out.slice(0, 2_000))}\n${JSON.stringify(err.slice(0, 2_000))}`;
  assert.notEqual(code, null, `it did not end by itself: ${what}`);
  assert.doesNotMatch(out, UNSAFE, what);
  assert.doesNotMatch(err, UNSAFE, what);
  assert.doesNotMatch(err, /\n\s+at |node:internal|FATAL ERROR|Cannot read prop/, what);
  assert.ok(!existsSync(mark), `a command of the server ran: ${what}`);
  const files = readdirSync(folder).filter((name) => name !== "task.json");
  assert.deepEqual(files, ["work"], what);
}

/** Every command that calls a server. */
const COMMANDS: readonly (readonly string[])[] = [
  ["get", "T-1"],
  ["list"],
  ["list", "--all"],
  ["why", "T-1"],
  ["counts"],
  ["types"],
  ["events", "T-1"],
  ["events", "T-1", "--follow"],
  ["watch", "T-1"],
  ["watch"],
  ["wait", "T-1", "T-2"],
  ["submit", "backup"],
  ["submit", "backup", "--wait"],
  ["attach", "--token", "x"],
  ["attach", "--target", "x", "--wait"],
  ["cancel", "T-1", "--reason", "x"],
  ["pause", "T-1", "--reason", "x"],
  ["resume", "T-1", "T-2", "--reason", "x"],
  ["retry", "T-1", "--reason", "x", "--wait"],
  ["approve", "T-1", "--reason", "x"],
  ["reject", "T-1", "--reason", "x"],
  ["bulk", "cancel", "--filter", "state:open", "--preview"],
  ["bulk", "retry", "--filter", "state:open", "--reason", "x", "--yes"],
  ["export", "../$(touch mark)"],
];

/** Runs all, four at a time. */
async function each(all: readonly (() => Promise<void>)[]): Promise<void> {
  const rest = [...all];
  const worker = async () => {
    for (let next = rest.shift(); next !== undefined; next = rest.shift()) await next();
  };
  await Promise.all([worker(), worker(), worker()]);
}

describe("rows 11 and 28: a hostile server", { timeout: 600_000 }, () => {
  const formats = [
    ["-o", "table"],
    ["-o", "json"],
    ["-o", "text"],
  ];
  for (const format of formats) {
    it(`runs nothing, writes no file and no escape with ${format.join(" ")}`, async () => {
      const endpoint = server.endpoint("words");
      await each(
        COMMANDS.map((command) => async () => {
          const words = [...command, "--endpoint", endpoint, ...format];
          judge(words, await cli(words));
        }),
      );
    });
  }

  it("changes nothing in the values of JSON", async () => {
    const { out } = await cli(["types", "--endpoint", server.endpoint("words"), "-o", "json"]);
    const types = JSON.parse(out) as { type: string }[];
    assert.ok(types.some(({ type }) => type === "\u009b2J\u009d0;title\u009c\u0085"));
    assert.ok(types.some(({ type }) => type.startsWith("\u202egpj.exe")));
  });

  const modes: readonly Mode[] = [
    "shapes",
    "errors",
    "redirect",
    "endless",
    "endless-error",
    "deep",
    "headers",
    "rubbish",
    "cut",
  ];
  const some = COMMANDS.filter(([name]) =>
    ["get", "list", "submit", "wait", "export", "events", "cancel"].includes(name ?? ""),
  );
  for (const mode of modes) {
    it(`ends every command in words when the server answers with ${mode}`, async () => {
      const endpoint = server.endpoint(mode);
      await each(
        (mode === "endless" || mode === "deep" ? some.slice(0, 2) : some).map(
          (command) => async () => {
            const words = [...command, "--endpoint", endpoint, "-o", "table"];
            const ran = await cli(words);
            judge(words, ran);
            if (mode !== "headers" && mode !== "shapes")
              assert.notEqual(ran.code, 0, words.join(" "));
          },
        ),
      );
      assert.deepEqual(server.redirected, []);
    });
  }

  it("cannot keep a list or a log going for ever", async () => {
    for (const mode of ["pages", "same-page"] as const) {
      for (const command of [
        ["list", "--all"],
        ["events", "T-1"],
      ]) {
        const words = [...command, "--endpoint", server.endpoint(mode)];
        judge(words, await cli(words));
      }
    }
  });

  it("cannot fill the memory with a line of a stream that has no end", async () => {
    const words = ["events", "--endpoint", server.endpoint("endless-line")];
    const ran = await cli(words);
    judge(words, ran);
    assert.equal(ran.code, 1);
  });

  it("names no file: an export goes where the caller says", async () => {
    const file = join(folder, "task.json");
    const words = ["export", "T-1", "--file", file, "--endpoint", server.endpoint("words")];
    const ran = await cli(words);
    judge(words, ran);
    assert.equal(ran.code, 0, ran.err);
    assert.ok(existsSync(file));
    writeFileSync(join(work, "import.json"), "{}");
    const imported = [
      "import",
      "import.json",
      "--endpoint",
      server.endpoint("words"),
      "-o",
      "table",
    ];
    judge(imported, await cli(imported));
  });
});
