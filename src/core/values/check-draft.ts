import { DomainError } from "../errors.ts";
import type { JsonObject } from "../json.ts";
import type { Target, TaskDraft } from "../task.ts";
import { bytesOf, FIELD_LIMITS, isLonger } from "./field-limits.ts";
import { flawInText, type JsonFlaw } from "./json-flaws.ts";

/** The fields of a new task that become columns, keys and lists, and have bounds. @throws DomainError `InvalidParameter` */
export function checkFields(
  draft: Pick<TaskDraft, "target" | "attributes" | "labels" | "concurrencyKey">,
): void {
  const { target, attributes, labels, concurrencyKey } = draft;
  const flaw =
    flawOfTarget(target) ??
    (concurrencyKey === undefined ? undefined : flawOfName(concurrencyKey, "concurrencyKey")) ??
    (labels === undefined ? undefined : flawOfLabels(labels)) ??
    flawOfAttributes(attributes, "attributes");
  if (flaw !== undefined) throw invalid(flaw);
}

/** What is wrong with a text that is a column or a key. */
export function flawOfName(name: string, path: string): JsonFlaw | undefined {
  return flawInText(name, path) ?? tooLong(name, path, FIELD_LIMITS.nameBytes);
}

/** What is wrong with the attributes of a task as they would be. */
function flawOfAttributes(attributes: JsonObject, path: string): JsonFlaw | undefined {
  let count = 0;
  for (const _ in attributes) count++;
  if (count === 0) return undefined;
  const { attributes: most, attributesBytes } = FIELD_LIMITS;
  if (count > most) return { path, found: `${count} attributes`, expected: `at most ${most}` };
  return tooLong(JSON.stringify(attributes), path, attributesBytes);
}

export function invalid({ path, found, expected }: JsonFlaw): DomainError {
  return new DomainError("InvalidParameter", `${path} is ${found}; give ${expected}`, {
    parameter: path,
    found,
    expected,
  });
}

function tooLong(text: string, path: string, bytes: number): JsonFlaw | undefined {
  if (!isLonger(text, bytes)) return undefined;
  return { path, found: `${bytesOf(text)} bytes long`, expected: `at most ${bytes} bytes` };
}

function flawOfTarget({ type, id, name }: Target): JsonFlaw | undefined {
  return (
    flawOfName(type, "target.type") ??
    flawOfName(id, "target.id") ??
    (name === undefined ? undefined : flawOfName(name, "target.name"))
  );
}

function flawOfLabels(labels: Readonly<Record<string, string>>): JsonFlaw | undefined {
  const { labels: most, labelNameBytes, labelValueBytes } = FIELD_LIMITS;
  const entries = Object.entries(labels);
  if (entries.length > most) {
    return { path: "labels", found: `${entries.length} labels`, expected: `at most ${most}` };
  }
  for (const [name, value] of entries) {
    const flaw =
      flawInText(name, "labels") ??
      tooLong(name, "the name of a label", labelNameBytes) ??
      flawInText(value, `labels.${name}`) ??
      tooLong(value, `labels.${name}`, labelValueBytes);
    if (flaw !== undefined) return flaw;
  }
  return undefined;
}
