import type { Clock } from "../../clock.ts";
import type { Log } from "../../log.ts";
import type { AccessChange, KeyUse } from "../../store/access-store.ts";

/** A use is written at most this often for each key. */
const WRITE_EVERY_MS = 60_000;

/** The last use of one key, written over by each request. */
export interface UseNote {
  /** 0: it was never used, as far as is known. */
  at: number;
  source: string;
  action: string;
  savedAt: number;
}

/** The last uses of all keys in memory. */
export class KeyUses {
  readonly #notes = new Map<string, UseNote>();

  constructor(uses: readonly KeyUse[]) {
    for (const { id, at, source, action } of uses) {
      this.#notes.set(id, { at, source, action, savedAt: at });
    }
  }

  /** The note of a key, made if there is none yet. */
  of(id: string): UseNote {
    const known = this.#notes.get(id);
    if (known !== undefined) return known;
    const note = { at: 0, source: "", action: "", savedAt: 0 };
    this.#notes.set(id, note);
    return note;
  }

  last(id: string): UseNote | undefined {
    const note = this.#notes.get(id);
    return note === undefined || note.at === 0 ? undefined : note;
  }

  remove(id: string): void {
    this.#notes.delete(id);
  }

  /** What was used since it was last taken. */
  takeUnsaved(): readonly KeyUse[] {
    const unsaved: KeyUse[] = [];
    for (const [id, note] of this.#notes) {
      if (note.at === note.savedAt) continue;
      note.savedAt = note.at;
      unsaved.push({ id, at: note.at, source: note.source, action: note.action });
    }
    return unsaved;
  }
}

interface UseWriterOptions {
  readonly uses: KeyUses;
  readonly clock: Clock;
  readonly log: Log;
  readonly write: (changes: readonly AccessChange[]) => Promise<void>;
}

/** Notes each use in memory, and writes what was noted once a minute. */
export class UseWriter {
  readonly #options: UseWriterOptions;
  #timer: (() => void) | undefined;
  #under: Promise<void> = Promise.resolve();

  constructor(options: UseWriterOptions) {
    this.#options = options;
  }

  /** On the way of every request that is signed: nothing but the fields of a note. */
  note(note: UseNote, source: string, action: string): void {
    const { clock } = this.#options;
    note.at = clock.now();
    note.source = source;
    note.action = action;
    this.#timer ??= clock.after(WRITE_EVERY_MS, () => {
      this.#timer = undefined;
      this.#under = this.#write();
    });
  }

  async close(): Promise<void> {
    this.#timer?.();
    this.#timer = undefined;
    await this.#under;
    await this.#write();
  }

  async #write(): Promise<void> {
    const { uses, write, log } = this.#options;
    const unsaved = uses.takeUnsaved();
    if (unsaved.length === 0) return;
    try {
      await write(unsaved.map((use) => ({ type: "put-use", use })));
    } catch (error) {
      // The next use of a key is written again; a lost one only makes "last used" older.
      log.warn({ err: error, keys: unsaved.length }, "last uses of keys could not be written");
    }
  }
}
