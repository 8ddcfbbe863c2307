/** Bytes as the docs write them. */
export function sizeOf(bytes: number): string {
  if (bytes % 2 ** 20 === 0) return `${bytes / 2 ** 20} MiB`;
  return bytes % 2 ** 10 === 0 ? `${bytes / 2 ** 10} KiB` : `${bytes} bytes`;
}

/** A number as the docs write it: 10,000. */
export function counted(count: number): string {
  return count.toLocaleString("en-US");
}
