import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";

const FOLDER = import.meta.dirname;
/** What would print without the one rule. A Screen gets its stream from output.ts. */
const PRINTS =
  /\bprocess\.std(?:out|err)\b|\bconsole\.|\b(?:writeSync|writeFileSync)\((?:1|2)\b|\/dev\/(?:tty|stdout)/;

describe("row 11: the command line has one way to print", () => {
  const files = globSync("**/*.ts", { cwd: FOLDER }).filter(
    (file) => !file.endsWith(".test.ts") && file !== "output.ts",
  );

  it("and no file beside output.ts names the streams of the process", () => {
    const sinners = files.filter((file) => PRINTS.test(readFileSync(join(FOLDER, file), "utf8")));
    assert.deepEqual(sinners, []);
    assert.ok(files.includes("commands/access/audit.ts"));
  });

  it("and no file beside the screen's writes to a stream", () => {
    const writers = files.filter((file) =>
      /\b(?:#?output|STANDARD_(?:OUTPUT|ERROR))\.write\(/.test(
        readFileSync(join(FOLDER, file), "utf8"),
      ),
    );
    assert.deepEqual(writers, ["terminal/screen.ts"]);
  });
});
