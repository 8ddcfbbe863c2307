import { readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./steps.ts";

/** The part of a page that a script makes, and the lines around it. */
export interface MadePart {
  /** From the root of the project. */
  readonly page: string;
  readonly begin: string;
  readonly text: string;
}

const END = "<!-- End of what `npm run docs` makes -->\n";

/** The page with this text between the two lines. @throws Error if the page has no place for it. */
export function pageWith({ page, begin, text }: MadePart): string {
  const [before, rest] = readFileSync(join(root, page), "utf8").split(begin);
  const after = rest?.split(END).slice(1).join(END);
  if (before === undefined || after === undefined || rest?.includes(END) !== true) {
    throw new Error(
      `${page}: the lines between which the table stands are missing: ${begin}${END}`,
    );
  }
  return before + begin + text + END + after;
}
