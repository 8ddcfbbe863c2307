import { closeSync, fsyncSync, openSync, readFileSync, writeSync } from "node:fs";
import { endianness } from "node:os";
import { refusal } from "./inspect.ts";

// The write-ahead log as sqlite.org/fileformat2.html describes it, section 4.
const HEADER_BYTES = 32;
const FRAME_HEADER_BYTES = 24;
const MAGIC = 0x377f0682;
/**
 * A power cut can damage only the last transaction, which was not reported: each one is synced before the next begins.
 */
const MAY_BE_TORN = 1;

type Sum = readonly [number, number];

/**
 * Refuses a write-ahead log that is damaged before its end. SQLite would take the first frame with a wrong checksum for
 * the end, and silently drop every commit after it. To be called while the database is not open.
 */
export function inspectLog(file: string): void {
  const bytes = settleLog(file);
  if (bytes === undefined) return;
  const lost = commitsBehindDamage(bytes);
  if (lost <= MAY_BE_TORN) return;
  const found = `is damaged in the middle: ${lost} commits behind that could not be read`;
  throw refusal(`${file}-wal`, found, "restore the newest backup");
}

/**
 * Puts on the disk what can be read of the log. A sync that failed may have left pages that are read and yet will never
 * be written (the system takes them for clean): if the process ended then, what the next one tells would stand behind a
 * gap. The same bytes at the same positions, so that a power cut in the middle does no harm.
 */
export function settleLog(file: string): Buffer | undefined {
  const bytes = readIfThere(`${file}-wal`);
  if (bytes === undefined || bytes.length <= HEADER_BYTES) return undefined;
  const log = openSync(`${file}-wal`, "r+");
  try {
    for (let at = 0; at < bytes.length; ) at += writeSync(log, bytes, at, bytes.length - at, at);
    fsyncSync(log);
  } finally {
    closeSync(log);
  }
  return bytes;
}

function readIfThere(file: string): Buffer | undefined {
  try {
    return readFileSync(file);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
}

/** The number of complete transactions that SQLite would not find because of damage before them. */
function commitsBehindDamage(bytes: Buffer): number {
  const words = wordsOf(bytes);
  let sum = sumOf(words, 0, 24, [0, 0]);
  let isSound = same(sum, sumAt(bytes, 24));
  const frameBytes =
    FRAME_HEADER_BYTES + (isSound ? bytes.readUInt32BE(8) : likelyPageBytes(bytes));
  // All frames of one log have the same two numbers. Frames of an older log have others, and are in the database already.
  const salt = saltAt(bytes, isSound ? 16 : HEADER_BYTES + 8);
  let commits = 0;
  for (let at = HEADER_BYTES; at + frameBytes <= bytes.length; at += frameBytes) {
    const isOfThisLog = saltAt(bytes, at + 8) === salt;
    if (isSound) {
      sum = sumOf(words, at, 8, sum);
      sum = sumOf(words, at + FRAME_HEADER_BYTES, frameBytes - FRAME_HEADER_BYTES, sum);
      isSound = isOfThisLog && same(sum, sumAt(bytes, at + 16));
    }
    const isCommit = bytes.readUInt32BE(at + 4) !== 0;
    if (!isSound && isCommit && isOfThisLog) commits++;
  }
  return commits;
}

/** The page size that a damaged log's header says, if it is possible; else the size that this program uses. */
function likelyPageBytes(bytes: Buffer): number {
  const said = bytes.readUInt32BE(8);
  return said >= 512 && said <= 65_536 && (said & (said - 1)) === 0 ? said : 8192;
}

function saltAt(bytes: Buffer, at: number): string {
  return bytes.toString("hex", at, at + 8);
}

function sumAt(bytes: Buffer, at: number): Sum {
  return [bytes.readUInt32BE(at), bytes.readUInt32BE(at + 4)];
}

/** The checksum of the log format; the header says the byte order of its words. */
function sumOf(words: Uint32Array, at: number, length: number, [first, second]: Sum): Sum {
  let [a, b] = [first, second];
  for (let i = at / 4; i < (at + length) / 4; i += 2) {
    a = (a + (words[i] ?? 0) + b) >>> 0;
    b = (b + (words[i + 1] ?? 0) + a) >>> 0;
  }
  return [a, b];
}

function wordsOf(bytes: Buffer): Uint32Array {
  const copy = Buffer.from(bytes.subarray(0, bytes.length - (bytes.length % 4)));
  const inLog = bytes.readUInt32BE(0) === MAGIC ? "LE" : "BE";
  if (inLog !== endianness()) copy.swap32();
  const aligned = new ArrayBuffer(copy.length);
  new Uint8Array(aligned).set(copy);
  return new Uint32Array(aligned);
}

function same([a, b]: Sum, [c, d]: Sum): boolean {
  return a === c && b === d;
}
