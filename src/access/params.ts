import { DomainError } from "../core/errors.ts";
import type { JsonObject } from "../core/json.ts";
import { isName, NAME_EXPECTED } from "../core/values/names.ts";
import { isSecretName, redact } from "../redact.ts";

/** The parameters of one call to the access API, read by name. `end` refuses those that were not read. */
export class Params {
  readonly #given: JsonObject;
  readonly #read = new Set<string>();

  constructor(given: JsonObject) {
    this.#given = given;
  }

  text(name: string, expected = "a text"): string {
    const value = this.optionalText(name, expected);
    if (value !== undefined) return value;
    throw new DomainError("MissingParameter", `${name} is missing; give ${expected}`, {
      parameter: name,
      expected,
    });
  }

  optionalText(name: string, expected = "a text"): string | undefined {
    const value = this.#take(name);
    if (value === undefined || (typeof value === "string" && value !== "")) return value;
    throw invalid(name, value, expected);
  }

  /** The name of an account, a user, a role or a policy. */
  optionalName(name: string): string | undefined {
    const text = this.optionalText(name);
    if (text === undefined || isName(text)) return text;
    throw invalid(name, text, NAME_EXPECTED);
  }

  name(name: string): string {
    const text = this.optionalName(name);
    return text ?? this.text(name, "a name");
  }

  optionalWhole(name: string, least: number, most: number): number | undefined {
    const value = this.#take(name);
    if (value === undefined) return undefined;
    const number = typeof value === "string" ? Number(value) : value;
    if (Number.isInteger(number) && Number(number) >= least && Number(number) <= most) {
      return Number(number);
    }
    throw invalid(name, value, `a whole number from ${least} to ${most}`);
  }

  optionalTexts(name: string, expected: string): readonly string[] | undefined {
    const value = this.#take(name);
    if (value === undefined) return undefined;
    const list: readonly unknown[] = Array.isArray(value) ? value : [undefined];
    if (list.every((one) => typeof one === "string")) return list;
    throw invalid(name, value, expected);
  }

  flag(name: string): boolean {
    const value = this.#take(name);
    if (value === undefined || typeof value === "boolean") return value ?? false;
    throw invalid(name, value, "true or false");
  }

  optionalObject(name: string): JsonObject | undefined {
    const value = this.#take(name);
    if (value === undefined) return undefined;
    if (typeof value === "object" && value !== null && !Array.isArray(value)) {
      return value as JsonObject;
    }
    throw invalid(name, value, "a JSON object");
  }

  /** @throws DomainError for a parameter that was given and not read: a misspelt one must not be passed over. */
  end(): void {
    for (const name of Object.keys(this.#given)) {
      if (this.#read.has(name)) continue;
      const known = [...this.#read].join(", ") || "none at all";
      throw new DomainError(
        "InvalidParameter",
        `${name} is no parameter here; known are: ${known}`,
        {
          parameter: name,
        },
      );
    }
  }

  #take(name: string) {
    this.#read.add(name);
    return Object.hasOwn(this.#given, name) ? this.#given[name] : undefined;
  }
}

function invalid(name: string, found: unknown, expected: string): DomainError {
  const shown = isSecretName(name)
    ? "a value that is not shown"
    : (JSON.stringify(redact(found))?.slice(0, 60) ?? typeof found);
  return new DomainError("InvalidParameter", `${name} is ${shown}; give ${expected}`, {
    parameter: name,
    expected,
  });
}
