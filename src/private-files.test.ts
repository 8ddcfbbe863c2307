import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { makePrivateDirectory, makePrivateFile } from "./private-files.ts";

const folder = mkdtempSync(join(tmpdir(), "taskscribe-private-"));
after(() => rmSync(folder, { recursive: true }));

const modeOf = (path: string) => statSync(path).mode & 0o777;

describe("what only its owner may look into", () => {
  for (const umask of [0o000, 0o022, 0o077, 0o277, 0o777]) {
    it(`is so with umask ${umask.toString(8)}`, () => {
      const before = process.umask(umask);
      try {
        const directory = join(folder, `umask-${umask}`, "deeper");
        makePrivateDirectory(directory);
        makePrivateDirectory(directory);
        assert.deepEqual([modeOf(directory), modeOf(join(directory, ".."))], [0o700, 0o700]);
        const file = join(directory, "file");
        makePrivateFile(file);
        assert.equal(modeOf(file), 0o600);
      } finally {
        process.umask(before);
      }
    });
  }
  it("leaves alone what is there", () => {
    const directory = join(folder, "there");
    mkdirSync(directory, { mode: 0o755 });
    writeFileSync(join(directory, "file"), "text", { mode: 0o644 });
    makePrivateDirectory(directory);
    makePrivateFile(join(directory, "file"));
    assert.deepEqual([modeOf(directory), modeOf(join(directory, "file"))], [0o755, 0o644]);
    assert.equal(statSync(join(directory, "file")).size, 4);
  });
  it("fails at once where nothing can be made", () => {
    writeFileSync(join(folder, "a-file"), "");
    const impossible = [join(folder, "a-file", "x", "y"), join(folder, "a-file")];
    if (process.platform === "linux") impossible.push("/proc/nope", "/proc/nope/deeper/still");
    for (const path of impossible) {
      assert.throws(() => makePrivateDirectory(path), /^Error: E[A-Z]+: /, path);
    }
  });
});
