import type { Json, JsonObject } from "../../core/json.ts";

const DECLARATION = `<?xml version="1.0" encoding="UTF-8"?>`;

/** An XML document as the vendor's gateway writes it. Arrays repeat their element; empty arrays and nulls are left out. */
export function toXml(root: string, value: JsonObject): string {
  return `${DECLARATION}<${root}>${children(value)}</${root}>`;
}

function children(value: JsonObject): string {
  let text = "";
  for (const [name, entry] of Object.entries(value)) text += element(elementName(name), entry);
  return text;
}

function element(name: string, value: Json): string {
  if (value === null) return "";
  if (Array.isArray(value)) {
    return (value as readonly Json[]).map((entry) => element(name, entry)).join("");
  }
  const inner =
    typeof value === "object" ? children(value as JsonObject) : escapeXml(String(value));
  return `<${name}>${inner}</${name}>`;
}

// The characters of a name in XML 1.0 (production 4a, without the colon, which is for namespaces). They are not all letters and numbers.
const NAME_START =
  "A-Z_a-z\\u{c0}-\\u{d6}\\u{d8}-\\u{f6}\\u{f8}-\\u{2ff}\\u{370}-\\u{37d}\\u{37f}-\\u{1fff}\\u{200c}\\u{200d}" +
  "\\u{2070}-\\u{218f}\\u{2c00}-\\u{2fef}\\u{3001}-\\u{d7ff}\\u{f900}-\\u{fdcf}\\u{fdf0}-\\u{fffd}";
const NO_NAME_START = new RegExp(`^(?![${NAME_START}])`, "u");
const NO_NAME = new RegExp(`[^${NAME_START}.0-9\\u{b7}\\u{300}-\\u{36f}\\u{203f}\\u{2040}-]`, "gu");

/** An XML name for a key. Keys of free-form maps can have any characters, XML names cannot. */
function elementName(name: string): string {
  return name.replace(NO_NAME, "_").replace(NO_NAME_START, "_");
}

const ESCAPES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&apos;",
  // Readers turn an unescaped carriage return into a line feed.
  "\r": "&#13;",
};

function escapeXml(text: string): string {
  return text
    .replace(/[&<>"'\r]/g, (character) => ESCAPES[character] ?? "")
    .replace(/[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/gu, "\u{fffd}");
}
