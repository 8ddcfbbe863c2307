import type { JsonObject } from "../core/json.ts";
import { invalidParameter, objectList, optionalText } from "./parameters.ts";

/** The most that a resource can have, and the names that the product gives to the parts of a tag. */
interface TagRules {
  readonly most: number;
  readonly key: string;
  readonly value: string;
}

/** Characters of a key or a value. */
const LONGEST_PART = 128;

/** The tags of a new resource. @throws DomainError `InvalidParameter` for too many, or for a key or value that is too long. */
export function tagList(
  parameters: JsonObject,
  name: string,
  { most, key, value }: TagRules,
): readonly JsonObject[] {
  const tags = objectList(parameters, name);
  if (tags.length > most) throw invalidParameter(name, tags.length, `at most ${most} tags`);
  for (const [index, tag] of tags.entries()) {
    for (const part of [key, value]) {
      const { length } = optionalText(tag, part) ?? "";
      if (length <= LONGEST_PART) continue;
      const expected = `at most ${LONGEST_PART} characters`;
      throw invalidParameter(`${name}[${index}].${part}`, `${length} characters`, expected);
    }
  }
  return tags;
}
