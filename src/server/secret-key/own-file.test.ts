import assert from "node:assert/strict";
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { secretKeySourceOf } from "./source.ts";

const folder = mkdtempSync(join(tmpdir(), "taskscribe-secret-"));
after(() => rmSync(folder, { recursive: true, force: true }));
const directory = () => mkdtempSync(join(folder, "d"));
const given = Buffer.alloc(32, 7).toString("base64");
const UNSET = { secretKey: undefined, secretKeyFile: undefined, secretKeyCommand: undefined };
const own = (data: string) => secretKeySourceOf({ ...UNSET, data });
const modeOf = (file: string) => statSync(file).mode & 0o777;

describe("the secret key", () => {
  test("is made on the first start, for the owner alone, and stays", async () => {
    const data = directory();
    const [key, ...others] = await own(data).read(false);
    assert.equal(key?.length, 32);
    assert.equal(others.length, 0);
    assert.equal(modeOf(join(data, "secret.key")), 0o600);
    assert.deepEqual(await own(data).read(true), [key]);
    assert.deepEqual(readdirSync(data), ["secret.key"]);
  });

  test("is not made anew when secrets are encrypted with a lost one", async () => {
    await assert.rejects(own(directory()).read(true), /secret\.key is missing/);
  });

  test("that others can read is refused", async () => {
    const data = directory();
    await own(data).read(false);
    chmodSync(join(data, "secret.key"), 0o640);
    await assert.rejects(own(data).read(true), /mode 0640, expected 0600/);
  });

  test("from the environment wins, and leaves no file", async () => {
    const data = directory();
    const source = secretKeySourceOf({ ...UNSET, data, secretKey: given });
    assert.deepEqual(await source.read(false), [Buffer.alloc(32, 7)]);
    assert.deepEqual(readdirSync(data), []);
  });

  test("of a wrong length is refused without being shown", async () => {
    const text = Buffer.from("much too short").toString("base64");
    await assert.rejects(
      secretKeySourceOf({ ...UNSET, data: directory(), secretKey: text }).read(false),
      (error: Error) =>
        /holds 14 bytes, expected 32/.test(error.message) && !error.message.includes(text),
    );
    const data = directory();
    writeFileSync(join(data, "secret.key"), "", { mode: 0o600 });
    await assert.rejects(own(data).read(true), /secret\.key holds 0 bytes/);
  });

  test("of a rotation is beside the old one, first, until it takes its place", async () => {
    const data = directory();
    const source = own(data);
    const [old] = await source.read(false);
    const next = source.makeNext?.();
    assert.equal(modeOf(join(data, "secret.key.next")), 0o600);
    assert.deepEqual(await own(data).read(true), [next, old]);
    assert.deepEqual(source.makeNext?.(), next, "a rotation that failed is gone on with");
    source.settled();
    assert.deepEqual(await own(data).read(true), [next]);
    assert.deepEqual(readdirSync(data), ["secret.key"]);
  });

  test("that is a link is not replaced", async () => {
    const data = directory();
    writeFileSync(join(data, "elsewhere"), given, { mode: 0o600 });
    symlinkSync(join(data, "elsewhere"), join(data, "secret.key"));
    assert.deepEqual(await own(data).read(true), [Buffer.alloc(32, 7)]);
    assert.throws(() => own(data).makeNext?.(), /is a link.+secretKeyFile/);
    assert.deepEqual(readdirSync(data).sort(), ["elsewhere", "secret.key"]);
  });

  test("that cannot be written, or take the place of the old one, is told in words", async () => {
    const data = directory();
    const source = own(data);
    const [old] = await source.read(false);
    mkdirSync(join(data, "secret.key.next.partial"));
    const refused = { code: "StoreUnavailable", message: /could not be written .+nothing changed/ };
    assert.throws(() => source.makeNext?.(), refused);
    rmSync(join(data, "secret.key.next.partial"), { recursive: true });
    const next = source.makeNext?.();
    rmSync(join(data, "secret.key"));
    mkdirSync(join(data, "secret.key"));
    assert.throws(() => source.settled(), {
      code: "StoreUnavailable",
      message: /was exchanged, and the new one is in .+secret\.key\.next; .+ the next start does/,
    });
    rmSync(join(data, "secret.key"), { recursive: true });
    assert.deepEqual(await own(data).read(true), [next]);
    assert.notDeepEqual(next, old);
  });
});
