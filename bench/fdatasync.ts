import { closeSync, fdatasyncSync, openSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";
import { percentile } from "./report/stats.ts";

const PAGE = Buffer.alloc(4_096, 1);
const WRITES = 200;

export interface DiskTimes {
  /** Appends to a growing file, as a new write-ahead log does. */
  readonly appendMs: number;
  /** Overwrites a file, as a write-ahead log does after its first checkpoint. */
  readonly overwriteMs: number;
}

/** The median time to make 4 KiB durable on this disk. */
export function measureFdatasync(directory: string): DiskTimes {
  const path = join(directory, "fdatasync.probe");
  const file = openSync(path, "w");
  try {
    const appendMs = middle(file, (n) => n * PAGE.length);
    const overwriteMs = middle(file, (n) => ((n * 37) % WRITES) * PAGE.length);
    return { appendMs, overwriteMs };
  } finally {
    closeSync(file);
    rmSync(path);
  }
}

function middle(file: number, place: (n: number) => number): number {
  const took = Array.from({ length: WRITES }, (_, n) => {
    const from = performance.now();
    writeSync(file, PAGE, 0, PAGE.length, place(n));
    fdatasyncSync(file);
    return performance.now() - from;
  });
  return percentile(took, 50);
}
