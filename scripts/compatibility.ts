// npm run docs: writes docs/compatibility.md from the dialects' data and the tests that drive them.
import { globSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { OperationSpec } from "../src/dialects/operation.ts";
import { DIALECTS } from "../src/dialects/registry.ts";
import { root } from "./steps.ts";

const PAGE = "docs/compatibility.md";

/** The vendor's operations of one product: those of the task APIs, and the others its SDKs have. */
interface VendorProduct {
  readonly product: string;
  readonly version: string;
  readonly tasks: readonly string[];
  readonly others: readonly string[];
}

/** What `src/dialects/<one>/compatibility.json` declares of an operation. */
interface Declared {
  /** The part of the vendor's operation that is missing here. */
  readonly missing?: string;
  /** Parameters without an effect, although their names occur in the simulation. */
  readonly ignores?: readonly string[];
  /** Parameters with an effect, although their names do not occur in the simulation, for example because they are stored unchanged. */
  readonly honours?: readonly string[] | "all";
}

export interface Row {
  readonly action: string;
  readonly verdict: "works" | "partly" | "not offered";
  readonly missing: string;
  readonly ignored: readonly string[];
  readonly clients: readonly string[];
  readonly goldenCases: number;
  readonly productTests: number;
}

export interface ProductTable extends VendorProduct {
  readonly dialect: string;
  readonly rows: readonly Row[];
  /** Operations of the SDKs that are not offered. */
  readonly others: readonly string[];
}

export function compatibility(): readonly ProductTable[] {
  const vendor = json<Record<string, VendorProduct>>("test/contracts/vendor-operations.json");
  return Object.entries(vendor).map(([dialect, product]) => {
    const offered = DIALECTS.find(({ name }) => name === dialect)?.operations ?? [];
    const names = offered.map(({ action }) => action);
    const beyond = names.filter((action) => !product.tasks.includes(action));
    const rows = rowsOf(dialect, [...product.tasks, ...beyond], offered);
    const others = product.others.filter((action) => !names.includes(action));
    return { ...product, dialect, rows, others };
  });
}

function rowsOf(
  dialect: string,
  actions: readonly string[],
  offered: readonly OperationSpec[],
): readonly Row[] {
  const declared = declarations(dialect);
  const called = Object.entries(
    json<Record<string, Record<string, readonly string[]>>>("test/e2e/called-by.json"),
  );
  const tests = sources(`src/products/${dialect}/**/*.test.ts`);
  const golden = globSync(`test/golden/${dialect}/*.json`, { cwd: root }).filter(answersWell);
  const honoured = honouredNames(dialect);
  return actions.map((action) => {
    const spec = offered.find((one) => one.action === action);
    const { missing = "", ...rest } = declared[action] ?? {};
    const ignored = spec ? ignoredParameters(spec, honoured, rest) : [];
    const lacks = missing !== "" || ignored.length > 0;
    return {
      action,
      verdict: spec ? (lacks ? "partly" : "works") : "not offered",
      missing,
      ignored,
      clients: called.filter(([, by]) => by[dialect]?.includes(action)).map(([client]) => client),
      goldenCases: golden.filter((file) => file.includes(`/${action}.`)).length,
      productTests: tests.filter((text) => new RegExp(`\\b${action}\\b`).test(text)).length,
    };
  });
}

export function declarations(dialect: string): Readonly<Record<string, Declared>> {
  return json(`src/dialects/${dialect}/compatibility.json`);
}

/** Whether a golden case shows an operation do its work; refusals do not count. */
function answersWell(file: string): boolean {
  return json<{ response: { status: number } }>(file).response.status < 300;
}

/**
 * Names that the simulation asks for: in quotes, or as the key of a table. Whether an operation does something with them
 * is for the tests of the products to find out (`test/support/product-suite.ts`); what it does not is declared.
 */
function honouredNames(dialect: string): ReadonlySet<string> {
  const folders = [`src/products/${dialect}`, `src/dialects/${dialect}`, "src/dialects/vendor"];
  const code = folders.flatMap((folder) => sources(`${folder}/**/*.ts`)).join("\n");
  const asked = [/"(\w+)"/g, /\b(\w+): "/g].flatMap((pattern) => [...code.matchAll(pattern)]);
  return new Set(asked.map(([, name = ""]) => name));
}

function ignoredParameters(
  { params }: OperationSpec,
  names: ReadonlySet<string>,
  { ignores = [], honours = [] }: Declared,
): readonly string[] {
  if (honours === "all") return [];
  return params
    .filter((parameter) => parameter.in !== "path" && !parameter.wholeBody)
    .map(({ name }) => name)
    .filter((name) => ignores.includes(name) || !(names.has(name) || honours.includes(name)));
}

/** Tests, or code without tests and without the demonstration world, which names fields of resources. */
function sources(pattern: string): readonly string[] {
  const wantsTests = pattern.endsWith(".test.ts");
  return globSync(pattern, { cwd: root })
    .filter((file) => wantsTests || !/(\.test|\/world)\.ts$/.test(file))
    .map((file) => readFileSync(join(root, file), "utf8"));
}

function json<T>(file: string): T {
  return JSON.parse(readFileSync(join(root, file), "utf8")) as T;
}

const INTRODUCTION = `# Compatibility

Made by \`npm run docs\` from the dialects' data and from the tests that drive them; a test fails when it is out of date.

- **works**: does what the vendor describes. **partly**: something is missing, or parameters are accepted and change
  nothing. **not offered**: refused as an unknown operation.
- **Parameters that change nothing** are checked, kept with the task and shown in its parameters where the product shows
  them. They are found by looking for their names in the simulation; of every other parameter of an operation that starts
  a task a test shows a call to which it makes a difference.
- **Called by**: the official SDKs that call it over HTTP in \`test/e2e/\`, where each answer is held to the vendor's schema.
- **Tests**: wire cases in \`test/golden/\`, and test files of the simulated product that drive it.
`;

export function compatibilityPage(): string {
  const tables = compatibility();
  const summary = tables.map(({ product, version, rows, others }) => {
    const count = (verdict: Row["verdict"]) => rows.filter((row) => row.verdict === verdict).length;
    const none = count("not offered") + others.length;
    return `| ${product} ${version} | ${count("works")} | ${count("partly")} | ${none} |`;
  });
  return [
    INTRODUCTION,
    "| product | works | partly | not offered |\n| --- | --- | --- | --- |",
    ...summary,
    ...tables.map(section),
    "",
  ].join("\n");
}

function section({ product, version, tasks, rows, others }: ProductTable): string {
  const isTask = (row: Row) => tasks.includes(row.action);
  return `
## ${product} ${version}

${table(rows.filter(isTask))}

Beside the task APIs, so that a client's work closes:

${table(rows.filter((row) => !isTask(row)))}

Not offered, of what the SDKs have: ${others.map((action) => `\`${action}\``).join(", ")}.`;
}

function table(rows: readonly Row[]): string {
  const head = ["operation", "", "what is missing", "parameters that change nothing"];
  const lines = rows.map(({ action, verdict, missing, ignored, clients, ...row }) => {
    const names = ignored.map((name) => `\`${name}\``).join(", ");
    const tests = [
      row.goldenCases > 0 ? `${row.goldenCases} golden` : "",
      row.productTests > 0 ? `${row.productTests} product` : "",
    ];
    const proof = tests.filter((text) => text !== "").join(", ");
    return `| \`${action}\` | ${verdict} | ${missing} | ${names} | ${clients.join(", ")} | ${proof} |`;
  });
  const header = `| ${[...head, "called by", "tests"].join(" | ")} |`;
  return [header, `|${" --- |".repeat(head.length + 2)}`, ...lines].join("\n");
}

export function writeCompatibilityPage(): void {
  writeFileSync(join(root, PAGE), compatibilityPage());
}
