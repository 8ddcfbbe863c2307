// Row 17: a backup that somebody made up, or changed, writes and reads nothing outside of the two directories.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { after, before, describe, it } from "node:test";
import { submission } from "../../../../test/contracts/store-contract.ts";
import { fc } from "../../../../test/support/properties.ts";
import { DomainError } from "../../../core/errors.ts";
import { openSqliteStore } from "../sqlite-store.ts";
import { backupDirectory } from "./backup.ts";
import { restoreDirectory, verifyBackup } from "./restore.ts";

const root = mkdtempSync(join(tmpdir(), "taskscribe-crafted-"));
const good = join(root, "good");
const outside = join(root, "outside");
after(() => rmSync(root, { recursive: true, force: true }));

before(async () => {
  const data = join(root, "data");
  const store = await openSqliteStore(data);
  await store.append(submission());
  await store.close();
  writeFileSync(join(data, "secret.key"), "secret", { mode: 0o600 });
  mkdirSync(join(data, "tls"));
  writeFileSync(join(data, "tls", "ca.key"), "secret", { mode: 0o600 });
  await backupDirectory(data, good, {
    secrets: true,
    version: "1.2.3",
    now: () => 1_700_000_000_000,
  });
  mkdirSync(outside);
  writeFileSync(join(outside, "passwd"), "root");
});

interface Listed {
  name: unknown;
  bytes: unknown;
  sha256: unknown;
}
interface Loose {
  files: (Listed | null)[];
  [field: string]: unknown;
}

let cases = 0;

/** A copy of the good backup, changed; its folder has room for the directory that is restored into. */
function crafted(change: (directory: string, manifest: Loose) => void): string {
  const directory = join(root, `case-${cases++}`, "deep", "backup");
  cpSync(good, directory, { recursive: true });
  const file = join(directory, "backup.json");
  const manifest = JSON.parse(readFileSync(file, "utf8")) as Loose;
  change(directory, manifest);
  if (existsSync(file)) writeFileSync(file, JSON.stringify(manifest));
  return directory;
}

/** Neither a check nor a restore accepts it, and nothing is anywhere. */
async function assertRefused(directory: string, told?: RegExp): Promise<void> {
  const folder = join(directory, "..", "..");
  const before = readdirSync(folder, { recursive: true }).sort();
  const target = join(folder, "restored");
  const attempts = [() => verifyBackup(directory), () => restoreDirectory(directory, target)];
  for (const attempt of attempts) {
    await assert.rejects(attempt(), (error) => {
      assert.ok(error instanceof DomainError, String(error));
      if (told) assert.match(error.message, told);
      // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what must not be there
      assert.doesNotMatch(error.message, /[\u0000-\u001f\u007f-\u009f]/);
      return true;
    });
  }
  assert.deepEqual(readdirSync(folder, { recursive: true }).sort(), before);
  assert.deepEqual(readdirSync(outside), ["passwd"]);
}

const entry = (name: unknown, text = "x"): Listed => ({
  name,
  bytes: Buffer.byteLength(text),
  sha256: createHash("sha256").update(text).digest("hex"),
});

