import type { LogEpoch, Position } from "../store/store.ts";

/** What a cursor says. */
export interface Place {
  /** False: the cursor is of a log that is no longer there, as before a restore. */
  readonly isPresent: boolean;
  /** Where the present log goes on for its reader: if it is not present, the last position that both logs share. */
  readonly position: Position;
}

const CURSOR = /^([0-9a-z]{8})-(0|[1-9]\d{0,14})$/;
/** Begins with the first entry, in every log. */
const BEGINNING = "0";

/**
 * The positions of the log as clients have them, `{epoch}-{position}`: a restore gives positions out a second time, and
 * begins a new epoch.
 */
export class LogCursors {
  readonly #epochs: readonly LogEpoch[];
  readonly #present: LogEpoch;
  readonly #prefix: string;

  /** @throws TypeError if there is no epoch; every store has one. */
  constructor(epochs: readonly LogEpoch[]) {
    const present = epochs.at(-1);
    if (present === undefined) throw new TypeError("the log has no epoch");
    this.#epochs = epochs;
    this.#present = present;
    this.#prefix = `${present.id}-`;
  }

  /** The cursor of a reader of the present log who has read up to here. */
  at(position: Position): string {
    return this.#prefix + position;
  }

  /** Names an entry for good: with the epoch in which it was written, so that a restore does not change its name. */
  nameOf(position: Position): string {
    if (position > this.#present.beginsAfter) return this.#prefix + position;
    const epoch = this.#epochs.findLast(({ beginsAfter }) => beginsAfter < position);
    return `${(epoch ?? this.#present).id}-${position}`;
  }

  /** Undefined: the text is no cursor. */
  place(cursor: string): Place | undefined {
    if (cursor === BEGINNING) return { isPresent: true, position: 0 };
    const [, id, digits] = CURSOR.exec(cursor) ?? [];
    if (id === undefined) return undefined;
    const position = Number(digits);
    if (id === this.#present.id) return { isPresent: true, position };
    return { isPresent: false, position: Math.min(position, this.#lastOf(id)) };
  }

  /** The last position of an earlier epoch in this log; 0 if the log never had that epoch. */
  #lastOf(id: string): Position {
    const earlier = this.#epochs.findIndex((epoch) => epoch.id === id);
    return earlier < 0 ? 0 : (this.#epochs[earlier + 1]?.beginsAfter ?? 0);
  }
}
