import type { DialectFacts } from "./dialect.ts";

/**
 * Says why these dialects cannot be served together, as *dialect: what is wrong; what to do*; undefined: they can. They may
 * share paths: there the first dialect wins, unless the task id decides.
 */
export function conflictAmong(dialects: readonly DialectFacts[]): string | undefined {
  return (
    sharedBy(dialects, "name", ({ name }) => [name]) ??
    sharedBy(dialects, "version", ({ version }) => version ?? []) ??
    sharedBy(dialects, "host label", ({ hostLabels }) => hostLabels) ??
    dialects.map(ownProduct).find((complaint) => complaint !== undefined)
  );
}

function sharedBy(
  dialects: readonly DialectFacts[],
  what: string,
  wordsOf: (dialect: DialectFacts) => string | readonly string[],
): string | undefined {
  const owners = new Map<string, string>();
  for (const dialect of dialects) {
    for (const word of [wordsOf(dialect)].flat()) {
      const owner = owners.get(word);
      if (owner !== undefined) {
        return `dialect ${dialect.name}: its ${what} "${word}" is the one of dialect ${owner} too; give another`;
      }
      owners.set(word, dialect.name);
    }
  }
  return undefined;
}

function ownProduct({ name, product }: DialectFacts): string | undefined {
  if (product === undefined || product.name === name) return undefined;
  return `dialect ${name}: its product is called "${product.name}"; give both the same name`;
}
