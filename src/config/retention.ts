import { FINAL_STATES, type FinalState } from "../core/task.ts";
import { parseDuration } from "../filter/durations.ts";
import { isPlainObject, type Kind, parts, refuseUnknownKeys, WrongValue } from "./kinds.ts";

/** How long tasks that ended in this state stay in the lists, in ms; an absent state stays for ever. */
export type RetentionSetting = { readonly [State in FinalState]?: number };

const EXPECTED = `STATE=SPAN such as failed=30d, where STATE is one of ${FINAL_STATES.join(", ")} or *`;
const KEYS = [...FINAL_STATES, "*"];

/** `succeeded=7d,failed=30d,*=90d`, where `*` stands for the other states; in a file also an object of ms or spans. */
export const RETENTION: Kind<RetentionSetting> = {
  placeholder: "state=span,...",
  expected: EXPECTED,
  read: (value) => {
    if (typeof value === "string")
      return withOthers(Object.fromEntries(parts(value).map(readPart)));
    if (!isPlainObject(value)) {
      throw new WrongValue(
        `found ${JSON.stringify(value)}; give { failed: "30d" }, or ${EXPECTED}`,
      );
    }
    refuseUnknownKeys(value, KEYS);
    const entries = Object.entries(value).filter(([, one]) => one !== undefined);
    return withOthers(
      Object.fromEntries(entries.map(([state, span]) => [state, msOf(state, span)])),
    );
  },
};

function readPart(part: string): [state: string, ms: number] {
  const [state = "", span = "", ...more] = part.split("=");
  const ms = parseDuration(span);
  if (ms !== undefined && KEYS.includes(state) && more.length === 0) return [state, ms];
  throw new WrongValue(`found "${part}"; give ${EXPECTED}`);
}

function msOf(state: string, span: unknown): number {
  const ms = typeof span === "string" ? parseDuration(span) : span;
  if (typeof ms === "number" && Number.isInteger(ms) && ms >= 0) return ms;
  throw new WrongValue(`found ${JSON.stringify(span)}; give ms, or a duration such as "30d"`, [
    state,
  ]);
}

function withOthers(found: Readonly<Record<string, number>>): RetentionSetting {
  const { "*": others, ...named } = found;
  if (others === undefined) return named;
  return { ...Object.fromEntries(FINAL_STATES.map((state) => [state, others])), ...named };
}
