import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, describe, it } from "node:test";
import { CONFIG_EXTENSIONS } from "./config-file.ts";
import { loadConfig } from "./load.ts";

const folder = mkdtempSync(join(tmpdir(), "taskscribe-config-file-"));
after(() => rmSync(folder, { recursive: true }));

let packages = 0;

/** Writes files into a package of its own; returns its folder. */
function packageWith(files: Readonly<Record<string, string>>, type?: string): string {
  const root = join(folder, String(packages++));
  const all = { "package.json": JSON.stringify(type === undefined ? {} : { type }), ...files };
  for (const [name, text] of Object.entries(all)) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), text);
  }
  return root;
}

const load = (file: string) => loadConfig({}, { file, env: {} });

/** A configuration that imports this program, another file, and another one by `require`. */
const AS_MODULE = `import { join } from "node:path";
import { defineConfig, defineTask } from "taskscribe";
import { port } from "./port.mjs";
const types = [defineTask({ type: join("a", "b"), steps: { one: async () => {} } })];
export default defineConfig({ port, types });
`;
const AS_COMMON_JS = `const { join } = require("node:path");
const { defineConfig, defineTask } = require("taskscribe");
const { port } = require("./port.cjs");
const types = [defineTask({ type: join("a", "b"), steps: { one: async () => {} } })];
module.exports = defineConfig({ port, types });
`;
const PORTS = { "port.mjs": "export const port = 4021;", "port.cjs": "exports.port = 4021;" };

describe("a configuration file loads", () => {
  for (const type of ["module", "commonjs", undefined]) {
    for (const extension of CONFIG_EXTENSIONS) {
      it(`as .${extension} in a package ${type ? `of type ${type}` : "without a type"}`, async () => {
        const forms = extension.startsWith("c") ? [AS_MODULE, AS_COMMON_JS] : [AS_MODULE];
        if (type !== "module" && /^[jt]s$/.test(extension)) forms.push(AS_COMMON_JS);
        for (const [index, text] of forms.entries()) {
          const name = `${index}.config.${extension}`;
          const root = packageWith({ [name]: text, ...PORTS }, type);
          const { port, types } = await load(join(root, name));
          assert.deepEqual([port, types[0]?.type], [4021, "a/b"]);
        }
      });
    }
  }
  it("with files of its own that are written as modules too, in a package of type commonjs", async () => {
    const root = packageWith(
      {
        "a.config.ts": 'import { types } from "./tasks/types.ts";\nexport default { types };',
        "tasks/types.ts": `import { defineTask } from "taskscribe";
import type { TaskType } from "taskscribe";
import { name } from "./name.js";
export const types: TaskType[] = [defineTask({ type: name, steps: { one: async () => {} } })];`,
        "tasks/name.js": "// import nothing\nexports.name = 'from common js';",
        "b.config.cts": `import type { Config } from "taskscribe";
const config: Partial<Config> = { port: 1 };
module.exports = config;`,
        "c.config.cjs": "exports.__esModule = true;\nexports.default = { port: 2 };",
        "d.config.js": 'const { port } = require("./e.ts");\nmodule.exports = { port };',
        "e.ts": "export const port: number = 3;",
      },
      "commonjs",
    );
    const { types } = await load(join(root, "a.config.ts"));
    assert.equal(types[0]?.type, "from common js");
    assert.equal((await load(join(root, "b.config.cts"))).port, 1);
    assert.equal((await load(join(root, "c.config.cjs"))).port, 2);
    assert.equal((await load(join(root, "d.config.js"))).port, 3);
  });
});

