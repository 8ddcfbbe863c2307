import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after } from "node:test";
import { describeArchive } from "../../../test/contracts/store-archive.ts";
import { describeStore } from "../../../test/contracts/store-contract.ts";
import { describeCounts } from "../../../test/contracts/store-counts.ts";
import { describeLogPages } from "../../../test/contracts/store-log-pages.ts";
import { describeNodes } from "../../../test/contracts/store-nodes.ts";
import { describeSizes } from "../../../test/contracts/store-sizes.ts";
import { openSqliteStore } from "./sqlite-store.ts";

const root = mkdtempSync(join(tmpdir(), "taskscribe-store-"));
after(() => rmSync(root, { recursive: true, force: true }));

const inMemory = async () => ({ store: await openSqliteStore(":memory:") });
const inDirectory = async () => {
  const directory = mkdtempSync(join(root, "contract-"));
  return {
    store: await openSqliteStore(directory),
    reopen: () => openSqliteStore(directory),
  };
};

for (const describePromises of [
  describeStore,
  describeCounts,
  describeArchive,
  describeLogPages,
  describeNodes,
  describeSizes,
]) {
  describePromises("SQLite in memory", inMemory);
  describePromises("SQLite in a directory", inDirectory);
}
