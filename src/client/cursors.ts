/** Where a cursor is: `{epoch}-{position}`; a position alone is of a server before there were epochs. */
export interface CursorParts {
  readonly epoch: string;
  readonly position: number;
}

/** Undefined: it is no cursor. */
export function cursorParts(cursor: string): CursorParts | undefined {
  const [, epoch = "", position] = /^(?:([0-9a-z]{1,32})-)?(\d{1,16})$/.exec(cursor) ?? [];
  return position === undefined ? undefined : { epoch, position: Number(position) };
}

/** Whether `next` comes after `before`. Cursors of two epochs cannot be compared: then it does. */
export function isAfter(next: CursorParts, before: CursorParts | undefined): boolean {
  return before?.epoch !== next.epoch || next.position > before.position;
}
