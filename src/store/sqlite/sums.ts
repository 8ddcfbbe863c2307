import type { SQLOutputValue } from "node:sqlite";
import { crc32 } from "node:zlib";
import { CORRUPT } from "./file/failure.ts";

/**
 * SQLite keeps no checksum of what it stores, so we do: CRC-32 over what a row says, made where it is encoded and held
 * against it where it is read. About 1 µs a row, a twentieth of parsing it (docs/decisions/0008-row-checksums.md).
 */
export function sumOf(text: string, ...names: readonly (string | number | null)[]): number {
  return crc32(text, names.length === 0 ? 0 : crc32(names.join("\0")));
}

/** Of a token's row. One without a reply has the sum that rows had before there were replies. */
export function sumOfToken(
  fingerprint: string,
  reply: string | null,
  names: readonly string[],
): number {
  return reply === null ? sumOf(fingerprint, ...names) : sumOf(fingerprint, ...names, reply);
}

/** @throws DamagedRow unless the row has the sum of this, or none: one that is older than the sums. */
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

/** SQLite found the row in order, but its content is not what we wrote. */
export class DamagedRow extends Error {
  override readonly name = "DamagedRow";
  readonly errcode = CORRUPT;
}
