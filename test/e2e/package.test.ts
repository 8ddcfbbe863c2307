// Packs the package, installs it into an empty directory, and uses it there as a user would.
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { after, before, describe, it } from "node:test";
import { nodeFlagsOf } from "../../scripts/node-flags.ts";
import { addressIn } from "../support/server-process.ts";

const root = join(import.meta.dirname, "../..");
const folder = mkdtempSync(join(tmpdir(), "taskscribe-package-"));
const installed = join(folder, "node_modules/taskscribe");
const bin = join(folder, "node_modules/.bin/taskscribe");

/** The Node of this test comes first, whatever Node the machine has. */
const env = {
  ...process.env,
  PATH: `${dirname(process.execPath)}${delimiter}${process.env["PATH"]}`,
};

const FILES = [
  ...["CHANGELOG.md", "LICENSE", "README.md", "package.json"],
  ...["dist/cli/clients/node-proxy.cjs", "dist/cli/taskscribe.cjs"],
  ...["dist/client/index.js", "dist/index.js", "dist/node-version.cjs"],
  "dist/store/sqlite/access/access-writer-thread.js",
  "dist/store/sqlite/writer-thread.js",
].sort();
const BUNDLED = /^dist\/bundle\/[\w-]+\.cjs$/;

let packed: readonly string[] = [];

function run(program: string, args: readonly string[], options: object = {}) {
  const ran = spawnSync(program, args, { cwd: folder, env, encoding: "utf8", ...options });
  return { code: ran.status, out: ran.stdout, err: ran.stderr };
}

function must(program: string, args: readonly string[], options: object = {}): string {
  const { code, out, err } = run(program, args, options);
  assert.equal(code, 0, `${program} ${args.join(" ")}\n${out}${err}`);
  return out;
}

function write(name: string, text: string): void {
  writeFileSync(join(folder, name), text);
}

