import { OPEN_STATES, TASK_STATES, type TaskState } from "../core/task.ts";
import type { Condition, Filter } from "./filter.ts";

/** The part of a filter that the indexes of the store answer. The rest is checked row by row. */
export interface Pushdown {
  readonly product?: string;
  readonly type?: string;
  readonly targetId?: string;
  readonly parentId?: string;
  readonly forkOf?: string;
  readonly states?: readonly TaskState[];
}

const COLUMNS = {
  product: "product",
  type: "type",
  target: "targetId",
  parent: "parentId",
  fork: "forkOf",
} as const;

export interface Split {
  readonly pushdown: Pushdown;
  /** Whether the pushdown is the complete filter. */
  readonly whole: boolean;
}

/** The pushdown is never narrower than the filter: it finds every task that the filter matches. */
export function split({ terms }: Filter): Split {
  const columns: { -readonly [Name in (typeof COLUMNS)[keyof typeof COLUMNS]]?: string } = {};
  let states: readonly TaskState[] = TASK_STATES;
  let whole = true;
  for (const { negated, condition } of terms) {
    const column = negated ? undefined : columnOf(condition);
    if (column !== undefined && columns[column.name] === undefined)
      columns[column.name] = column.value;
    else if (condition.field === "state") {
      states = states.filter((state) => condition.values.includes(state) !== negated);
    } else {
      whole = false;
      // Only open tasks have a health.
      if (condition.field === "health" && !negated)
        states = states.filter((state) => isOpen(state));
    }
  }
  const narrowed = states.length < TASK_STATES.length;
  return { pushdown: { ...columns, ...(narrowed && { states }) }, whole };
}

function columnOf(condition: Condition) {
  switch (condition.field) {
    case "product":
    case "type":
    case "target":
    case "parent":
    case "fork": {
      const [only, ...others] = condition.values;
      if (only === undefined || only.wild || others.length > 0) return undefined;
      return { name: COLUMNS[condition.field], value: only.text };
    }
    default:
      return undefined;
  }
}

function isOpen(state: TaskState): boolean {
  return OPEN_STATES.some((open) => open === state);
}
