// npm run client-types: writes src/client/known-products.ts from the built-in dialects, so that `waitForTask` knows their
// words without loading them. A test holds the file to what this makes.
import { DIALECTS } from "../src/dialects/registry.ts";
import { formattedSource } from "./formatted-source.ts";

export const KNOWN_PRODUCTS_FILE = "src/client/known-products.ts";
const HEADER =
  "// Made from the dialects in src/dialects by `npm run client-types`; change those, not this.\n";

/** The text of the file, formatted. */
export function knownProducts(): string {
  const words = DIALECTS.flatMap(({ tasks }) => tasks ?? []);
  return formattedSource(
    KNOWN_PRODUCTS_FILE,
    `${HEADER}import type { TaskWords } from "../dialects/task-words.ts";

export const KNOWN_PRODUCTS: readonly TaskWords[] = ${JSON.stringify(words, null, 2)};
`,
  );
}
