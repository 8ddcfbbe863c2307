import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { DomainError } from "../../src/core/errors.ts";
import { TASK_STATES, type Task } from "../../src/core/task.ts";
import { DirectoryArchive } from "../../src/store/sqlite/archive-files.ts";
import { verifyTasks } from "../../src/store/sqlite/backup/verify.ts";
import { openSqliteStore } from "../../src/store/sqlite/sqlite-store.ts";
import type { Store } from "../../src/store/store.ts";
import { ACCOUNT, following, submission } from "../contracts/store-contract.ts";

/** The effect of one damage on all queries. */
export type Verdict =
  | "refused at the start"
  | "refused where it is read"
  | "harmless"
  /** A list or a look-up misses something. All that it shows is correct. */
  | "left out"
  | "served wrong";

export interface Finding {
  readonly file: string;
  readonly what: string;
  readonly verdict: Verdict;
  /** Whether a question was refused: what is damaged is left out of lists, and refused where it is asked for by its name. */
  readonly refused: boolean;
  /** What was served wrong or left out. */
  readonly wrong: readonly string[];
  /** Whether a backup would be refused. */
  readonly foundByBackup: boolean;
}

export type Damaging = (bytes: Buffer, random: () => number) => { bytes: Buffer; what: string };

/** The same numbers in [0, 1) for the same seed (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export const flipBit: Damaging = (bytes, random) => {
  const [offset, bit] = [Math.floor(random() * bytes.length), Math.floor(random() * 8)];
  const flipped = Buffer.from(bytes);
  flipped.writeUInt8((flipped[offset] ?? 0) ^ (1 << bit), offset);
  return { bytes: flipped, what: `bit ${bit} of byte ${offset}` };
};

export const cutShort: Damaging = (bytes, random) => {
  const left = Math.floor(random() * bytes.length);
  return { bytes: bytes.subarray(0, left), what: `cut to ${left} bytes` };
};

/** A page of which the disk wrote only some sectors. The others are old or empty. */
export const tearPage: Damaging = (bytes, random) => {
  const sector = 512 * Math.floor(random() * Math.ceil(bytes.length / 512));
  const torn = Buffer.from(bytes);
  torn.fill(0, sector, Math.min(sector + 512 * (1 + Math.floor(random() * 8)), bytes.length));
  return { bytes: torn, what: `zeroes from ${sector}` };
};

type Question = readonly [name: string, ask: (store: Store) => Promise<unknown>];

/** A data directory with known correct answers, which is damaged again and again. */
export class DamageBench {
  readonly folder = mkdtempSync(join(tmpdir(), "taskscribe-damage-"));
  readonly #questions: Question[] = [];
  readonly #answers: unknown[] = [];
  readonly #pristine = join(this.folder, "pristine");

