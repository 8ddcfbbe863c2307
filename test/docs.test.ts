import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { before, describe, test } from "node:test";
import { budgetsPage } from "../scripts/budgets-page.ts";
import { compatibility, compatibilityPage, declarations } from "../scripts/compatibility.ts";
import { limitsPage } from "../scripts/limits-page.ts";
import { settingsPage } from "../scripts/settings-page.ts";
import { taskLimitsPage } from "../scripts/task-limits-table.ts";
import type { TaskCommandType } from "../src/core/commands.ts";
import { DOMAIN_ERRORS, DomainError } from "../src/core/errors.ts";
import type { TaskEventType } from "../src/core/events.ts";
import { evolve } from "../src/core/evolve.ts";
import { findStep, TASK_STATES, type TaskState } from "../src/core/task.ts";
import { stateWords } from "../src/dialects/ack/dialect.ts";
import { STATE_WORDS as BDRC_WORDS } from "../src/dialects/bdrc/dialect.ts";
import { STATE_WORDS as CLOUD_CONTROL_WORDS } from "../src/dialects/cloudcontrol/dialect.ts";
import { DEFAULT_SETTINGS } from "../src/dialects/dialect.ts";
import { STATE_WORDS as LINGJUN_WORDS } from "../src/dialects/lingjun/dialect.ts";
import { DIALECTS } from "../src/dialects/registry.ts";
import { explore, type Move } from "./support/task-spec.ts";

/** Pages that say what the code does are held to it, in both directions. */

describe("docs/vocabulary.md", () => {
  test("has the words of src/core/task.ts, with the same meanings, in the same order", () => {
    const block = /\/\*\*([\s\S]*?)\*\//.exec(readFileSync("src/core/task.ts", "utf8"))?.[1] ?? "";
    const entries = block.replace(/\n \* {2,}/g, " ").matchAll(/^ \* - ([a-z ]+): (.+)$/gm);
    const code = [...entries].map(([, word, meaning]) => [word, meaning]);
    assert.ok(code.length > 10, "the Terminology block was not found");
    assert.deepEqual(table(page("vocabulary"), "word", "meaning"), code);
  });
});

describe("docs/errors.md", () => {
  const rows = table(page("errors"), "code", "caller", "retry", "meaning", "what to do");

  test("has every code, and no other", () => {
    assert.deepEqual(
      rows.map(([code]) => code),
      Object.keys(DOMAIN_ERRORS),
    );
  });
  test("says of each whose fault it is, whether to try again, what it means and what to do", () => {
    const word = (yes: boolean) => (yes ? "yes" : "no");
    for (const [code = "", caller, retry, meaning, advice] of rows) {
      const flags = DOMAIN_ERRORS[code as keyof typeof DOMAIN_ERRORS];
      assert.deepEqual([caller, retry], [word(flags.caller), word(flags.retryable)], code);
      assert.match(meaning ?? "", /\w+ \w+.*\.$/, code);
      assert.match(advice ?? "", /\w+.*\.$/, code);
    }
  });
  test("names errors of failed tasks that the code really gives", () => {
    const sources = globSync("src/{core,engine}/**/*.ts").map((path) => readFileSync(path, "utf8"));
    const named = table(page("errors"), "code", "retry", "meaning").map(([code]) => code);
    for (const code of named) {
      assert.ok(
        sources.some((text) => text.includes(`"${code}"`)),
        `${code} is nowhere in the code`,
      );
    }
    const given = sources.join("\n").matchAll(/code: "((?:Step|Start|Finish)[A-Za-z]+)"/g);
    for (const [, code] of given)
      assert.ok(named.includes(code ?? ""), `${code} is not in errors.md`);
  });
});

describe("docs/native-api.md", () => {
  test("has the limits that are enforced; `npm run docs` makes it so", () => {
    assert.equal(readFileSync("docs/native-api.md", "utf8"), taskLimitsPage());
  });
});

