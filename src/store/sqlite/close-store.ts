import type { Reader } from "./reader.ts";
import type { Writer } from "./writer.ts";

/** What a store has open. */
export interface OpenStore {
  readonly reader: Reader;
  readonly writer: Writer;
  /** Gives the lock of the data directory back. */
  readonly release: () => void;
}

/** Refuses new work, lets what was accepted be written, and closes both connections before the lock is given back. */
export async function closeStore({ reader, writer, release }: OpenStore): Promise<void> {
  reader.shut();
  await writer.drain();
  reader.close();
  await writer.close();
  release();
}
