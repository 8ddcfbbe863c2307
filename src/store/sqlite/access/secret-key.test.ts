import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { loadSecretKey } from "./secret-key.ts";

const folder = mkdtempSync(join(tmpdir(), "taskscribe-secret-"));
after(() => rmSync(folder, { recursive: true, force: true }));
const directory = () => mkdtempSync(join(folder, "d"));
const given = Buffer.alloc(32, 7).toString("base64");

describe("the secret key", () => {
  test("is made on the first start, for the owner alone, and stays", () => {
    const data = directory();
    const key = loadSecretKey(data, { needed: false });
    assert.equal(key.length, 32);
    assert.equal(statSync(join(data, "secret.key")).mode & 0o777, 0o600);
    assert.deepEqual(loadSecretKey(data, { needed: true }), key);
  });

  test("is not made anew when secrets are encrypted with a lost one", () => {
    assert.throws(() => loadSecretKey(directory(), { needed: true }), /secret\.key is missing/);
  });

  test("that others can read is refused", () => {
    const data = directory();
    loadSecretKey(data, { needed: false });
    chmodSync(join(data, "secret.key"), 0o640);
    assert.throws(() => loadSecretKey(data, { needed: true }), /mode 0640, expected 0600/);
  });

  test("from the environment wins, and leaves no file", () => {
    const data = directory();
    assert.deepEqual(loadSecretKey(data, { given, needed: false }), Buffer.alloc(32, 7));
    assert.equal(statSync(join(data, "secret.key"), { throwIfNoEntry: false }), undefined);
  });

  test("of a wrong length is refused without being shown", () => {
    const text = Buffer.from("much too short").toString("base64");
    assert.throws(
      () => loadSecretKey(directory(), { given: text, needed: false }),
      (error: Error) =>
        /holds 14 bytes, expected 32/.test(error.message) && !error.message.includes(text),
    );
    const data = directory();
    writeFileSync(join(data, "secret.key"), "", { mode: 0o600 });
    assert.throws(() => loadSecretKey(data, { needed: true }), /secret\.key holds 0 bytes/);
  });
});
