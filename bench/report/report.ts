import { readFileSync, writeFileSync } from "node:fs";
import { type Goal, verdict } from "./goals.ts";
import type { Spread } from "./stats.ts";

export interface Table {
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** What one case found. */
export interface Findings {
  readonly tables: readonly Table[];
  /** Said below the tables: what was not measured, what to bear in mind. */
  readonly notes: readonly string[];
}

export interface Section extends Findings {
  readonly name: string;
  readonly title: string;
  /** When, on what, how busy. */
  readonly circumstances: string;
}

/** 1234567 → 1,234,567; 0.123456 → 0.123: three digits that mean something. */
export function number(value: number): string {
  if (!Number.isFinite(value)) return "–";
  const size = Math.abs(value);
  if (size >= 1_000) return Math.round(value).toLocaleString("en-US");
  const digits = size >= 100 ? 0 : size >= 10 ? 1 : 2;
  return value.toFixed(size > 0 && size < 0.1 ? 3 : digits);
}

/** The median, with the ends in brackets. */
export function withEnds(values: Spread): string {
  return `${number(values.median)} (${number(values.min)}–${number(values.max)})`;
}

export const GOAL_HEAD = ["floor", "target", "verdict"] as const;

/** The cells under GOAL_HEAD. */
export function goalCells(measured: number, goal: Goal | undefined): readonly string[] {
  if (goal === undefined) return ["", "", ""];
  const sign = goal.better === "more" ? "≥" : "≤";
  const bound = (value: number | undefined) =>
    value === undefined ? "" : `${sign} ${value.toLocaleString("en-US")}${goal.unit ?? ""}`;
  const told = verdict(measured, goal);
  return [bound(goal.floor), bound(goal.target), told === "missed" ? "**missed**" : told];
}

export function markdown(section: Section): string {
  const parts = [
    `### ${section.title}`,
    section.circumstances,
    ...section.tables.map(tableText),
    ...(section.notes.length > 0 ? [section.notes.map((note) => `- ${note}`).join("\n")] : []),
  ];
  return parts.join("\n\n");
}

function tableText({ head, rows }: Table): string {
  const widths = head.map((cell, column) =>
    Math.max(cell.length, ...rows.map((row) => (row[column] ?? "").length)),
  );
  const line = (cells: readonly string[]) =>
    `| ${widths.map((width, column) => (cells[column] ?? "").padEnd(width)).join(" | ")} |`;
  const rule = `| ${widths.map((width) => "-".repeat(width)).join(" | ")} |`;
  return [line(head), rule, ...rows.map(line)].join("\n");
}

const BEGIN = "<!-- bench:begin -->";
const END = "<!-- bench:end -->";

function mark(name: string): string {
  return `<!-- bench:case ${name} -->`;
}

/**
 * The document with these sections in it. Sections of cases that were not run now stay as they are: each says itself
 * when it was measured. `order`: the names of all cases.
 * @throws Error if the document has lost its markers.
 */
export function replaceSections(
  document: string,
  sections: readonly Section[],
  order: readonly string[],
): string {
  const begin = document.indexOf(BEGIN);
  const end = document.indexOf(END);
  if (begin < 0 || end < begin) {
    throw new Error(`the document needs the lines ${BEGIN} and ${END}, in this order`);
  }
  const texts = new Map(sectionsIn(document.slice(begin + BEGIN.length, end)));
  for (const section of sections) texts.set(section.name, markdown(section));
  const body = order
    .filter((name) => texts.has(name))
    .map((name) => `${mark(name)}\n${texts.get(name) ?? ""}\n`);
  return `${document.slice(0, begin)}${BEGIN}\n${body.join("\n")}${document.slice(end)}`;
}

function sectionsIn(text: string): [string, string][] {
  return text
    .split("<!-- bench:case ")
    .slice(1)
    .map((part) => {
      const cut = part.indexOf(" -->");
      return [part.slice(0, cut), part.slice(cut + " -->".length).trim()];
    });
}

export function writeSections(
  file: string,
  sections: readonly Section[],
  order: readonly string[],
): void {
  writeFileSync(file, replaceSections(readFileSync(file, "utf8"), sections, order));
}
