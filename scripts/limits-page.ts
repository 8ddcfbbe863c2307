// docs/limits.md, made from the table of what an account has a share of.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  LIMIT_TABLE,
  LIMITED_KINDS,
  type LimitedKind,
  SET_KINDS,
  SHARE_TABLE,
} from "../src/share-table.ts";
import { root } from "./steps.ts";

const INTRODUCTION = `# Limits of an account

Made by \`npm run docs\` from \`src/share-table.ts\`; a test fails when it is out of date.

Each account has a share of everything that it could use up for others. The defaults suit one machine with some tens of
accounts. At a limit only this account is refused, in the words of the product that it called; no connection is reset, and
nothing is put into a line without an end. \`taskscribe limits\` tells what an account has at this moment, of how much, and how often it was
refused something since the start ([how to](how-to/keys-and-policies.md#limits)).
`;

const SETTINGS = `
## Other values

The settings \`shares\` and \`quotas\` of the configuration file change them for all accounts, and what is under \`accounts\` for single
ones:

\`\`\`ts
shares: { requests: 1_000, accounts: { "1000000000000001": { connections: 10_000, streams: 8_000 } } },
quotas: { openTasks: 1_000, runningTasks: 50, accounts: { "1000000000000001": { runningTasks: 500 } } },
\`\`\`

\`storedBytes\` counts the row and the log of each task in the lists, as the JSON that is stored, in bytes: input, outputs, notices, items,
messages, all. Indexes, resources and the archive are not in it, so the file is larger. What is stored is counted in the transaction that
stores it; retention gives the bytes of a task back when it archives it. A new task is refused once the limit is reached. Tasks that run go
on beyond it, because a report must not be lost, and each has [limits of its own](native-api.md).

A kind that has no setting in the table is fixed. With \`--auth off\` everyone is one account, and of what requests use up
(\`requests\` to \`bodyBytes\`) only what is set is limited; if nothing is set, it is not counted either.
`;

const { connections: CONNECTIONS, bodyBytes: BODIES } = SHARE_TABLE;
const UNPROVEN = `
## While it is not known who calls

Connections and bodies count for the address that they come from until the first signature on them is checked, and for the
account from then on. So a claim without a proof uses up nobody's share. What all have together is limited, too, by what one machine can
bear; then each may still have a little in any case, so that nobody is locked out by others:

| | one account | all accounts | in any case | one address, unproven | all addresses | in any case |
| --- | --- | --- | --- | --- | --- | --- |
${togetherRow("connections", CONNECTIONS, (most) => most.toLocaleString("en"))}
${togetherRow("bodies", BODIES, mib)}

The owner of the data directory, who comes with the operator's token, is not counted: a full account does not keep the operator out.
`;

const PAGE = "docs/limits.md";

export function writeLimitsPage(): void {
  writeFileSync(join(root, PAGE), limitsPage());
}

export function limitsPage(): string {
  return [
    INTRODUCTION,
    "| kind | what | default | setting | at the limit |",
    `|${" --- |".repeat(5)}`,
    ...LIMITED_KINDS.map(row),
    `${SETTINGS}${UNPROVEN}`,
  ].join("\n");
}

function row(kind: LimitedKind): string {
  const { what, atLimit, most, unit } = LIMIT_TABLE[kind];
  const usual = kind === "nonces" ? "two thirds of 12 million" : shown(most, unit);
  return `| ${[`\`${kind}\``, what, usual, settingOf(kind), atLimit].join(" | ")} |`;
}

function shown(most: number | undefined, unit: "bytes" | "count"): string {
  if (most === undefined) return "none";
  return unit === "bytes" ? mib(most) : most.toLocaleString("en");
}

function mib(bytes: number): string {
  return bytes < 1_024 ** 2 ? `${bytes / 1_024} KiB` : `${bytes / 1_024 ** 2} MiB`;
}

/** What is limited for all together, of accounts and of addresses whose caller is not known. */
function togetherRow(
  name: string,
  kind: typeof CONNECTIONS | typeof BODIES,
  written: (most: number) => string,
): string {
  const { most, inAll, floor, unproven, unprovenInAll, unprovenFloor } = kind;
  const cells = [most, inAll, floor, unproven, unprovenInAll, unprovenFloor].map(written);
  return `| ${[name, ...cells].join(" | ")} |`;
}

const QUOTAS: readonly LimitedKind[] = ["openTasks", "runningTasks", "storedTasks", "storedBytes"];

function settingOf(kind: LimitedKind): string {
  if ((SET_KINDS as readonly LimitedKind[]).includes(kind)) return `\`shares.${kind}\``;
  return QUOTAS.includes(kind) ? `\`quotas.${kind}\`` : "";
}
