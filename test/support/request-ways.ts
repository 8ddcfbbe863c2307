/** One line of a way in ARCHITECTURE.md: a function, and who calls it. */
export interface Stop {
  readonly number: number;
  /** Under `src/`. */
  readonly file: string;
  readonly name: string;
  /** The number of the stop that calls it. */
  readonly caller: number | undefined;
  /** What its caller knows it as, if not by its name. */
  readonly alias: string | undefined;
}

const STOP = /^(\d+)\. `([\w/.-]+\.ts):(#?\w+)`(?: ← (\d+))?(?: as `(#?\w+)`)?(?:: |$)/;

/** The stops of the way under a heading. @throws Error for a line of the list that cannot be read. */
export function readWay(page: string, heading: string): readonly Stop[] {
  const [, section] = page.split(`\n### ${heading}\n`);
  if (section === undefined) throw new Error(`there is no heading "### ${heading}"`);
  const [own = ""] = section.split(/\n##+ /);
  return own
    .split("\n")
    .filter((line) => /^\d+\. /.test(line))
    .map((line, index) => {
      const [, number, file = "", name = "", caller, alias] = STOP.exec(line) ?? [];
      if (Number(number) !== index + 1) throw new Error(`no stop ${index + 1}: ${line}`);
      const before = index === 0 ? undefined : index;
      return { number: index + 1, file, name, caller: Number(caller) || before, alias };
    });
}

/**
 * What the code says against a way, in words; nothing if all is well.
 * @param sourceOf gives a file's text, or undefined if there is no such file.
 */
export function wrongStops(
  way: readonly Stop[],
  sourceOf: (file: string) => string | undefined,
): readonly string[] {
  const bodies = way.map(({ file, name }) => bodyOf(sourceOf(file) ?? "", name));
  return way.flatMap(({ number, file, name, caller, alias }, index) => {
    const what = `${number}. ${file}:${name}`;
    if (sourceOf(file) === undefined) return [`${what}: there is no such file`];
    if (bodies[index] === undefined) return [`${what}: the file has no such function`];
    if (caller === undefined) return [];
    if (caller >= number) return [`${what}: its caller ${caller} comes after it`];
    const called = alias ?? name;
    return calls(bodies[caller - 1] ?? "", called)
      ? []
      : [`${what}: ${caller} does not call ${called}`];
  });
}

/** The text of a function, class, method or named arrow, by the indentation that the formatter gives it. */
function bodyOf(source: string, name: string): string | undefined {
  const word = name.startsWith("#") ? name : `(?<![\\w.#])${name}`;
  const forms = [
    `^( *)(?:export )?(?:async )?function\\*? ${name}\\b`,
    `^( *)(?:export )?(?:abstract )?class ${name}\\b`,
    `^( *)(?:export |readonly )*(?:const )?${word}(?:: [^=\\n]+)? = (?:async )?(?:\\(|\\w+ =>)`,
    `^( *)${word}: (?:async )?\\(`,
    `^( *)(?:async )?${word}(?:<[^>\\n]+>)?\\((?:.*\\{$|\\n)`,
  ];
  for (const form of forms) {
    const declared = new RegExp(form, "m").exec(source);
    if (declared === null) continue;
    const last = new RegExp(`^${declared[1] ?? ""}[}\\])][^{]*$`);
    const lines = source.slice(declared.index).split("\n");
    const end = lines.findIndex((line, i) => i > 0 && last.test(line));
    return lines.slice(0, end + 1).join("\n");
  }
  return undefined;
}

function calls(body: string, name: string): boolean {
  const code = body.replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, "");
  const inside = code.slice(code.indexOf("{") + 1);
  return new RegExp(`(?<![\\w#])${name}(?:\\?\\.)?\\(`).test(inside);
}
