import { decodeComponent, normalizeComponent } from "./percent.ts";

/** One parameter of a query or form. Its decoded value is needed rarely: decodeComponent(encodedValue). */
export type Parameter = {
  readonly name: string;
  readonly encodedName: string;
  readonly encodedValue: string;
};

/** Appends the parameters of a query or form in the order of the text. Empty parts between "&" are skipped. */
export function readParameters(text: string, into: Parameter[]): Parameter[] {
  for (let start = 0; start < text.length; ) {
    const amp = text.indexOf("&", start);
    const end = amp < 0 ? text.length : amp;
    if (end > start) into.push(readParameter(text.slice(start, end)));
    start = end + 1;
  }
  return into;
}

function readParameter(part: string): Parameter {
  const equals = part.indexOf("=");
  const encodedName = normalizeComponent(equals < 0 ? part : part.slice(0, equals));
  return {
    name: decodeComponent(encodedName),
    encodedName,
    encodedValue: equals < 0 ? "" : normalizeComponent(part.slice(equals + 1)),
  };
}

/** Sorts the array itself. Most clients send their parameters sorted, so this is checked first. */
export function sortParameters(
  parameters: Parameter[],
  order: (a: Parameter, b: Parameter) => number,
): Parameter[] {
  for (let i = 1; i < parameters.length; i++) {
    const [before, after] = [parameters[i - 1], parameters[i]];
    if (before && after && order(before, after) > 0) return parameters.sort(order);
  }
  return parameters;
}

/** Order by UTF-16 code units (capital letters first), as all clients sort. */
export function byName(a: Parameter, b: Parameter): number {
  if (a.name === b.name) return 0;
  return a.name < b.name ? -1 : 1;
}

export function byNameThenValue(a: Parameter, b: Parameter): number {
  if (a.name !== b.name) return a.name < b.name ? -1 : 1;
  if (a.encodedValue === b.encodedValue) return 0;
  return a.encodedValue < b.encodedValue ? -1 : 1;
}

/** The first name that has two different values. The parameters have to be sorted by name. */
export function ambiguousName(sorted: readonly Parameter[]): string | undefined {
  for (let i = 1; i < sorted.length; i++) {
    const [before, after] = [sorted[i - 1], sorted[i]];
    if (before && before.name === after?.name && before.encodedValue !== after.encodedValue)
      return before.name;
  }
  return undefined;
}

/** `name=value&…` */
export function joinEncoded(parameters: readonly Parameter[]): string {
  let out = "";
  for (const { encodedName, encodedValue } of parameters)
    out += out === "" ? `${encodedName}=${encodedValue}` : `&${encodedName}=${encodedValue}`;
  return out;
}
