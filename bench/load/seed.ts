// Makes data directories with many stored tasks through the Store port. They are kept between runs.
import { createHash } from "node:crypto";
import {
  appendFileSync,
  cpSync,
  createReadStream,
  existsSync,
  globSync,
  readFileSync,
  renameSync,
  rmSync,
  statfsSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Append, Store } from "../../src/store/store.ts";
import { built, builtFile } from "./built.ts";
import { cache, emptyDirectory } from "./scratch.ts";
import { clustersFor, lifeOf, PRODUCTS, type ProductName } from "./seed-tasks.ts";

/** How many tasks are appended at once. */
const BATCH = 4_000;
/** The measured size of row, events and indexes of one task, in bytes. */
const BYTES_PER_TASK = 5_000;
/** The time from the first task to the last, so that ids are distributed as in a year of use. */
const SPAN_MS = 300 * 24 * 3_600_000;
const FIRST_AT = Date.UTC(2026, 0, 1);

export interface Seeded {
  readonly directory: string;
  readonly tasks: number;
  /** All ids of one product, oldest first. */
  ids(product: ProductName): readonly string[];
}

/** The directory with `tasks` ended tasks, a quarter of each product. The first call of all runs makes it. */
export async function seeded(tasks: number, tell: (text: string) => void): Promise<Seeded> {
  const directory = join(cache(), `${fingerprint()}-${tasks}`);
  if (!existsSync(directory)) await fill(directory, tasks, tell);
  await readThrough(join(directory, "taskscribe.db"));
  return { directory, tasks, ids: (product) => readIds(directory, product) };
}

/** Reads the files into the page cache, so that every case starts with them cached. */
async function readThrough(file: string): Promise<void> {
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  await pipeline(createReadStream(file, { highWaterMark: 4 * 1024 ** 2 }), nowhere);
}

/** A copy that may be changed. It is removed when the process ends. */
export async function seededCopy(tasks: number, tell: (text: string) => void): Promise<string> {
  const { directory } = await seeded(tasks, tell);
  const copy = emptyDirectory();
  cpSync(directory, copy, { recursive: true });
  return copy;
}

/** The name of the directory depends on the schema and on the tasks. */
function fingerprint(): string {
  const hash = createHash("sha256");
  const migrations = globSync("*.sql", { cwd: builtFile("store/sqlite/migrations") }).sort();
  for (const name of migrations) {
    hash.update(readFileSync(join(builtFile("store/sqlite/migrations"), name)));
  }
  hash.update(readFileSync(join(import.meta.dirname, "seed-tasks.ts")));
  return hash.digest("hex").slice(0, 12);
}

async function fill(directory: string, tasks: number, tell: (text: string) => void): Promise<void> {
  refuseIfFull(tasks);
  const begun = performance.now();
  const unfinished = `${directory}.unfinished`;
  rmSync(unfinished, { recursive: true, force: true });
  const { openSqliteStore } = await built("store/sqlite/sqlite-store.js");
  const store = await openSqliteStore(unfinished);
  try {
    const source = await appends(tasks);
    for (let first = 0; first < tasks; first += BATCH) {
      await write(store, unfinished, source, first, Math.min(first + BATCH, tasks));
      tell(
        `seeding ${tasks.toLocaleString("en-US")} tasks: ${Math.floor((first / tasks) * 100)} %`,
      );
    }
  } finally {
    await store.close();
  }
  renameSync(unfinished, directory);
  const seconds = Math.round((performance.now() - begun) / 1_000);
  tell(`seeded ${tasks.toLocaleString("en-US")} tasks in ${seconds} s`);
}

async function write(
  store: Store,
  directory: string,
  source: (n: number) => Append,
  from: number,
  to: number,
): Promise<void> {
  const results = [];
  const ids: Record<ProductName, string> = { ack: "", lingjun: "", bdrc: "", cloudcontrol: "" };
  for (let n = from; n < to; n++) {
    const append = source(n);
    ids[append.task.product as ProductName] += `${append.taskId}\0`;
    results.push(store.append(append));
  }
  for (const { outcome } of await Promise.all(results)) {
    if (outcome !== "appended") throw new Error(`seeding failed: ${outcome}`);
  }
  for (const product of PRODUCTS) appendFileSync(idFile(directory, product), ids[product]);
}

async function appends(tasks: number): Promise<(n: number) => Append> {
  const { fold } = await built("core/evolve.js");
  const newId = {
    ack: (await built("products/ack/ids.js")).newTaskId,
    lingjun: (await built("products/lingjun/ids.js")).newTaskId,
    bdrc: (await built("products/bdrc/ids.js")).newTaskId,
    cloudcontrol: (await built("products/cloudcontrol/ids.js")).newTaskId,
  };
  const random = chance();
  const clusters = clustersFor(tasks);
  return (n) => {
    const product = PRODUCTS[n % PRODUCTS.length] ?? "ack";
    const at = FIRST_AT + Math.floor((SPAN_MS / tasks) * n);
    const id = newId[product](at, random);
    const events = lifeOf(product, Math.floor(n / PRODUCTS.length), id, at, clusters);
    return { taskId: id, expectedVersion: 0, events, task: fold(events) };
  };
}

/** Random numbers that are the same in every run. */
function chance(): () => number {
  let state = 1;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

function idFile(directory: string, product: ProductName): string {
  return join(directory, `${product}.ids`);
}

function readIds(directory: string, product: ProductName): readonly string[] {
  return readFileSync(idFile(directory, product), "utf8").split("\0").slice(0, -1);
}

function refuseIfFull(tasks: number): void {
  const { bavail, bsize } = statfsSync(tmpdir());
  const needed = tasks * BYTES_PER_TASK;
  if (bavail * bsize > needed * 1.2) return;
  const gb = (bytes: number) => `${(bytes / 1e9).toFixed(0)} GB`;
  throw new Error(
    `${tasks.toLocaleString("en-US")} tasks need ${gb(needed)} in ${tmpdir()}, which has ${gb(bavail * bsize)} left`,
  );
}
