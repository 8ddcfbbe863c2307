import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import {
  chmodSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { command } from "../support/command.ts";
import { startServerProcess } from "../support/server-process.ts";

/** Paths that commands cannot use. Each is reported at once, in one line, with exit code 2. */

const folder = mkdtempSync(join(tmpdir(), "taskscribe-paths-"));
const data = join(folder, "data");
const backup = join(folder, "backup");
after(() => rmSync(folder, { recursive: true }));

/** What a path is, where it is, and what is said of it. */
const IMPOSSIBLE: readonly (readonly [what: string, path: string, words: RegExp])[] = [
  ["a file", join(folder, "file"), /is a file, expected a directory; name|is there already; name/],
  ["below a file", join(folder, "file", "x"), /cannot be made \(.+\); name another directory/],
  ...(process.platform === "linux"
    ? ([["below /proc", "/proc/nope", /cannot be made \(.+\); name another directory/]] as const)
    : []),
];

async function refused(words: RegExp, ...args: readonly string[]): Promise<void> {
  const { code, err, out } = await command(...args);
  assert.deepEqual([code, out], [2, ""], err);
  assert.match(err, /^taskscribe: [^\n]+\n$/);
  assert.match(err, words);
}

before(async () => {
  writeFileSync(join(folder, "file"), "");
  const umask = process.umask(0);
  try {
    const server = await startServerProcess(["--data", data, "--tls"]);
    for (const name of globSync("**", { cwd: data })) {
      const { mode } = statSync(join(data, name));
      const expected = statSync(join(data, name)).isDirectory() ? 0o700 : 0o600;
      // A certificate is for everyone; its directory is not.
      if (!name.endsWith("ca.pem")) assert.equal(mode & 0o777, expected, name);
    }
    await server.end("SIGTERM");
    assert.equal((await command("backup", backup, "--data", data, "--secrets")).code, 0);
  } finally {
    process.umask(umask);
  }
});

describe("with a umask of 0", () => {
  test("nobody else may look into a data directory or a backup", () => {
    for (const root of [data, backup]) {
      for (const name of ["", ...globSync("**", { cwd: root })]) {
        const stat = statSync(join(root, name));
        const expected = stat.isDirectory() ? 0o700 : 0o600;
        if (name.endsWith("ca.pem") && root === data) continue;
        assert.equal(stat.mode & 0o777, expected, join(root, name));
      }
    }
  });
  test("neither into one that keys were made in, or that was restored", async () => {
    const umask = process.umask(0);
    try {
      assert.equal((await command("key", "create", "--data", join(folder, "keys"))).code, 0);
      const restored = join(folder, "restored");
      assert.equal((await command("restore", backup, "--data", restored)).code, 0);
      for (const name of globSync("{keys,restored}/**", { cwd: folder })) {
        const stat = statSync(join(folder, name));
        assert.equal(stat.mode & 0o777, stat.isDirectory() ? 0o700 : 0o600, name);
      }
    } finally {
      process.umask(umask);
    }
  });
});

describe("a data directory that cannot be used", () => {
  for (const [what, path, words] of IMPOSSIBLE) {
    test(`${what} is refused by every command that would make it`, async () => {
      await refused(words, "serve", "--port", "0", "--data", path);
      await refused(words, "key", "create", "--data", path);
      await refused(words, "restore", backup, "--data", path);
      await refused(words, "backup", path, "--data", data);
    });
  }
  test("in which others may write is refused, with the command that mends it", async () => {
    const open = join(folder, "open");
    mkdirSync(open);
    chmodSync(open, 0o775);
    const words = new RegExp(
      `may be written by others \\(mode 0775\\); run: chmod go-w ${open}\n$`,
    );
    await refused(words, "serve", "--port", "0", "--data", open);
    await refused(words, "key", "create", "--data", open);
    await refused(words, "restore", backup, "--data", open);
    spawnSync("chmod", ["go-w", open]);
    assert.equal((await command("key", "create", "--data", open)).code, 0);
  });
  test("with a file in it that others may write is refused too", async () => {
    const holding = join(folder, "holding");
    assert.equal((await command("key", "create", "--data", holding)).code, 0);
    chmodSync(join(holding, "access.db"), 0o666);
    const words = new RegExp(
      `access\\.db may be written by others \\(mode 0666\\); run: chmod -R go-w ${holding}\n$`,
    );
    await refused(words, "serve", "--port", "0", "--data", holding);
    spawnSync("chmod", ["-R", "go-w", holding]);
    assert.equal((await command("key", "create", "--data", holding)).code, 0);
  });
  test("because it takes no files is refused", { skip: process.platform !== "linux" }, async () => {
    await refused(
      /\/proc\/\S+ cannot be opened \(.+\); name another/,
      "serve",
      "--port",
      "0",
      "--data",
      "/proc",
    );
  });
  for (const [what, options, words] of [
    [
      "read-only",
      "ro,mode=700",
      /cannot be made \(EROFS.+\); name|cannot be written; check the owner/,
    ],
    ["full", "size=4k,mode=700", /the disk is full; nothing was written|ENOSPC/],
  ] as const) {
    test(`on a ${what} disk is refused`, { skip: cannotMount() }, async () => {
      const disk = join(folder, what);
      mkdirSync(disk);
      assert.equal(mount(disk, options), 0);
      try {
        for (const path of [disk, join(disk, "data")]) {
          await refused(words, "serve", "--port", "0", "--data", path);
        }
        await refused(words, "backup", join(disk, "backup"), "--data", data);
        await refused(words, "restore", backup, "--data", join(disk, "restored"));
      } finally {
        spawnSync("umount", ["-l", disk]);
      }
    });
  }
});

describe("other paths that cannot be used", () => {
  test("are refused in words too", async () => {
    const none = join(folder, "none");
    await refused(/none: it cannot be read \(ENOENT/, "audit", "verify", "--file", none);
    await refused(
      /cannot read .+none: ENOENT/,
      "serve",
      "--port",
      "0",
      "--data",
      data,
      "--tls-cert",
      none,
      "--tls-key",
      none,
    );
    await refused(
      /none: there is no such file; name a configuration file/,
      "serve",
      "--config",
      none,
    );
    const secret = ["--access-key-id", "k", "--secret-file", none];
    await refused(/none: it cannot be read/, "profile", "set", "x", "--endpoint", "h:1", ...secret);
  });
});

function mount(directory: string, options: string): number | null {
  return spawnSync("mount", ["-t", "tmpfs", "-o", options, "tmpfs", directory]).status;
}

/** Whoever may not mount has src/store/sqlite/file/failure.test.ts. */
function cannotMount(): string | false {
  const probe = mkdtempSync(join(tmpdir(), "taskscribe-probe-"));
  const status = mount(probe, "size=4k");
  if (status === 0) spawnSync("umount", [probe]);
  rmSync(probe, { recursive: true });
  return status !== 0 && "this user may not mount a file system";
}
