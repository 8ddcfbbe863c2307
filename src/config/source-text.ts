// Finds things in the text of a configuration file, to say where a mistake is.

export interface SourcePosition {
  /** Both count from 1. */
  readonly line: number;
  readonly column: number;
}

/** What is no code in JavaScript and TypeScript: comments, and texts in any of the three quotes. */
const TEXT =
  /\/\/[^\n]*|\/\*[\s\S]*?\*\/|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\[\s\S]|[^`\\])*`/g;

/** The code with blanks instead of what stands in comments and quotes; every position stays what it was. */
export function withoutText(source: string): string {
  return source.replace(TEXT, (found) => {
    const isQuoted = /^["'`]/.test(found);
    const inner = isQuoted ? found.slice(1, -1) : found;
    const blank = inner.replace(/[^\n]/g, " ");
    return isQuoted ? `${found[0]}${blank}${found[0]}` : blank;
  });
}

/**
 * Where the value under these keys is written: the deepest key that can be found in the source, which is searched for as
 * text. Undefined if not even the first key is there, as when it comes from another file.
 */
export function positionOfKey(
  source: string,
  path: readonly (string | number)[],
): SourcePosition | undefined {
  const code = withoutText(source);
  let found: Found | undefined;
  for (const key of path) {
    const next =
      typeof key === "number" ? itemIn(code, found, key) : keyIn(source, code, found, key);
    if (next === undefined) break;
    found = next;
  }
  return found && positionAt(source, found.start);
}

/** Where this text in quotes is written, e.g. what an import names. */
export function positionOfQuoted(source: string, text: string): SourcePosition | undefined {
  const at = ["'", '"'].map((quote) => source.indexOf(`${quote}${text}${quote}`));
  const found = at.filter((one) => one >= 0);
  return found.length === 0 ? undefined : positionAt(source, Math.min(...found));
}

function positionAt(source: string, index: number): SourcePosition {
  const before = source.slice(0, index).split("\n");
  return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
}

/** A key or an item of a list, and where its value begins. */
interface Found {
  readonly start: number;
  readonly value: number;
}

/** `key:`, `"key":`, or the shorthand `key`: in the object that is the value of `parent`, else the outermost there is. */
function keyIn(
  source: string,
  code: string,
  parent: Found | undefined,
  key: string,
): Found | undefined {
  const name = key.replace(/[^\w]/g, "\\$&");
  const pattern = new RegExp(
    `(?<=[{,]\\s*)(?:${name}(?=\\s*[:,}(])|(["']) {${key.length}}\\1(?=\\s*:))\\s*:?\\s*`,
    "g",
  );
  const [from, to] = parent === undefined ? [0, code.length] : objectAt(code, parent.value);
  const candidates = [...code.slice(from, to).matchAll(pattern)]
    .map(({ index, 0: match }) => ({ start: from + index, value: from + index + match.length }))
    .filter(({ start }) => source.slice(start).replace(/^["']/, "").startsWith(key))
    .map((one) => ({ ...one, depth: depthBetween(code, from, one.start) }));
  const [outermost] = candidates.toSorted((a, b) => a.depth - b.depth);
  return parent === undefined || outermost?.depth === 1 ? outermost : undefined;
}

/** The item with this number in the list that is the value of `parent`. */
function itemIn(code: string, parent: Found | undefined, item: number): Found | undefined {
  if (parent === undefined || code[parent.value] !== "[") return undefined;
  let at = parent.value + 1;
  let depth = 0;
  for (let left = item; left > 0; at += 1) {
    const letter = code[at] ?? "]";
    if (depth === 0 && letter === "]") return undefined;
    depth += depthOf(letter);
    if (letter === "," && depth === 0) left -= 1;
  }
  const start = at + code.slice(at).search(/\S|$/);
  return { start, value: start };
}

/** From the brace that opens here to the one that closes it; empty if none opens here. */
function objectAt(code: string, start: number): [from: number, to: number] {
  if (code[start] !== "{") return [start, start];
  let depth = 0;
  for (let at = start; at < code.length; at += 1) {
    depth += depthOf(code[at] ?? "");
    if (depth === 0) return [start, at];
  }
  return [start, code.length];
}

function depthBetween(code: string, from: number, to: number): number {
  let depth = 0;
  for (const letter of code.slice(from, to)) depth += depthOf(letter);
  return depth;
}

function depthOf(letter: string): number {
  if (letter === "{" || letter === "[" || letter === "(") return 1;
  return letter === "}" || letter === "]" || letter === ")" ? -1 : 0;
}
