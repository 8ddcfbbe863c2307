/** The exact versions of the peers. They are installed for the comparison only, and are no dependencies of the project. */
export const ENGINES = {
  "@dbos-inc/dbos-sdk": "5.3.0",
  "@restatedev/restate-sdk": "1.17.2",
  "@restatedev/restate-server": "1.7.12",
  bullmq: "6.7.0",
  "graphile-worker": "0.18.0",
  ioredis: "6.0.0",
  openworkflow: "0.10.1",
  pg: "8.23.1",
  "pg-boss": "12.35.0",
} as const;

export const MOCKS = {
  "@mockoon/cli": "9.9.0",
  "@stoplight/prism-cli": "5.16.0",
} as const;
