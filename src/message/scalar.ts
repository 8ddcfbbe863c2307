import type { Json } from "../core/json.ts";
import { describe, invalidParameter } from "./check-value.ts";
import type { ValueSchema } from "./value-schema.ts";

/** Texts of a query or form become what the description says they are. */
export function scalar(schema: ValueSchema, text: string, name: string): Json {
  switch (schema.type) {
    case "integer":
    case "number": {
      const number = /^[+-]?\d/.test(text) ? Number(text) : Number.NaN;
      if (Number.isNaN(number)) throw invalidParameter(name, text, describe(schema));
      return number;
    }
    case "boolean": {
      const word = text.toLowerCase();
      if (word !== "true" && word !== "false") throw invalidParameter(name, text, describe(schema));
      return word === "true";
    }
    default:
      return text;
  }
}
