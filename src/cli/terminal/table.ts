import type { Screen, Style } from "./screen.ts";
import { fit, pad, plain, widthOf } from "./text.ts";

export interface Column<Row> {
  readonly title: string;
  readonly of: (row: Row) => string | undefined;
  readonly style?: (row: Row) => Style | undefined;
  readonly align?: "left" | "right";
  /** On a narrow terminal the column may be cut to this width. If absent, it is never cut. */
  readonly least?: number;
  /** The order in which columns are left out if even the smallest widths do not fit. The highest number goes first. */
  readonly spare?: number;
}

const GAP = "  ";

/** A table that fits the screen if possible. Empty columns are left out. */
export function tableLines<Row>(
  screen: Screen,
  rows: readonly Row[],
  columns: readonly Column<Row>[],
): string[] {
  const cells = columns.map(({ of }) => rows.map((row) => plain(of(row) ?? "")));
  const known = columns.flatMap((column, i) => {
    const texts = cells[i] ?? [];
    return texts.some((text) => text !== "") ? [{ column, texts }] : [];
  });
  const { used, widths } = fitted(known, screen.width);
  const line = (cell: (i: number) => string, style: (i: number) => Style | undefined) =>
    used
      .map(({ column }, i) => {
        const width = widths[i] ?? 0;
        const text = pad(fit(cell(i), width), width, column.align);
        const last = i === used.length - 1 ? text.trimEnd() : text;
        return screen.paint(style(i), last);
      })
      .join(GAP)
      .trimEnd();
  const head = line(
    (i) => used[i]?.column.title ?? "",
    () => "bold",
  );
  const body = rows.map((row, at) =>
    line(
      (i) => used[i]?.texts[at] ?? "",
      (i) => used[i]?.column.style?.(row),
    ),
  );
  return [head, ...body];
}

interface Used<Row> {
  readonly column: Column<Row>;
  readonly texts: readonly string[];
}

/** The columns that fit, and their widths. */
function fitted<Row>(known: readonly Used<Row>[], room: number) {
  let used = known;
  for (;;) {
    const natural = used.map(({ column: { title }, texts }) =>
      Math.max(widthOf(title), ...texts.map(widthOf)),
    );
    const least = used.map(({ column }) => column.least);
    const left = room - GAP.length * (used.length - 1);
    const widths = narrowed(natural, least, left);
    const [goes] = used
      .filter(({ column }) => column.spare !== undefined)
      .toSorted((a, b) => (b.column.spare ?? 0) - (a.column.spare ?? 0));
    if (sumOf(widths) <= left || goes === undefined) return { used, widths };
    used = used.filter((one) => one !== goes);
  }
}

function sumOf(widths: readonly number[]): number {
  return widths.reduce((sum, width) => sum + width, 0);
}

/** Makes the widest column narrower until all fit or none can be cut. */
function narrowed(
  natural: readonly number[],
  least: readonly (number | undefined)[],
  room: number,
): number[] {
  const widths = [...natural];
  for (;;) {
    if (sumOf(widths) <= room) return widths;
    const spare = (i: number) => (widths[i] ?? 0) - (least[i] ?? Number.POSITIVE_INFINITY);
    const cuttable = widths.map((_, i) => i).filter((i) => spare(i) > 0);
    const [widest] = cuttable.toSorted((a, b) => (widths[b] ?? 0) - (widths[a] ?? 0));
    if (widest === undefined) return widths;
    widths[widest] = (widths[widest] ?? 0) - 1;
  }
}

/** Lines of `name  value`. Absent values are left out. */
export function fieldLines(
  screen: Screen,
  fields: Readonly<Record<string, string | undefined>>,
): string[] {
  const known = Object.entries(fields).filter(([, value]) => value !== undefined && value !== "");
  const width = Math.max(0, ...known.map(([name]) => widthOf(name)));
  return known.map(
    ([name, value = ""]) => `${screen.paint("dim", pad(name, width))}${GAP}${plain(value)}`,
  );
}