describe("docs/compatibility.md", () => {
  const tables = compatibility();

  test("is up to date; `npm run docs` makes it so", () => {
    assert.equal(readFileSync("docs/compatibility.md", "utf8"), compatibilityPage());
  });
  test("offers nothing that no official client and no golden or product test drives", () => {
    const rows = tables.flatMap(({ dialect, rows }) => rows.map((row) => ({ dialect, ...row })));
    const offered = rows.filter(({ verdict }) => verdict !== "not offered");
    const undriven = offered.filter(
      ({ clients, goldenCases, productTests }) =>
        clients.length === 0 || goldenCases + productTests === 0,
    );
    assert.deepEqual(undriven, []);
    const all = DIALECTS.filter(({ version }) => version).flatMap((one) => one.operations);
    assert.equal(offered.length, all.length);
  });
  test("declares only of what is offered, and names only its parameters", () => {
    for (const { dialect, product } of tables) {
      const specs = DIALECTS.find(({ name }) => name === dialect)?.operations ?? [];
      for (const [action, { ignores = [], honours = [] }] of Object.entries(
        declarations(dialect),
      )) {
        const spec = specs.find((one) => one.action === action);
        assert.ok(spec, `${product} offers no ${action}`);
        for (const name of [...ignores, ...(honours === "all" ? [] : honours)]) {
          assert.ok(
            spec.params.some((parameter) => parameter.name === name),
            `${action} has no parameter ${name}`,
          );
        }
      }
    }
  });
});

describe("docs/budgets.md", () => {
  test("is what `npm run docs` makes of the table of bounds", () => {
    assert.equal(readFileSync("docs/budgets.md", "utf8"), budgetsPage());
  });
});

describe("docs/limits.md", () => {
  test("is what `npm run docs` makes of the table of limits", () => {
    assert.equal(readFileSync("docs/limits.md", "utf8"), limitsPage());
  });
});

describe("docs/settings.md", () => {
  test("is up to date; `npm run docs` makes it so", () => {
    assert.equal(readFileSync("docs/settings.md", "utf8"), settingsPage());
  });
});

describe("docs/task-lifecycle.md", () => {
  const text = page("task-lifecycle");
  const done = new Map<string, Map<string, Set<string>>>();
  const taskEdges = new Map<string, Set<string>>();
  const stepEdges = new Map<string, Set<string>>();
  before(() => {
    for (const move of explore()) {
      const { type } = move.command;
      const row = done.get(type) ?? new Map<string, Set<string>>();
      done.set(type, row);
      add(row, move.before?.state ?? "none", outcome(move));
      for (const edge of taskMoves(move)) add(taskEdges, edge, type);
      for (const [edge, event] of stepMoves(move)) add(stepEdges, edge, event);
    }
  });

  test("has a row for every state", () => {
    const words = table(text, "state", "what it means").map(([state]) => state);
    assert.deepEqual(words, TASK_STATES);
  });

  test("tells what every command does in every state", () => {
    const header = ["command", "no task", ...TASK_STATES];
    const told = table(text, ...header).map(([command = "", ...cells]) => [
      command,
      ...cells.map((cell) => cell.replaceAll("`", "").split(", ").toSorted().join(", ")),
    ]);
    const real = [...done.keys()].map((command) => [
      command,
      ...["none", ...TASK_STATES].map((state) =>
        [...(done.get(command)?.get(state) ?? [])].toSorted().join(", "),
      ),
    ]);
    assert.deepEqual(byName(told), byName(real));
    const all: Record<TaskCommandType, 0> = {
      SubmitTask: 0,
      StartTask: 0,
      PauseTask: 0,
      ResumeTask: 0,
      CancelTask: 0,
      CheckDeadlines: 0,
      ReportStep: 0,
      CompleteStep: 0,
      FailStep: 0,
      AskApproval: 0,
      SignalTask: 0,
      AbandonStep: 0,
      InterruptStep: 0,
      RetryStep: 0,
      RecoverTask: 0,
      ImportTask: 0,
    };
    assert.deepEqual(
      told.map(([command]) => command),
      Object.keys(all),
    );
  });

  test("pictures the states of a task as they are", () => {
    assert.deepEqual(picture(text, "States of a task"), edges(taskEdges));
  });

  test("pictures the states of a step as they are", () => {
    assert.deepEqual(picture(text, "States of a step"), edges(stepEdges));
  });

  test("says the products' words for each state", () => {
    const header = [
      "ours",
      "ACK `state`",
      "Lingjun `TaskState`",
      "BDRC `TaskStatus`",
      "Cloud Control `status`",
    ];
    const ack = stateWords(DEFAULT_SETTINGS);
    const words = (state: TaskState) => [
      state,
      ack[state],
      LINGJUN_WORDS[state],
      BDRC_WORDS[state],
      CLOUD_CONTROL_WORDS[state],
    ];
    assert.deepEqual(table(text, ...header), TASK_STATES.map(words));
  });
});

