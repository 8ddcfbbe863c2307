// What runs in which process when all tests run, and in which order.
import { globSync } from "node:fs";
import { sep } from "node:path";
import { root } from "./steps.ts";

/** One process of a test run. */
export interface TestJob {
  readonly name: string;
  /** Paths from the root of the project. */
  readonly files: readonly string[];
}

/**
 * The files that take longest, the longest first. They begin before all others, because a long file that begins last is
 * waited for by nothing but itself. A file that is missing here only makes the run a little longer.
 */
const LONGEST_FIRST: readonly string[] = [
  "test/fuzz/http-fuzz.test.ts",
  "test/hostile/hostile-server.test.ts",
  "test/chaos/recorded-disk.test.ts",
  "test/chaos/kill.test.ts",
  "test/e2e/cli-transcript.test.ts",
  "test/e2e/cli-tasks.test.ts",
  "test/chaos/kill-points.test.ts",
  "test/simulation/simulation.test.ts",
  "test/fuzz/raw-http.test.ts",
  "test/e2e/clients-env.test.ts",
  "test/hostile/hostile-completion.test.ts",
  "src/core/life.property.test.ts",
  "test/chaos/overload.test.ts",
  "test/e2e/forward-proxy.test.ts",
  "test/chaos/kill-features.test.ts",
  "test/chaos/stops.test.ts",
  "test/e2e/strict-restart.test.ts",
  "test/products/sequences.test.ts",
  "test/chaos/poison.test.ts",
  "src/metrics/metrics.test.ts",
  "test/simulation/model.test.ts",
  "src/store/sqlite/sqlite-store.test.ts",
  "test/products/sequences.test.ts",
];

/** Rooms outside src/ whose files share a process too: they start servers in it, on a fake clock. */
const SHARED_ROOMS: readonly string[] = ["test/api", "test/products"];

/** Files of shared rooms that get a process of their own: they start processes, kill them, take long or change what is global. */
const ALONE: readonly string[] = [
  "src/core/life.property.test.ts",
  "src/metrics/metrics.test.ts",
  "src/server/observe/buffered-writer.test.ts",
  "src/server/observe/event-loop-watch.test.ts",
  "src/store/sqlite/crash.test.ts",
  "src/store/sqlite/file/failure.test.ts",
  "src/store/sqlite/open.test.ts",
  "src/store/sqlite/sqlite-store.test.ts",
  "test/products/sequences.test.ts",
];

/** All tests: the files of a shared room are one job; every other file is its own. */
export function allTests(): readonly TestJob[] {
  const others = filesOf("{test,examples}/**/*.test.ts").filter((file) => !ALONE.includes(file));
  const shared = others.filter((file) => SHARED_ROOMS.includes(roomOf(file)));
  const alone = [...ALONE, ...others.filter((file) => !shared.includes(file))];
  const jobs = [
    ...unitTests(),
    ...byRoom(shared),
    ...alone.map((file) => ({ name: file, files: [file] })),
  ];
  return jobs.toSorted((a, b) => rank(a) - rank(b) || b.files.length - a.files.length);
}

/** The tests of src/ that share processes: pure functions, and rooms on a fake clock. */
export function unitTests(): readonly TestJob[] {
  return byRoom(filesOf("src/**/*.test.ts").filter((file) => !ALONE.includes(file)));
}

function byRoom(files: readonly string[]): readonly TestJob[] {
  return [...Map.groupBy(files, roomOf)].map(([name, inIt]) => ({ name, files: inIt }));
}

/** `src/access` for all that lies in it, `src` for a file that lies in no room. */
function roomOf(file: string): string {
  return file.split("/").slice(0, -1).slice(0, 2).join("/");
}

function filesOf(pattern: string): readonly string[] {
  return globSync(pattern, { cwd: root })
    .map((file) => file.replaceAll(sep, "/"))
    .toSorted();
}

function rank({ files }: TestJob): number {
  const index = LONGEST_FIRST.indexOf(files[0] ?? "");
  return index < 0 ? LONGEST_FIRST.length : index;
}