  end(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** `running`: as a crash would leave it, with the newest changes in the write-ahead log. */
  async fill(tasks: number, running: boolean): Promise<void> {
    const source = join(this.folder, "source");
    const store = await openSqliteStore(source);
    const ids: string[] = [];
    for (let i = 0; i < tasks; i++) ids.push((await someTask(store, i)).id);
    await store.archive(ids.filter((_, i) => i % 10 === 1));
    this.#questions.push(...questions(ids));
    for (const [, ask] of this.#questions) this.#answers.push(await ask(store));
    if (!running) await store.close();
    mkdirSync(this.#pristine);
    for (const name of readdirSync(source)) {
      if (/\.(db|jsonl|db-wal|db-shm)$/.test(name))
        copyFileSync(join(source, name), join(this.#pristine, name));
    }
    await store.close();
  }

  /** Damages a copy of the directory, opens it and makes all queries. */
  async damage(file: string, damaging: Damaging, random: () => number): Promise<Finding> {
    const directory = mkdtempSync(join(this.folder, "damaged-"));
    for (const name of readdirSync(this.#pristine)) {
      copyFileSync(join(this.#pristine, name), join(directory, name));
    }
    const { bytes, what } = damaging(readFileSync(join(directory, file)), random);
    writeFileSync(join(directory, file), bytes);
    const answered = await this.#ask(directory);
    const archive = new DirectoryArchive(directory);
    const foundByBackup = await verifyTasks(join(directory, "taskscribe.db"), archive).then(
      () => false,
      () => true,
    );
    rmSync(directory, { recursive: true });
    return { file, what, foundByBackup, ...answered };
  }

  async #ask(directory: string): Promise<Pick<Finding, "verdict" | "refused" | "wrong">> {
    let store: Store;
    try {
      store = await openSqliteStore(directory);
    } catch (error) {
      if (error instanceof DomainError)
        return { verdict: "refused at the start", refused: true, wrong: [] };
      throw error;
    }
    const wrong: string[] = [];
    let [refused, right] = [false, true];
    for (const [i, [name, ask]] of this.#questions.entries()) {
      const answer = await ask(store).catch((error: unknown) => {
        if (error instanceof DomainError) refused = true;
        else throw error;
        return this.#answers[i];
      });
      if (isDeepStrictEqual(answer, this.#answers[i])) continue;
      wrong.push(name);
      right &&= isPart(answer, this.#answers[i]);
    }
    await store.close();
    if (wrong.length > 0) return { verdict: right ? "left out" : "served wrong", refused, wrong };
    return { verdict: refused ? "refused where it is read" : "harmless", refused, wrong };
  }
}

/** Whether it is a part of the correct list, in the same order. */
function isPart(answer: unknown, whole: unknown): boolean {
  const [some, all] = [itemsOf(answer), itemsOf(whole)];
  if (!some || !all) return answer === undefined;
  const left = [...all];
  return some.every((item) => {
    while (left.length > 0) if (isDeepStrictEqual(left.shift(), item)) return true;
    return false;
  });
}

function itemsOf(answer: unknown): readonly unknown[] | undefined {
  if (Array.isArray(answer)) return answer;
  return typeof answer === "object" && answer !== null && "tasks" in answer
    ? (answer.tasks as readonly unknown[])
    : undefined;
}

async function someTask(store: Store, i: number): Promise<Task> {
  const append = submission(
    { product: i % 2 ? "ack" : "lingjun", input: { text: `number ${i} `.repeat(60) } },
    {
      token: { scope: "s", token: `t-${i}`, fingerprint: "f" },
      resources: [{ kind: "node", id: `n-${i}`, parent: "c-1", data: { i }, expectedVersion: 0 }],
    },
  );
  await store.append(append);
  const { task } = append;
  if (i % 3 === 0) return task;
  if (i % 3 === 2) {
    const started = following(task, { type: "StartTask", at: task.createdAt });
    await store.append(started);
    return started.task;
  }
  const cancel = {
    type: "CancelTask",
    at: task.createdAt,
    by: "me",
    reason: "",
    deadline: 0,
  } as const;
  const ended = following(task, cancel);
  await store.append(ended);
  return ended.task;
}

/** All queries that the service makes. */
function questions(ids: readonly string[]): Question[] {
  const account = ACCOUNT;
  return [
    ...ids.map((id): Question => [`read ${id}`, (store) => store.read(account, id)]),
    ...ids.map(
      (taskId): Question => [
        `log of ${taskId}`,
        (store) => store.readEvents({ account, taskId, after: 0, limit: 100 }),
      ],
    ),
    ...ids.map(
      (_, i): Question => [`token ${i}`, (store) => store.findToken(account, "s", `t-${i}`)],
    ),
    ...ids.map(
      (_, i): Question => [
        `resource ${i}`,
        (store) => store.readResource(account, "node", `n-${i}`),
      ],
    ),
    ...TASK_STATES.map(
      (state): Question => [
        `list ${state}`,
        (store) => store.list({ account, states: [state], limit: 1_000 }),
      ],
    ),
    ["list", (store) => store.list({ account, limit: 1_000 })],
    ["list of a product", (store) => store.list({ account, product: "ack", limit: 1_000 })],
    ["list of a target", (store) => store.list({ account, targetId: "c-1", limit: 1_000 })],
    ["list of open tasks", (store) => store.listOpen(undefined, 1_000)],
    ["log", (store) => store.readEvents({ after: 0, limit: 1_000 })],
    ["log of the account", (store) => store.readEvents({ account, after: 0, limit: 1_000 })],
    ["counts", (store) => store.counts(account)],
    ["resources", (store) => store.listResources(account, { kind: "node" })],
    [
      "resources of a parent",
      (store) => store.listResources(account, { kind: "node", parent: "c-1" }),
    ],
    ["ended", (store) => store.listEnded("canceled", 9e15, 1_000)],
  ];
}