before(() => {
  must("npm", ["run", "--silent", "package", "--", "--silent", "--pack-destination", folder], {
    cwd: root,
  });
  const [file = ""] = globSync("*.tgz", { cwd: folder });
  packed = must("tar", ["-tzf", file])
    .trim()
    .split("\n")
    .map((path) => path.replace(/^package\//, ""))
    .sort();
  must("npm", ["install", `./${file}`, "--prefer-offline", "--no-audit", "--no-fund"]);
});
after(() => rmSync(folder, { recursive: true, force: true }));

function typeCheck(file: string, code: string, options: object): void {
  write(file, code);
  const compilerOptions = {
    ...{ module: "nodenext", target: "es2024", strict: true, noEmit: true, skipLibCheck: false },
    ...{ typeRoots: [join(root, "node_modules/@types")], ...options },
  };
  write("tsconfig.json", JSON.stringify({ compilerOptions, files: [file] }));
  must(join(root, "node_modules/.bin/tsc"), ["-p", "."]);
}

describe("the packed package", () => {
  it("has the program, its types and its docs, and nothing else", () => {
    const docs = globSync("docs/**/*.md", { cwd: root });
    const migrations = globSync("store/sqlite/migrations/*.sql", { cwd: join(root, "src") });
    const expected = [...FILES, ...docs, ...migrations.map((file) => `dist/${file}`)].sort();
    const others = packed.filter((file) => !BUNDLED.test(file) && !/^dist\/types\//.test(file));
    assert.deepEqual(others, expected);
    assert.ok(packed.some((file) => BUNDLED.test(file)));
  });

  it("has only declarations that its entries need, and all of these", () => {
    const types = packed.filter((file) => file.startsWith("dist/types/"));
    const imported = new Set(["dist/types/index.d.ts", "dist/types/client/index.d.ts"]);
    for (const file of types) {
      const text = readFileSync(join(installed, file), "utf8");
      for (const [, path = ""] of text.matchAll(/(?:from |import\()"(\.[^"]+)"/g)) {
        assert.match(path, /\.js$/, file);
        imported.add(join(dirname(file), path.replace(/\.js$/, ".d.ts")));
      }
    }
    assert.deepEqual([...imported].sort(), types);
  });

  it("starts by the flags that the command of the sources starts by", () => {
    const flags = nodeFlagsOf(join(root, "src/cli/main.ts"));
    assert.deepEqual(nodeFlagsOf(join(installed, "dist/cli/taskscribe.cjs")), flags);
  });
});

describe("the installed command", () => {
  it("says its version and its help", () => {
    const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
    assert.equal(must("npx", ["taskscribe", "--version"]).trim(), version);
    assert.match(must(bin, ["--help"]), /^Usage: taskscribe/);
    assert.match(must(bin, ["help", "serve"]), /--port/);
  });

  it("serves, with task types that import the package by its name, and stops", async () => {
    write(
      "taskscribe.config.mjs",
      `import { defineConfig, defineTask, TerminalError } from "taskscribe";
const step = () => { throw new TerminalError("Packed", "for good"); };
export default defineConfig({ types: [defineTask({ type: "packed", steps: { step } })] });
`,
    );
    write(
      "ask.mjs",
      `import { TaskscribeClient } from "taskscribe/client";
const client = new TaskscribeClient({ endpoint: process.argv[2] });
const { task } = await client.submit({ type: "packed" });
const ended = await client.waitFor(task.id);
console.log(ended.state, ended.error.code);
`,
    );
    const args = ["serve", "--port", "0", "--data", "data", "--config", "taskscribe.config.mjs"];
    const server = spawn(bin, args, { cwd: folder, env, stdio: ["ignore", "pipe", "inherit"] });
    const exited = once(server, "exit");
    try {
      const url = await addressIn(server.stdout);
      assert.ok(url !== undefined, "the server names its address");
      const response = await fetch(`${url}/healthz`);
      assert.equal(response.status, 200);
      assert.equal(must(process.execPath, ["ask.mjs", url]), "failed Packed\n");
    } finally {
      server.kill("SIGTERM");
    }
    const [code] = await exited;
    assert.equal(code, 0);
  });
});

/** What `import "taskscribe"` gives: for configuration, task types and dialects. */
const LIBRARY = [
  "DomainError",
  "FaultError",
  "TerminalError",
  "chinaTime",
  "chinaTimeWithoutZone",
  "collectParameters",
  "controlErrors",
  "defineConfig",
  "defineDialect",
  "defineTask",
  "jsonTemplate",
  "listPage",
  "notFoundCode",
  "ownError",
  "pageToken",
  "readPageToken",
  "renderOnce",
  "unixSeconds",
  "utcMillis",
  "utcSeconds",
  "vendorAnswer",
  "withTask",
];

describe("the installed library", () => {
  before(() => write("package.json", JSON.stringify({ type: "module" })));

  it("type-checks in a TypeScript project of Node's modules", () => {
    const code = `import { defineConfig, defineTask, type Task, TerminalError } from "taskscribe";
const copy = defineTask({
  type: "copy",
  steps: { async run(_input, context) { context.progress(1); throw new TerminalError("No", context.taskId); } },
});
export default defineConfig({ types: [copy] });
export const stateOf = (task: Task): string => task.state;
// @ts-expect-error a task type has a type
defineTask({ steps: {} });
`;
    typeCheck("consumer.ts", code, { types: ["node"], lib: ["es2024"] });
  });

  it("has a client that type-checks without Node's types, as for a browser", () => {
    const code = `import { type Task, TaskscribeClient, waitForTask } from "taskscribe/client";
export const client: TaskscribeClient = new TaskscribeClient({ endpoint: "http://127.0.0.1:4010" });
export const list: AsyncIterable<Task> = client.list();
export const wait: typeof waitForTask = waitForTask;
// @ts-expect-error it has an endpoint
new TaskscribeClient({ endpoint: 1 });
`;
    typeCheck("browser.ts", code, { types: [], lib: ["es2024", "dom", "dom.asynciterable"] });
  });

  it("has the types of a dialect: those of the example compile against it", () => {
    const kiln = join(root, "examples/fifth-dialect/kiln");
    const files = globSync("*.ts", { cwd: kiln });
    assert.ok(files.length > 4, "the example was not found");
    for (const file of files) {
      const code = readFileSync(join(kiln, file), "utf8");
      write(file, code.replace("../../../src/index.ts", "taskscribe"));
    }
    const code = `import { kilnDialect } from "./routes.ts"; import { defineConfig } from "taskscribe";
import type { TaskWords } from "taskscribe/client";
export const words: TaskWords = kilnDialect.tasks; export default defineConfig({ dialects: [kilnDialect] });`;
    const options = { types: ["node"], lib: ["es2024"], allowImportingTsExtensions: true };
    typeCheck("kiln-config.ts", code, options);
  });

  it("gives the classes that the program knows, and the client", () => {
    const code = `import * as library from "taskscribe"; import * as client from "taskscribe/client";
console.log(Object.keys(library).join(), Object.keys(client).join())`;
    assert.equal(
      must(process.execPath, ["--input-type=module", "--eval", code]),
      `${LIBRARY.join()} ConnectionError,TaskscribeClient,TaskscribeError,WaitTimeoutError,hasEnded,waitForTask\n`,
    );
  });
});

describe("on a Node that is too old", () => {
  const SENTENCE =
    /^taskscribe needs Node\.js 24 or newer, but \S+ is Node\.js \d+\.\d+\.\d+; .+\n$/;
  const pretend = join(folder, "pretend.cjs");

  before(() => {
    write(
      "pretend.cjs",
      'Object.defineProperty(process.versions, "node", { value: "12.22.12" });\n',
    );
  });

  it("the command says so in one sentence and ends with 1", () => {
    const { code, out, err } = run(process.execPath, ["-r", pretend, bin, "serve"]);
    assert.equal(code, 1);
    assert.equal(out, "");
    assert.match(err, SENTENCE);
  });

  it("the library says so when it is imported", () => {
    const code = 'import("taskscribe").catch((error) => console.error(error.message))';
    assert.match(run(process.execPath, ["-r", pretend, "--eval", code]).err, SENTENCE);
  });

  it("both do so on an older Node that this machine has", (context) => {
    const old = oldNode();
    if (old === undefined) return context.skip("there is no older Node in PATH");
    const { code, err } = run(old, [bin, "serve"]);
    assert.equal(code, 1);
    assert.match(err, SENTENCE);
    const imported = 'import("taskscribe").catch((error) => console.error(error.message))';
    assert.match(run(old, ["--eval", imported]).err, SENTENCE);
  });

  it("is read without what Node 12 does not know", () => {
    for (const file of ["dist/cli/taskscribe.cjs", "dist/node-version.cjs"]) {
      const text = readFileSync(join(installed, file), "utf8");
      assert.doesNotMatch(text, /\?\.|\?\?|\bawait\b|^import /m, file);
    }
  });
});

function oldNode(): string | undefined {
  return (process.env["PATH"] ?? "")
    .split(delimiter)
    .map((path) => join(path, "node"))
    .find((path) => {
      if (!existsSync(path)) return false;
      const version = /^v(\d+)\./.exec(run(path, ["--version"]).out)?.[1];
      return version !== undefined && Number(version) < 24;
    });
}
