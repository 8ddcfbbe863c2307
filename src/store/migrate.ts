import { DomainError } from "../core/errors.ts";

/** One schema step, e.g. `0001-tasks.sql`. A released step is never edited, because existing databases have run it. */
export interface Migration {
  readonly version: number;
  readonly name: string;
  readonly sql: string;
}

/** What `migrate` needs of a store: its schema version, and a way to apply the next step. */
export interface MigrationTarget {
  /** For people, e.g. a file name. */
  readonly location: string;
  /** 0: new and empty. */
  version(): number | Promise<number>;
  /** Runs the SQL and sets the version, both in one transaction. */
  apply(migration: Migration): void | Promise<void>;
}

/** Orders the files of a migrations directory and checks that their numbers have no gap. */
export function migrationsOf(
  files: readonly { readonly name: string; readonly sql: string }[],
): readonly Migration[] {
  const migrations = files
    .map(({ name, sql }) => ({ version: Number.parseInt(name, 10), name, sql }))
    .sort((a, b) => a.version - b.version);
  for (const [index, { version, name }] of migrations.entries()) {
    if (version !== index + 1) {
      throw new Error(
        `migration ${name} is number ${version}, expected ${index + 1}; number the files 0001, 0002, … without gap`,
      );
    }
  }
  if (migrations.length === 0) throw new Error("no migrations found; expected 0001-….sql");
  return migrations;
}

/** Migrates a store to the newest schema, one transaction for each step. After a crash it can be run again. */
export async function migrate(
  target: MigrationTarget,
  migrations: readonly Migration[],
): Promise<void> {
  const found = await target.version();
  if (found > migrations.length) throw newerSchema(target.location, found, migrations.length);
  for (const migration of migrations.slice(found)) await target.apply(migration);
}

function newerSchema(location: string, found: number, known: number): DomainError {
  return new DomainError(
    "StoreUnavailable",
    `${location} was made by a newer Taskscribe (schema ${found}, this one knows ${known}); use that version, or restore a backup`,
    { location, found, expected: known },
  );
}
