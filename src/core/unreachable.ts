/** Makes a switch exhaustive at compile time; reached only by data that no type describes. */
export function unreachable(value: never): never {
  throw new TypeError(`unexpected value ${JSON.stringify(value)}`);
}
