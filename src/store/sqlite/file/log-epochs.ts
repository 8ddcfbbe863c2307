import type { DatabaseSync } from "node:sqlite";
import type { LogEpoch } from "../../store.ts";
import { DamagedRow } from "../sums.ts";

const READ = "SELECT id, begins_after FROM log_epochs ORDER BY number";
/** The id goes unchanged into headers and streams of events, so nothing else may come out of a file. */
const ID = /^[0-9a-z]{8}$/;

/** The epochs of the log, the present one last. @throws DamagedRow */
export function readLogEpochs(db: DatabaseSync): readonly LogEpoch[] {
  const epochs = db.prepare(READ).all();
  const read = epochs.map(({ id, begins_after: after }) => ({
    id: String(id),
    beginsAfter: Number(after),
  }));
  const isSound = read.every(
    ({ id, beginsAfter }, i) =>
      ID.test(id) &&
      Number.isSafeInteger(beginsAfter) &&
      beginsAfter >= (read[i - 1]?.beginsAfter ?? 0),
  );
  if (isSound && read.length > 0) return read;
  throw new DamagedRow("the epochs of the log are not what was written");
}
