// Makes small changes to a source file that a good test notices. It works on the source without its types, in which every
// position is the same. So a mutant never changes only a type.
import { stripTypeScriptTypes } from "node:module";

export interface Mutant {
  readonly file: string;
  readonly line: number;
  readonly before: string;
  readonly after: string;
  /** The complete source with the change. */
  readonly source: string;
}

/** Comments, texts and expressions between slashes hold no operators; then words, numbers and operators. */
const TOKEN =
  /\/\*[\s\S]*?\*\/|\/\/[^\n]*|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`(?:[^`\\]|\\.)*`|(?<=[(,=:[!&|?{};\s])\/(?![/*\s=])(?:[^/\\\n[]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/[a-z]*|[A-Za-z_$][\w$]*|\d[\w.]*|=>|===|!==|<=|>=|&&|\|\||\?\?=|\?\?|\?\.|\+\+|--|\+=|-=|\*\*|\.\.\.|[-+*/%<>=!?:;,.(){}[\]#&|^~@]/g;

const SWAPPED: Readonly<Record<string, readonly string[]>> = {
  "===": ["!=="],
  "!==": ["==="],
  "<": ["<=", ">="],
  "<=": ["<", ">"],
  ">": [">=", "<="],
  ">=": [">", "<"],
  "&&": ["||"],
  "||": ["&&"],
  "??": ["&&"],
  "+": ["-"],
  "-": ["+"],
  "*": ["/"],
  "/": ["*"],
  "%": ["*"],
  "++": ["--"],
  "--": ["++"],
  "+=": ["-="],
  "-=": ["+="],
  "!": [""],
  true: ["false"],
  false: ["true"],
  some: ["every"],
  every: ["some"],
};

interface Token {
  readonly text: string;
  readonly at: number;
}

export function mutantsOf(file: string, typescript: string): readonly Mutant[] {
  const code = stripTypeScriptTypes(typescript);
  const tokens = [...code.matchAll(TOKEN)].map(({ 0: text, index }) => ({ text, at: index }));
  const mutants: Mutant[] = [];
  for (const [i, token] of tokens.entries()) {
    const before = tokens[i - 1]?.text ?? "";
    if (isInImport(code, token.at)) continue;
    for (const after of replacementsOf(token, before, tokens[i + 1]?.text)) {
      mutants.push(mutant(file, code, token.at, token.text, after));
    }
    if (token.text === "if") mutants.push(...conditions(file, code, tokens, i));
  }
  return mutants;
}

function replacementsOf(
  { text }: Token,
  before: string,
  next: string | undefined,
): readonly string[] {
  if (/^\d+$/.test(text)) return [String(Number(text) + 1)];
  // Only texts that are values are changed, not names of properties and not messages.
  if (/^"[A-Za-z-]+"$/.test(text) && next !== ":") return ['""'];
  if (before === "." && !["some", "every"].includes(text)) return [];
  if (next === ":" && /^\w/.test(text)) return [];
  return Object.hasOwn(SWAPPED, text) ? (SWAPPED[text] ?? []) : [];
}

/** `if (…)` that always, and never, holds. */
function conditions(file: string, code: string, tokens: readonly Token[], at: number): Mutant[] {
  const open = tokens[at + 1];
  if (open?.text !== "(") return [];
  let depth = 0;
  for (const token of tokens.slice(at + 1)) {
    if (token.text === "(") depth++;
    if (token.text === ")" && --depth === 0) {
      const condition = code.slice(open.at, token.at + 1);
      return ["(true)", "(false)"].map((after) => mutant(file, code, open.at, condition, after));
    }
  }
  return [];
}

function isInImport(code: string, at: number): boolean {
  const statement = code.slice(code.lastIndexOf(";", at - 1) + 1, at);
  return /^\s*(?:\/\/[^\n]*\s*|\/\*[\s\S]*?\*\/\s*)*(?:import|export)\b[^=(]*$/.test(statement);
}

function mutant(file: string, code: string, at: number, before: string, after: string): Mutant {
  return {
    file,
    line: code.slice(0, at).split("\n").length,
    before,
    after,
    source: code.slice(0, at) + after + code.slice(at + before.length),
  };
}
