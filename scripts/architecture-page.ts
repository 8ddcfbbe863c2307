// npm run docs: writes the table of rooms in ARCHITECTURE.md from the rules in rooms.ts.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { pageWith } from "./made-part.ts";
import { ROOMS } from "./room-words.ts";
import { RULES } from "./rooms.ts";
import { root } from "./steps.ts";

const PAGE = "ARCHITECTURE.md";
const BEGIN = "<!-- Made by `npm run docs` from scripts/rooms.ts -->\n";

/** ARCHITECTURE.md with the table of rooms as the rules say it. @throws Error if the page has no place for it. */
export function architecturePage(): string {
  return pageWith({ page: PAGE, begin: BEGIN, text: roomTable() });
}

export function writeArchitecturePage(): void {
  writeFileSync(join(root, PAGE), architecturePage());
}

/** The keys of ROOMS that no rule covers, and the folders with rules that the table leaves out. */
export function tableGaps(): readonly string[] {
  const described = Object.keys(ROOMS).filter((key) => rulesOf(key).length === 0);
  const folders = Object.keys(RULES).filter(
    (key) => key.startsWith("src/") && !key.endsWith(".ts") && !LATER.includes(key),
  );
  return [...described, ...folders.filter((key) => !(key in ROOMS) && !EXAMPLES.includes(key))];
}

/** Rooms that are planned: their rules stand, their folders do not. */
const LATER = ["src/store/postgres", "src/engine/temporal"];
/** Said with `src/products`. */
const EXAMPLES = ["src/products/*"];

function roomTable(): string {
  const rows = Object.entries(ROOMS).map(([key, what]) => {
    return `| \`${key}\` | ${what} | ${mayImport(key)} |`;
  });
  return `| folder | what it is | may import |\n| --- | --- | --- |\n${rows.join("\n")}\n`;
}

/** The room's own rule, and those of single files in it. */
function rulesOf(key: string): readonly string[] {
  return Object.keys(RULES).filter(
    (rule) => rule === key || (rule.startsWith(`${key}/`) && rule.endsWith(".ts")),
  );
}

function mayImport(key: string): string {
  if (key === "src/server") return "anything";
  const entries = new Set(rulesOf(key).flatMap((rule) => RULES[rule] ?? []));
  const names = [...entries].map((entry) => entry.replace(/^src\//, "").replace(/\/?\*$/, "/…"));
  const outside = names.filter((name) => name !== key.replace(/^src\//, ""));
  return outside.length === 0 ? "nothing" : outside.map((name) => `\`${name}\``).join(" ");
}
