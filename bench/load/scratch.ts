import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const PREFIX = "taskscribe-bench";

let made: string | undefined;
let directories = 0;

/** A directory of this run, removed when the process ends. */
export function scratch(): string {
  if (made === undefined) {
    const directory = mkdtempSync(join(tmpdir(), `${PREFIX}-run-`));
    process.on("exit", () => rmSync(directory, { recursive: true, force: true }));
    made = directory;
  }
  return made;
}

/** A new empty directory of this run. */
export function emptyDirectory(): string {
  const directory = join(scratch(), `data-${directories++}`);
  mkdirSync(directory);
  return directory;
}

/** The directory of seeded data directories, which stay between runs. */
export function cache(): string {
  const directory = join(tmpdir(), `${PREFIX}-cache`);
  mkdirSync(directory, { recursive: true });
  return directory;
}
