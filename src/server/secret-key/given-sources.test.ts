import assert from "node:assert/strict";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { secretKeyOfCommand } from "./command.ts";
import { secretKeySourceOf } from "./source.ts";

const folder = mkdtempSync(join(tmpdir(), "taskscribe-given-"));
after(() => rmSync(folder, { recursive: true, force: true }));

const [OLD, NEW] = [Buffer.alloc(32, 7), Buffer.alloc(32, 8)];
const [oldText, newText] = [OLD.toString("base64"), NEW.toString("base64")];
const UNSET = { data: folder, secretKey: undefined, secretKeyCommand: undefined };
const fromFile = (secretKeyFile: string) => secretKeySourceOf({ ...UNSET, secretKeyFile });
const made = (name: string, text: string, mode = 0o600) => {
  const file = join(folder, name);
  writeFileSync(file, text);
  chmodSync(file, mode);
  return file;
};

describe("the secret key from a file", () => {
  test("is read again each time, and may have older keys behind it", async () => {
    const file = made("again", `${oldText}\n`);
    const source = fromFile(file);
    assert.deepEqual(await source.read(true), [OLD]);
    writeFileSync(file, `${newText}\n${oldText}\n`);
    assert.deepEqual(await source.read(true), [NEW, OLD]);
    assert.equal(source.makeNext, undefined);
    assert.equal(source.name, `secretKeyFile (${file})`);
  });

  test("may be a read-only link into a mount of Kubernetes, which another version replaces", async () => {
    const mount = join(folder, "mount");
    for (const [version, text] of Object.entries({ one: oldText, two: newText })) {
      mkdirSync(join(mount, version), { recursive: true });
      writeFileSync(join(mount, version, "key"), text, { mode: 0o400 });
    }
    symlinkSync("one", join(mount, "..data"));
    symlinkSync("..data/key", join(mount, "key"));
    const source = fromFile(join(mount, "key"));
    assert.deepEqual(await source.read(true), [OLD]);
    rmSync(join(mount, "..data"));
    symlinkSync("two", join(mount, "..data"));
    assert.deepEqual(await source.read(true), [NEW]);
  });

  for (const mode of [0o640, 0o604, 0o660, 0o444]) {
    test(`that others can reach is refused (mode ${mode.toString(8)})`, async () => {
      const file = made(`mode-${mode}`, oldText, mode);
      await assert.rejects(fromFile(file).read(true), {
        code: "StoreUnavailable",
        message: /by others \(mode 0\d+, expected 0600 or 0400\); chmod it, or set the mode/,
      });
    });
  }

  test("that is not there, no file, too long or no key is refused in words, without its text", async () => {
    const { read } = fromFile(join(folder, "nowhere"));
    await assert.rejects(read(true), /nowhere cannot be read \(ENOENT\); mount or make it/);
    await assert.rejects(fromFile(folder).read(true), /is no file; give the path/);
    await assert.rejects(fromFile(made("long", "x".repeat(20_000))).read(true), /has 20000 bytes/);
    for (const text of ["", "hunter2", `${oldText} hunter2`, OLD.toString("hex")]) {
      await assert.rejects(fromFile(made("none", text)).read(true), (error: Error) => {
        assert.match(
          error.message,
          /holds \d+ bytes, expected 32 in base64; make one with: openssl/,
        );
        assert.ok(text === "" || !error.message.includes(text.slice(-7)));
        return true;
      });
    }
  });
});

describe("the secret key from a command", () => {
  const node = (code: string, ...args: readonly string[]) => [
    process.execPath,
    "-e",
    code,
    ...args,
  ];
  const print = (text: string) => node("process.stdout.write(process.argv[1])", text);

  test("is what it prints, and older keys behind it", async () => {
    assert.deepEqual(await secretKeyOfCommand(print(`  ${newText}\n${oldText}\n\n`)).read(true), [
      NEW,
      OLD,
    ]);
  });

  test("is not run by a shell", async () => {
    const words = ["$(id)", "`id`", "a b", ";", "*"];
    const told = node(
      "process.stderr.write(JSON.stringify(process.argv.slice(1))); process.exit(3)",
    );
    await assert.rejects(secretKeyOfCommand([...told, ...words]).read(true), (error: Error) => {
      assert.ok(error.message.includes(JSON.stringify(words)), error.message);
      return true;
    });
  });

  test("that fails is refused with its exit code and what it said, and nothing of what it printed", async () => {
    const code = `process.stdout.write("${oldText}"); process.stderr.write("\\x1b[2Jpermission denied\\n"); process.exit(2)`;
    await assert.rejects(secretKeyOfCommand(node(code)).read(true), (error: Error) => {
      assert.match(
        error.message,
        /ended with the exit code 2 and said: \\u001b\[2Jpermission denied;/,
      );
      assert.ok(!error.message.includes(oldText));
      return true;
    });
  });

  test("that prints no key is refused without what it printed", async () => {
    await assert.rejects(secretKeyOfCommand(print("hunter2")).read(true), (error: Error) => {
      assert.match(error.message, /what secretKeyCommand \(.+\) prints holds 5 bytes, expected 32/);
      assert.ok(!error.message.includes("hunter2"));
      return true;
    });
    await assert.rejects(secretKeyOfCommand(print("")).read(true), /holds 0 bytes/);
    const endless = node("for (;;) process.stdout.write('x'.repeat(9999))");
    await assert.rejects(secretKeyOfCommand(endless).read(true), /printed more than 16384 bytes/);
  });

  test("that does not exist or does not end is refused", async () => {
    const missing = secretKeyOfCommand(["/no/such/vault"]).read(true);
    await assert.rejects(missing, /secretKeyCommand: \/no\/such\/vault was not found/);
    const hanging = secretKeyOfCommand(node("setInterval(() => {}, 1000)"), 200).read(true);
    await assert.rejects(hanging, /did not end within 0\.2 s, and was stopped/);
  });
});
