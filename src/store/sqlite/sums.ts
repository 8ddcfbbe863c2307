import type { SQLOutputValue } from "node:sqlite";
import { crc32 } from "node:zlib";
import { CORRUPT } from "./file/failure.ts";

/**
 * SQLite stores no checksums, so every row has one of its own: CRC-32 over its content, made when it is encoded and
 * checked when it is read. This takes about 1 µs for a row, a twentieth of parsing it
 * (docs/decisions/0008-row-checksums.md).
 */
export function sumOf(text: string, ...names: readonly (string | number | null)[]): number {
  return crc32(text, names.length === 0 ? 0 : crc32(names.join("\0")));
}

/** The checksum of a token's row. A row without a reply has the sum that rows had before replies were stored. */
export function sumOfToken(
  fingerprint: string,
  reply: string | null,
  names: readonly string[],
): number {
  return reply === null ? sumOf(fingerprint, ...names) : sumOf(fingerprint, ...names, reply);
}

/** Checks the sum of a row; a row from before the sums has none. @throws DamagedRow if it is wrong */
export function checkSum(
  sum: SQLOutputValue | undefined,
  text: string,
  ...names: readonly (string | number | null)[]
): void {
  checkSumIs(sum, sumOf(text, ...names));
}

/** @throws DamagedRow */
export function checkSumIs(sum: SQLOutputValue | undefined, expected: number): void {
  if (sum === null || sum === expected) return;
  throw new DamagedRow("a row is not what was written (its checksum differs)");
}

/** SQLite could read the row, but its content is not what was written. */
export class DamagedRow extends Error {
  override readonly name = "DamagedRow";
  readonly errcode = CORRUPT;
}