describe("a crafted backup is refused (row 17)", () => {
  const names = [
    "../escaped.txt",
    "../../escaped.txt",
    "tls/../../escaped.txt",
    "tls/../escaped.txt",
    join(outside, "escaped.txt"),
    "/etc/cron.d/escaped",
    "C:\\Windows\\escaped",
    "..\\escaped.txt",
    "",
    ".",
    "..",
    "tls",
    "tls/",
    "./taskscribe.db",
    "tls//ca.key",
    "TASKSCRIBE.DB",
    "Access.db",
    "tls/CA.key",
    "ac\u0441ess.db",
    "access\u200b.db",
    "access.db\u0000.txt",
    "archive-\u0661\u0661\u0661\u0661\u0661\u0661.jsonl",
    "archive-000001.jsonl ",
    "archive-0000001.jsonl",
    "taskscribe.lock",
    "server.json",
    "backup.json",
    "taskscribe.config.ts",
    "node_modules/x/index.js",
    "__proto__",
    7,
    null,
    ["access.db"],
    { toString: "access.db" },
  ];
  for (const name of names) {
    it(`that names ${JSON.stringify(name)}`, async () => {
      const directory = crafted((made, manifest) => {
        manifest.files.push(entry(name));
        // Where the name leads there is a file, so that only the name is wrong.
        if (typeof name !== "string" || name.includes("\0") || name === "") return;
        const file = join(made, name);
        if (!file.startsWith(root) || existsSync(file)) return;
        mkdirSync(join(file, ".."), { recursive: true });
        writeFileSync(file, "x");
      });
      await assertRefused(directory, /names the file|which no backup holds/);
    });
  }

  it("that names a file twice, or does not say size and checksum as numbers and text", async () => {
    await assertRefused(
      crafted((_, { files }) => void files.push(files[0] ?? null)),
      /twice/,
    );
    const odd: Partial<Listed>[] = [
      { bytes: -1 },
      { bytes: 1.5 },
      { bytes: "1" },
      { bytes: 2 ** 60 },
      { sha256: "" },
      { sha256: 7 },
      { sha256: "../x" },
    ];
    for (const one of odd) {
      const made = crafted((_, { files }) => void Object.assign(files[0] ?? {}, one));
      await assertRefused(made, /size and the checksum/);
    }
    await assertRefused(
      crafted((_, { files }) => void files.push(null)),
      /names the file/,
    );
  });

  it("that is larger than it says, or holds more than it names", async () => {
    const larger = crafted((made) => writeFileSync(join(made, "secret.key"), "secret and more"));
    await assertRefused(larger, /secret\.key has changed since/);
    const same = crafted((made) => writeFileSync(join(made, "secret.key"), "SECRET"));
    await assertRefused(same, /secret\.key has changed since/);
    const more = crafted((made) => writeFileSync(join(made, "archive-000007.jsonl"), "x"));
    await assertRefused(more, /archive-000007\.jsonl, which its list does not name/);
    const wal = crafted((made) => writeFileSync(join(made, "taskscribe.db-wal"), "x"));
    await assertRefused(wal, /taskscribe\.db-wal, which its list does not name/);
    const without = crafted((made, manifest) => {
      rmSync(join(made, "taskscribe.db"));
      manifest.files = manifest.files.filter((one) => one?.name !== "taskscribe.db");
    });
    await assertRefused(without, /names no taskscribe\.db/);
  });

  it("with links, pipes and directories in place of files", async () => {
    const secret = readFileSync(join(good, "secret.key"), "utf8");
    writeFileSync(join(root, "same"), secret);
    const kinds: Record<string, (file: string) => void> = {
      "a link to the same text": (file) => symlinkSync(join(root, "same"), file),
      "a link to nothing": (file) => symlinkSync(join(root, "nothing"), file),
      "a link to a device": (file) => symlinkSync("/dev/zero", file),
      "a directory": (file) => mkdirSync(file),
    };
    if (process.platform !== "win32") {
      kinds["a pipe"] = (file) => void execFileSync("mkfifo", [file]);
    }
    for (const make of Object.values(kinds)) {
      const made = crafted((directory) => {
        rmSync(join(directory, "secret.key"));
        make(join(directory, "secret.key"));
      });
      await assertRefused(made, /secret\.key, which is a link or no file/);
    }
    const folder = crafted((directory) => {
      renameSync(join(directory, "tls"), join(directory, "elsewhere"));
      symlinkSync(join(directory, "elsewhere"), join(directory, "tls"));
    });
    await assertRefused(folder, /tls, which is a link or no directory/);
    const list = crafted((directory) => {
      renameSync(join(directory, "backup.json"), join(directory, "list.json"));
      symlinkSync(join(directory, "list.json"), join(directory, "backup.json"));
      rmSync(join(directory, "list.json"));
    });
    await assertRefused(list, /is a link or no file/);
  });

  it("whose database names a line of the archive that is nowhere, or takes all memory", async () => {
    for (const [file, start, length] of [
      [1, 0, 2 ** 40],
      [1, -5, 10],
      [-1, 0, 10],
      [999_999_999, 0, 1],
    ]) {
      const made = crafted((directory, manifest) => {
        const path = join(directory, "taskscribe.db");
        const db = new DatabaseSync(path);
        db.exec(`INSERT INTO archived (seq, id, account, file, start, length, last_position)
          VALUES (99, 'T-x', 'a', ${file}, ${start}, ${length}, 1)`);
        db.close();
        writeFileSync(join(directory, "archive-000001.jsonl"), "{}\n");
        const names = ["taskscribe.db", "archive-000001.jsonl"];
        manifest.files = manifest.files.filter((one) => !names.includes(String(one?.name)));
        for (const name of names) {
          const bytes = readFileSync(join(directory, name));
          const sha256 = createHash("sha256").update(bytes).digest("hex");
          manifest.files.push({ name, bytes: bytes.length, sha256 });
        }
      });
      await assertRefused(made, /is damaged/);
    }
  });

  it("that says of itself what no backup says", async () => {
    const odd: Record<string, unknown>[] = [
      { version: "\u001b[2J" },
      { at: "\u009b31m" },
      { tasks: "many" },
      { format: "\u001b" },
      { files: { length: 1 } },
    ];
    for (const one of odd) await assertRefused(crafted((_, m) => void Object.assign(m, one)));
  });

  it("whatever its list says, nothing is written outside", async () => {
    const name = fc.oneof(
      fc.string(),
      fc
        .array(fc.constantFrom("..", ".", "tls", "ca.key", "", "x", "\u0000"), { maxLength: 5 })
        .map((parts) => parts.join("/")),
    );
    const property = fc.asyncProperty(name, async (one) => {
      fc.pre(one !== "tls/ca.key");
      await assertRefused(crafted((_, { files }) => void files.push(entry(one))));
    });
    await fc.assert(property, { numRuns: 40 });
  });
});

describe("a restore follows no link in its target", () => {
  it("and removes only the link that a cut off restore's folder is", async () => {
    const target = join(root, "linked");
    mkdirSync(target);
    symlinkSync(outside, join(target, "files.restoring"));
    await restoreDirectory(good, target);
    assert.deepEqual(readdirSync(outside), ["passwd"]);
    assert.deepEqual(readdirSync(target).sort(), ["secret.key", "taskscribe.db", "tls"]);
  });

  it("and a directory that holds a link, or anything but that folder, is not empty", async () => {
    for (const name of ["taskscribe.db", "tls", "other.restoring"]) {
      const target = mkdtempSync(join(root, "target-"));
      symlinkSync(join(outside, "new"), join(target, name));
      await assert.rejects(restoreDirectory(good, target), /is not empty/);
    }
    assert.deepEqual(readdirSync(outside), ["passwd"]);
  });
});
