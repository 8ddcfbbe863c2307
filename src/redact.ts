import type { TaskEvent } from "./core/events.ts";
import type { Json, JsonObject } from "./core/json.ts";

/** Passwords are given to us to be used, not to be shown to everyone who may look. */
const SECRET = /passw(?:or)?d|secret|private_?key/i;

export function withoutSecrets(value: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(value).map(([name, entry]) => [
      name,
      SECRET.test(name) ? "******" : masked(entry),
    ]),
  );
}

/** Events as they are told: the first one brings the whole input. */
export function shownEvents(events: readonly TaskEvent[]): readonly TaskEvent[] {
  if (events[0]?.type !== "TaskSubmitted") return events;
  return events.map((event) => {
    if (event.type !== "TaskSubmitted") return event;
    const { task } = event;
    return { ...event, task: { ...task, input: withoutSecrets(task.input) } };
  });
}

function masked(value: Json): Json {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return (value as readonly Json[]).map(masked);
  return withoutSecrets(value as JsonObject);
}