/** What a file holds, and what is said about it after its path. */
const MISTAKES: Readonly<Record<string, readonly [text: string, complaint: RegExp]>> = {
  "a syntax error": [
    "const a = 1;\nexport default { port: 1 +, };\n",
    /^:2:27: it cannot be read: Expression expected$/,
  ],
  "a text without an end": [
    "export default {\n  data: 'x,\n  port: 1 };\n",
    /^:3:3: it cannot be read: Expected/,
  ],
  "TypeScript that is more than types": [
    "enum A { x }\nexport default {};\n",
    /^:1:1: it cannot be read: TypeScript enum/,
  ],
  "an unknown key": [
    "export default {\n  prot: 4010,\n};\n",
    /^:2:3: prot: there is no such setting; did you mean "port"\?$/,
  ],
  "a key like no other": [
    "export default {\n  colour: 1,\n};\n",
    /^:2:3: colour: there is no such setting; the known ones are host, port, /,
  ],
  "an unknown key inside": [
    "export default { keys: [], quotas: { opentask: 1 } };\n",
    /^:1:38: quotas\.opentask: there is no such setting; did you mean "openTasks"\?$/,
  ],
  "a kind that accounts have no share of": [
    "export default { shares: { stream: 5 } };\n",
    /^:1:28: shares\.stream: there is no such setting; did you mean "streams"\?$/,
  ],
  "a kind that one account has no share of": [
    'export default { shares: { accounts: { "100": { request: 5 } } } };\n',
    /^:1:49: shares\.accounts\.100\.request: there is no such setting; did you mean "requests"\?$/,
  ],
  "a share that is no number": [
    'export default { shares: { accounts: { "100": { waits: -1 } } } };\n',
    /^:1:49: shares\.accounts\.100\.waits: found -1; give a whole number from 0 /,
  ],
  "a wrong type": [
    "export default {\n  port: true,\n};\n",
    /^:2:3: port: found true; give a whole number from 0 to 65535$/,
  ],
  "a wrong text": [
    'export default { "logLevel": "loud" };\n',
    /^:1:18: logLevel: found "loud"; give one of debug, info/,
  ],
  "a wrong value in a list": [
    '// keys: none\nexport default { keys: [{ accessKeyId: "a", accessKeySecret: "b", account: "c" },\n  { accessKeyId: "a", account: "c" }] };\n',
    /^:3:3: keys\[1\]\.accessKeySecret: found nothing; give a text that is not empty$/,
  ],
  "a secret that is empty": [
    'export default { keys: [{ accessKeyId: "a", accessKeySecret: "", account: "c" }] };\n',
    /^:1:45: keys\[0\]\.accessKeySecret: found 0 characters; give a text that is not empty$/,
  ],
  "a wrong value deep inside": [
    "export default {\n  throttling: {\n    changes: { perSecond: 0, burst: 1 },\n  },\n};\n",
    /^:3:16: throttling\.changes\.perSecond: found 0; give a number from /,
  ],
  "a span that is none": [
    'export default { retention: { failed: "soon" } };\n',
    /^:1:31: retention\.failed: found "soon"; give ms/,
  ],
  "the same name further inside": [
    'const first = { port: "deeper" };\nexport default { types: [], port: "x" };\n',
    /^:\d:\d+: port: found "x"; give a whole number/,
  ],
  "a value from elsewhere": [
    'const { a } = { a: { port: "x" } };\nexport default { ...a, data: "d" };\n',
    /^(:1:22)?: port: found "x"/,
  ],
  "a missing package": [
    'import "node:fs";\nimport { a } from "no-such-package";\nexport default { a };\n',
    /^:2:19: import "no-such-package": there is no such package; install it \(npm install no-such-package\)/,
  ],
  "a missing file": [
    'import { a } from "./none.ts";\nexport default { a };\n',
    /^:1:19: import "\.\/none\.ts": there is no such file; correct the path/,
  ],
  "a missing export": [
    'import { nothing } from "node:fs";\nexport default { nothing };\n',
    /^:1:10: it cannot be read: The requested module 'node:fs' does not provide an export named 'nothing'$/,
  ],
  "an error of its own": [
    'const a = 1;\n\nthrow new Error("boom");\n',
    /^:3:7: it failed while it was loaded: boom$/,
  ],
  "something thrown that is no error": [
    'throw "boom";\n',
    /^: it threw "boom" while it was loaded$/,
  ],
  "a task type that cannot be": [
    'import { defineTask } from "taskscribe";\nexport default { types: [defineTask({ type: "" })] };\n',
    /^:2:26: it failed while it was loaded: type of task type "" is ""; give a name/,
  ],
  "no default export": [
    "export const port = 1;\n",
    /^: default export: there is none; write export default defineConfig\(/,
  ],
  "a default export that is no object": [
    "export default () => ({});\n",
    /^: default export: found function; write export default/,
  ],
};

describe("a mistake in a configuration file is told with where it is", () => {
  for (const [name, [text, complaint]] of Object.entries(MISTAKES)) {
    it(name, async () => {
      const file = join(packageWith({ "a.config.ts": text }, "module"), "a.config.ts");
      await assert.rejects(load(file), (error: Error) => {
        assert.equal(error.name, "ConfigError");
        assert.ok(error.message.startsWith(file), error.message);
        assert.match(error.message.slice(file.length), complaint);
        return true;
      });
    });
  }
  it("in JavaScript, in CommonJS, and in a file that it imports", async () => {
    const broken = "export const a = 1;\nexport const b = {,};\n";
    const root = packageWith({
      "a.config.mjs": broken,
      "b.config.cjs": "module.exports = {\n  port: ,\n};\n",
      "c.config.mjs": 'import "./d.mjs";\nexport default {};\n',
      "d.mjs": broken,
      "e.config.cjs": 'const a = 1;\nrequire("no-such-package");\n',
      "f.config.cjs": "exports.port = 1;\nmodule.exports = 5;\n",
    });
    const expected: Record<string, string> = {
      "a.config.mjs": "a.config.mjs:2:19: it cannot be read: ",
      "b.config.cjs": "b.config.cjs:2:9: it cannot be read: ",
      "c.config.mjs": "d.mjs:2:19: it cannot be read: ",
      "e.config.cjs": 'e.config.cjs:2:9: import "no-such-package": there is no such package',
      "f.config.cjs":
        "f.config.cjs: default export: found number; write module.exports = defineConfig(",
    };
    for (const [name, start] of Object.entries(expected)) {
      await assert.rejects(load(join(root, name)), (error: Error) => {
        assert.ok(error.message.startsWith(join(root, start)), error.message);
        return true;
      });
    }
  });
  it("a file that is not there, is a folder, or is of another kind", async () => {
    const root = packageWith({ "config.json": "{}" });
    await assert.rejects(load(join(root, "none.ts")), /none\.ts: there is no such file; name a/);
    await assert.rejects(load(root), /: it is not a file; name one that ends in \.ts, \.mts/);
    await assert.rejects(
      load(join(root, "config.json")),
      /: this kind of file cannot be read; name/,
    );
  });
});
