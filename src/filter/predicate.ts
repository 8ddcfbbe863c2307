import type { Task } from "../core/task.ts";
import type { Health } from "../engine/health.ts";
import type { Comparison, Condition, Filter, NumberField, Pattern, WordField } from "./filter.ts";

/** The task that a filter checks. `health` is called only by filters that use it. */
interface Subject {
  readonly task: Task;
  /** ms since the epoch. */
  readonly now: number;
  readonly health: () => Health | undefined;
}

export type Predicate = (subject: Subject) => boolean;

/** The filter as a pure function. Make it once for each filter, because it compiles the patterns. */
export function predicateOf({ terms }: Filter): Predicate {
  const checks = terms.map(({ negated, condition }) => {
    const holds = conditionCheck(condition);
    return negated ? (subject: Subject) => !holds(subject) : holds;
  });
  return (subject) => checks.every((check) => check(subject));
}

function conditionCheck(condition: Condition): Predicate {
  switch (condition.field) {
    case "state":
      return ({ task }) => condition.values.includes(task.state);
    case "health":
      return ({ health }) => condition.values.some((value) => value === health());
    case "text":
      return ({ task }) => mentions(task, condition.values);
    case "label": {
      const fits = patternCheck(condition.values);
      return ({ task: { labels } }) =>
        labels !== undefined &&
        Object.hasOwn(labels, condition.name) &&
        fits(labels[condition.name] ?? "");
    }
    case "age":
    case "duration":
    case "attempts":
    case "priority": {
      const { field, comparison, value } = condition;
      return (subject) => compare(numberOf(subject, field), comparison, value);
    }
    default: {
      const fits = patternCheck(condition.values);
      const { field } = condition;
      return ({ task }) => wordsOf(task, field).some(fits);
    }
  }
}

function patternCheck(patterns: readonly Pattern[]): (text: string) => boolean {
  const words = new Set(patterns.filter(({ wild }) => !wild).map(({ text }) => text));
  const wild = patterns.filter((one) => one.wild).map(({ text }) => text.split("*"));
  return (text) => words.has(text) || wild.some((parts) => fitsParts(text, parts));
}

/** Whether the text consists of the parts with any text between them. Takes linear time, because callers choose the patterns. */
function fitsParts(text: string, parts: readonly string[]): boolean {
  const first = parts[0] ?? "";
  const last = parts.at(-1) ?? "";
  if (!text.startsWith(first) || !text.endsWith(last)) return false;
  const end = text.length - last.length;
  let from = first.length;
  for (const part of parts.slice(1, -1)) {
    const at = text.indexOf(part, from);
    if (at < 0 || at + part.length > end) return false;
    from = at + part.length;
  }
  return from <= end;
}

function wordsOf(task: Task, field: WordField): readonly string[] {
  switch (field) {
    case "id":
    case "product":
    case "type":
      return [task[field]];
    case "target":
      return [task.target.id];
    case "parent":
      return known(task.parent?.taskId);
    case "fork":
      return known(task.forkOf?.taskId);
    case "key":
      return known(task.concurrencyKey);
    case "actor":
      return known(task.actor);
    default:
      return [...known(task.error?.code), ...task.steps.flatMap(({ error }) => known(error?.code))];
  }
}

function known(text: string | undefined): readonly string[] {
  return text === undefined ? [] : [text];
}

/** In what the task says of itself: its message, its errors, its steps' messages and errors. */
function mentions(task: Task, wanted: readonly string[]): boolean {
  const said = [task, ...task.steps].flatMap(({ message, error }) => [
    message,
    error?.message,
    error?.cause,
  ]);
  return said.some((text) => {
    const lower = text?.toLowerCase();
    return lower !== undefined && wanted.some((part) => lower.includes(part));
  });
}

function numberOf({ task, now }: Subject, field: NumberField): number | undefined {
  switch (field) {
    case "age":
      return now - task.createdAt;
    case "duration":
      return task.startedAt === undefined ? undefined : (task.endedAt ?? now) - task.startedAt;
    case "attempts":
      return task.steps.reduce((most, { attempt }) => (attempt > most ? attempt : most), 0);
    default:
      return task.priority;
  }
}

function compare(found: number | undefined, comparison: Comparison, value: number): boolean {
  if (found === undefined) return false;
  switch (comparison) {
    case ">":
      return found > value;
    case ">=":
      return found >= value;
    case "<":
      return found < value;
    case "<=":
      return found <= value;
    default:
      return found === value;
  }
}
