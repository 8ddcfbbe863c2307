import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { ConfigError } from "../config/config-error.ts";
import { submitCommand } from "./commands/submit.ts";
import { parseJson, readJson } from "./read-json.ts";

const folder = mkdtempSync(join(tmpdir(), "taskscribe-read-json-"));
after(() => rmSync(folder, { recursive: true }));

describe("JSON that a command is given (rows 27, 29 and 32)", () => {
  const REFUSED: readonly (readonly [json: string, message: RegExp])[] = [
    ['{"a":[1e400]}', /^x: a\.0 is 1e400; give a number that a double keeps/],
    ['{"n":9007199254740993}', /^x: n is 9007199254740993/],
    ["9007199254740993", /^x is 9007199254740993/],
    ['{"a":1,"a":2}', /^x: a is there twice; give each member once/],
    ['{"k":"\\ud800"}', /^x: k is a text with half of a surrogate pair/],
  ];
  for (const [json, message] of REFUSED) {
    it(`${json} is refused in words`, () => {
      assert.throws(
        () => parseJson(json, "x"),
        (error) => error instanceof ConfigError && message.test(error.message),
      );
      const file = join(folder, "some.json");
      writeFileSync(file, json);
      assert.throws(() => readJson(file), ConfigError);
    });
  }

  it("a file that is not UTF-8 is refused, not repaired", () => {
    const file = join(folder, "bytes.json");
    writeFileSync(file, Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]));
    assert.throws(() => readJson(file), /cannot be read \(.*utf-8/);
  });

  it("--set and --input are refused before anything is sent, and plain texts stay texts", async () => {
    const parsed = (...given: string[]) =>
      submitCommand()
        .exitOverride()
        .action(() => {})
        .parseAsync(["quick", ...given], { from: "user" });
    await assert.rejects(parsed("--set", "n=9007199254740993"), /--set n is 9007199254740993/);
    await assert.rejects(parsed("--set", "n=1e400"), /--set n is 1e400/);
    await parsed("--set", "n=1e400x", "--set", 'big="9007199254740993"', "--set", "v=1.2.3");
  });
});
