import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { describe, it } from "node:test";
import { evilTexts } from "../../test/hostile/hostile-server.ts";
import { shellQuoted } from "./shell-words.ts";

const SHELLS = { bash: ["-c"], zsh: ["-fc"], fish: ["--no-config", "-c"], sh: ["-c"] } as const;
const WORDS = [
  ...evilTexts("/tmp/never-made"),
  "plain",
  "",
  "two words",
  "it's",
  "a\\'b",
  "\\",
  "a\\\\'$HOME'!!",
  "%s\\n",
  "{a,b}",
  "~root",
  "升级",
].filter((word) => !word.includes("\u0000") && word.isWellFormed());

describe("row 28: a quoted word", () => {
  for (const [shell, flags] of Object.entries(SHELLS)) {
    const missing = spawnSync(shell, ["-c", "true"]).error !== undefined;
    const skip = missing && process.env["CI"] !== "true" && `${shell} is not installed`;
    it(`stands for itself in ${shell}`, { skip }, () => {
      const list = WORDS.map(shellQuoted).join(" ");
      const { stdout, stderr } = spawnSync(shell, [...flags, `printf '%s\\0' ${list}`], {
        encoding: "utf8",
      });
      assert.deepEqual(stdout.split("\0").slice(0, -1), WORDS, stderr);
    });
  }
});