/** What came of it, in the words of the page. */
function outcome({ before, decision, after }: Move): string {
  if (decision instanceof DomainError) return decision.code;
  if (decision.length === 0) return "nothing";
  return before?.state === after?.state ? "recorded" : `→ ${after?.state}`;
}

function taskMoves({ before, after, decision }: Move): string[] {
  if (decision instanceof DomainError || before?.state === after?.state) return [];
  return [`${before?.state ?? "[*]"} --> ${after?.state}`];
}

/** What happened to the states of the steps: from, to, and by which event. */
function stepMoves({ before, decision }: Move): [edge: string, event: TaskEventType][] {
  if (decision instanceof DomainError) return [];
  const found: [string, TaskEventType][] = [];
  let task = before;
  for (const event of decision) {
    const next = evolve(task, event);
    if ("step" in event && task) {
      const [old, now] = [task, next].map((one) => findStep(one, event.step)?.state);
      if (old !== now) found.push([`${old} --> ${now}`, event.type]);
    }
    task = next;
  }
  return found;
}

/** The edges of the diagram under a heading; where it begins and ends by itself needs no label. */
function picture(text: string, heading: string): string[] {
  const section = text.split(`## ${heading}`)[1] ?? "";
  const diagram = /```mermaid\n([\s\S]*?)```/.exec(section)?.[1] ?? "";
  const found = [...diagram.matchAll(/^ {2}(\S+ --> \S+?)(?:: (.+))?$/gm)];
  assert.ok(found.length > 5, `no diagram under ${heading}`);
  return found
    .filter(([, , label]) => label !== undefined)
    .map(([, edge, label = ""]) => `${edge}: ${label.split(", ").toSorted().join(", ")}`)
    .toSorted();
}

function edges(found: ReadonlyMap<string, ReadonlySet<string>>): string[] {
  return [...found]
    .map(([edge, labels]) => `${edge}: ${[...labels].toSorted().join(", ")}`)
    .toSorted();
}

function add(map: Map<string, Set<string>>, key: string, value: string): void {
  const values = map.get(key) ?? new Set();
  map.set(key, values.add(value));
}

function byName(rows: readonly (readonly string[])[]): readonly (readonly string[])[] {
  return rows.toSorted(([a = ""], [b = ""]) => a.localeCompare(b));
}

function page(name: string): string {
  return readFileSync(`docs/${name}.md`, "utf8");
}

/** The cells of the one table with this header. */
function table(text: string, ...header: readonly string[]): string[][] {
  const lines = text.split("\n");
  const begin = lines.indexOf(`| ${header.join(" | ")} |`);
  assert.notEqual(begin, -1, `no table with the columns ${header.join(", ")}`);
  const end = lines.findIndex((line, i) => i > begin && !line.startsWith("|"));
  return lines
    .slice(begin + 2, end === -1 ? undefined : end)
    .map((line) => line.slice(2, -2).split(" | "));
}
