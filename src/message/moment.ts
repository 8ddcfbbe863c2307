import { A_MOMENT, parseMomentOrMs } from "../core/values/moment.ts";
import { invalidParameter } from "./check-value.ts";

const EXPECTED = `ms since the epoch, or ${A_MOMENT}`;

/** @throws DomainError `InvalidParameter` naming `parameter`. */
export function readMoment(parameter: string, text: string): number {
  // A plus sign that was not escaped arrives as a blank.
  const at = parseMomentOrMs(text.replace(" ", "+"));
  if (at === undefined) throw invalidParameter(parameter, text, EXPECTED);
  return at;
}
