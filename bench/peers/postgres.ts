import { load } from "./install.ts";

export interface Pool {
  query(text: string, values?: readonly unknown[]): Promise<unknown>;
  end(): Promise<void>;
}

export interface PostgresOptions {
  readonly installed: string;
  readonly port: number;
}

export function urlOf(port: number, database: string): string {
  return `postgres://postgres@127.0.0.1:${port}/${database}`;
}

export async function openPool(options: PostgresOptions, database: string): Promise<Pool> {
  const { default: pg } = await load<{ default: { Pool: new (settings: object) => Pool } }>(
    options.installed,
    "pg",
  );
  return new pg.Pool({ connectionString: urlOf(options.port, database), max: 20 });
}

/** Each peer has a database of its own in the one server. */
export async function createDatabase(options: PostgresOptions, database: string): Promise<void> {
  const pool = await openPool(options, "postgres");
  await pool.query(`CREATE DATABASE ${database}`);
  await pool.end();
}

/** The table in which queues without steps record the progress of a task: one durable UPDATE for each step. */
export async function openProgressTable(pool: Pool) {
  await pool.query("CREATE TABLE progress (task text PRIMARY KEY, step int NOT NULL)");
  return {
    begin: (task: string) => pool.query("INSERT INTO progress VALUES ($1, 0)", [task]),
    step: (task: string, step: number) =>
      pool.query("UPDATE progress SET step = $2 WHERE task = $1", [task, step]),
  };
}
