// The rules of test/architecture.test.ts, from which scripts/architecture-page.ts makes the table in ARCHITECTURE.md.

/** An import of what is no plain string: nobody can tell where it leads. */
export const COMPUTED = "(a computed name)";

/**
 * Who may import whom. The key is a folder or a file; the most specific key that covers a file is its rule. A file may
 * always import files under the same rule. In a list, a folder means the files directly in it, `*` any name, and
 * `node:` or `@scope` every module that begins so. Tests and src/server/start-server.ts, which wires everything, are free.
 */
export const RULES: Rules = {
  "src/core": [], // not even node: modules
  "src/core/values": ["src/core"],
  "src/fault-points.ts": [],
  "src/private-files.ts": ["node:fs", "node:path"],
  "src/clock.ts": [],
  "src/pace.ts": [],
  "src/log.ts": [],
  "src/redact.ts": ["src/core"],
  "src/task-rights.ts": ["src/core"],
  "src/visible.ts": [],
  "src/store": ["src/task-rights.ts", "src/core"],
  "src/store/audit-chain.ts": ["src/store", "node:crypto"],
  "src/store/sqlite": [
    "src/clock.ts",
    "src/log.ts",
    "src/core",
    "src/store",
    "src/fault-points.ts",
    "src/private-files.ts",
    "node:",
  ],
  "src/store/postgres": ["src/core", "src/store", "pg", "node:"],
  "src/engine": [
    "src/pace.ts",
    "src/task-rights.ts",
    "src/redact.ts",
    "src/core",
    "src/core/values",
    "src/store",
    "src/engine/imports",
    "src/engine/memory",
    "src/clock.ts",
    "src/log.ts",
    "src/fault-points.ts",
    "typebox",
    "node:crypto",
  ],
  "src/engine/imports": ["src/redact.ts", "src/core", "typebox", "node:util"],
  "src/engine/memory": [
    "src/fault-points.ts",
    "src/core",
    "src/core/values",
    "src/store",
    "src/clock.ts",
    "src/log.ts",
  ],
  "src/engine/local": [
    "src/engine/memory",
    "src/core",
    "src/core/values",
    "src/engine",
    "src/engine/local/queue",
    "src/store",
    "src/clock.ts",
    "src/log.ts",
    "src/fault-points.ts",
    "node:async_hooks",
  ],
  "src/engine/local/queue": ["src/engine", "src/core", "src/clock.ts"],
  "src/engine/temporal": ["src/core", "src/engine", "src/store", "@temporalio"],
  // One grammar for API, command line and console: pure, so it runs in a browser too.
  "src/filter": ["src/pace.ts", "src/core", "src/engine/health.ts"],
  "src/bulk": ["src/pace.ts", "src/task-rights.ts", "src/core", "src/engine", "src/filter"],
  "src/push": [
    "src/pace.ts",
    "src/task-rights.ts",
    "src/redact.ts",
    "src/clock.ts",
    "src/log.ts",
    "src/core",
    "src/store",
    "src/engine",
    "src/filter",
    "src/push/webhooks",
  ],
  "src/push/webhooks": [
    "src/task-rights.ts",
    "src/redact.ts",
    "src/clock.ts",
    "src/log.ts",
    "src/core",
    "src/store",
    "src/engine",
    "src/filter",
    "src/push",
    "src/fault-points.ts",
    "node:",
  ],
  "src/products": ["src/redact.ts", "src/core", "src/products/*"],
  "src/products/*": ["src/core", "src/products"],
  "src/auth": ["node:crypto"],
  "src/auth/policy": ["src/core/values"],
  "src/access": [
    "src/pace.ts",
    "src/task-rights.ts",
    "src/redact.ts",
    "src/auth/policy",
    "src/clock.ts",
    "src/log.ts",
    "src/core",
    "src/core/values",
    "src/message",
    "src/auth",
    "src/auth/schemes",
    "src/store",
    "node:crypto",
  ],
  "src/message": [
    "src/redact.ts",
    "src/core",
    "src/core/values",
    "src/auth/policy/policy-names.ts",
  ],
  // What is every dialect's.
  "src/dialects": [
    "src/redact.ts",
    "src/auth/policy/asked.ts",
    "src/auth/policy/policy-names.ts",
    "src/core",
    "src/engine",
    "src/filter",
    "src/push",
    "src/message",
  ],
  "src/dialects/registry.ts": ["src/dialects", "src/dialects/*"],
  // What the dialects of one vendor share.
  "src/dialects/vendor": ["src/core", "src/engine", "src/dialects", "src/message"],
  "src/dialects/*": [
    "src/core",
    "src/engine",
    "src/redact.ts",
    "src/dialects",
    "src/dialects/vendor",
    "src/message",
    "typebox",
  ],
  // Our own, which are no vendor's.
  "src/dialects/native": [
    "src/pace.ts",
    "src/task-rights.ts",
    "src/redact.ts",
    "src/core",
    "src/core/values",
    "src/engine",
    "src/store",
    "src/bulk",
    "src/filter",
    "src/push",
    "src/dialects",
    "src/message",
    "node:crypto", // the ETag of a document
    "typebox",
  ],
  "src/dialects/access": ["src/core", "src/engine", "src/dialects", "src/message"],
  "src/dialects/sts": [
    "src/core",
    "src/engine",
    "src/dialects",
    "src/dialects/vendor",
    "src/message",
  ],
  "src/http": [
    "src/http/*",
    "src/tracing/trace-context.ts",
    "src/auth",
    "src/dialects",
    "src/message",
    "src/engine",
    "src/push",
    "src/core",
    "src/clock.ts",
    "src/log.ts",
    "src/fault-points.ts",
    "fastify",
    "node:",
  ],
  "src/http/bodies": ["src/http", "src/message", "node:"],
  "src/http/routing": [
    "src/http",
    "src/http/pages",
    "src/dialects",
    "src/message",
    "fastify",
    "node:",
  ],
  "src/http/pages": ["src/http", "src/engine", "fastify", "node:"],
  "src/http/tls": ["src/http", "src/private-files.ts", "asn1js", "pkijs", "node:"],
  "src/http/proxy": ["fastify", "src/http", "src/http/tls", "src/message", "src/log.ts", "node:"],
  // Nothing of Node and no package: it runs in a browser too, and its types are all its users need to check.
  "src/client": [
    "src/dialects/task-words.ts",
    "src/auth/acs3-request.ts",
    "src/auth/schemes/acs3-canonical.ts",
  ],
  "src/tracing": ["src/core", "node:crypto", "@opentelemetry"],
  "src/metrics": ["src/core", "node:perf_hooks"],
  "src/cli": [
    "src/visible.ts",
    "src/client",
    "src/private-files.ts",
    "src/filter/durations.ts",
    "src/http/announcement.ts", // so that a command about tasks need not load the server
    "src/server/start-server.ts",
    "src/server/observe/uncaught-errors.ts", // what a step may do to the process that `serve` is
    "src/config",
    "src/core",
    "src/core/values",
    "commander",
    "jmespath",
    "string-width",
    "node:",
  ],
  // Puts access control together, for the server and for commands on a directory that no server owns.
  "src/server/access.ts": [
    "src/auth/policy",
    "src/access/*",
    "src/clock.ts",
    "src/log.ts",
    "src/access",
    "src/config",
    "src/core",
    "src/dialects",
    "src/engine",
    "src/http/site-guard.ts",
    "src/http/loopback.ts",
    "src/server/posture.ts",
    "src/store",
    "src/store/sqlite/access",
    "node:crypto",
  ],
  "src/server/push.ts": [
    "src/task-rights.ts",
    "src/access/*",
    "src/clock.ts",
    "src/access", // seals the webhooks' secrets
    "src/config",
    "src/dialects",
    "src/engine",
    "src/push",
    "src/push/webhooks",
    "src/store/sqlite/webhooks",
    "pino",
  ],
  "src/server/observe/log.ts": [
    "src/visible.ts",
    "src/redact.ts",
    "src/config",
    "src/engine",
    "src/http",
    "src/core",
    "src/server/observe/log-lines.ts",
    "src/server/observe/buffered-writer.ts",
    "src/server/observe/log-terminal.ts",
    "node:fs",
    "pino",
  ],
  "src/server/observe/buffered-writer.ts": [],
  "src/server/observe/log-lines.ts": ["src/core", "src/http"],
  "src/server/observe/log-terminal.ts": ["src/visible.ts", "node:util"],
  "src/server/observe/metrics.ts": [
    "src/access/*",
    "src/http/pages",
    "node:fs",
    "src/access",
    "src/config",
    "src/engine",
    "src/http",
    "src/metrics",
    "src/push",
    "src/store/sqlite",
  ],
  "src/server/observe/event-loop-watch.ts": ["pino"],
  "src/server/observe/uncaught-errors.ts": [
    "src/visible.ts",
    "src/engine/local/uncaught-errors.ts",
    "node:util",
  ],
  "src/server/observe/observe.ts": [
    "src/http/pages",
    "src/config",
    "src/engine",
    "src/http",
    "src/server/observe/log.ts",
    "src/server/observe/metrics.ts",
    "src/server/observe/tracing.ts",
    "pino",
  ],
  "src/server/observe/tracing.ts": ["src/config", "src/engine", "src/tracing", "pino"],
  "src/server/tls.ts": ["src/http/proxy", "src/config", "src/http", "fastify", "pino"],
  // Reads the settings, and the files of the data directory, for the checks of `taskscribe security`.
  "src/server/posture.ts": ["src/access/posture", "src/config", "src/http", "node:"],
  "src/server/products.ts": [
    "src/task-rights.ts",
    "src/access/accounts",
    "src/access/limits",
    "src/bulk",
    "src/config",
    "src/core",
    "src/dialects",
    "src/dialects/access",
    "src/engine",
    "src/products",
  ],
  "src/server/holdings.ts": ["src/access/accounts", "src/core", "src/engine", "src/push"],
  "src/server/worlds.ts": [
    "src/log.ts",
    "src/config",
    "src/core",
    "src/server/access.ts",
    "src/store",
  ],
  "src/config": [
    "src/core",
    "src/dialects/dialect.ts",
    "src/filter/durations.ts",
    "node:",
    COMPUTED,
  ], // the configuration file
  "src/index.ts": [
    "src/core",
    "src/config",
    "src/auth/policy/policy-names.ts",
    "src/dialects",
    "src/dialects/vendor",
    "src/message",
    "src/engine/task-service.ts",
  ],
  console: ["src/client", "react", "react-dom", "vite", "@vitejs"],
};
export const FREE = ["src/server/start-server.ts"];

export type Rules = Readonly<Record<string, readonly string[]>>;

/** What each room is, in the order of the table. A key is a folder or a file of `src`; each stands in RULES too. */
export const ROOMS: Readonly<Record<string, string>> = {
  "src/core":
    "What a task is. `decide(state, command)` gives events or a refusal, `evolve(state, event)` the next state. It knows no clock, no chance and no I/O.",
  "src/core/values":
    "What a text, a number, a moment and a field of a task may be, so that every part can keep and find it. Pure.",
  "src/message":
    "What a call and an answer are, in nobody's dialect: parameters, content, faults, request ids.",
  "src/store":
    "The store port: methods about tasks, resources, access and webhooks. Each says what it promises.",
  "src/store/sqlite":
    "The embedded adapter: one file, one writer thread, group commit. `access/` and `webhooks/` have databases of their own; `file/` opens and checks a database.",
  "src/engine":
    "Handles a command: it reads, decides, appends, and begins again if another append came first. The only writer.",
  "src/engine/imports":
    "Whether a log from elsewhere can be one: the fields of every event, and the core's decisions once more.",
  "src/engine/memory":
    "What the engine keeps in memory of tasks: open ones, recently read ones, resource changes that wait for their append.",
  "src/engine/local":
    "The executor that runs steps in this process: attempts, timers, retries, reports.",
  "src/engine/local/queue":
    "Which task may start next: priorities, concurrency keys, limits and rates of task types.",
  "src/filter":
    "One small grammar for choosing tasks: text, conditions, predicate, and the part that an index answers. Pure.",
  "src/bulk": "One action on all tasks that fit a filter, as a task type.",
  "src/push":
    "Tells clients about changes they subscribed to: waits, streams, held requests. It follows the log.",
  "src/push/webhooks":
    "Sends events to webhooks: signed, in order for each task, retried, with dead letters.",
  "src/products":
    "Four simulated cloud products: operations, task types, resources, the demonstration world.",
  "src/auth": "Request signatures: pure functions of the request, the secret and the time.",
  "src/auth/policy": "The policy language (RAM's): documents, conditions, decisions. Pure.",
  "src/access":
    "Who may call: keys, policies, limits and the audit, each in a folder of its own. It is asked before every call.",
  "src/dialects":
    "What a dialect is, what every dialect needs (a describe with its holds, page tokens, moments), and the one list of them.",
  "src/dialects/vendor":
    "What the dialects of this one vendor share: parameters of described operations, errors, XML.",
  "src/dialects/*":
    "How the clients of one product see tasks: tables, pure functions, the vendor's description as data.",
  "src/dialects/native": "Our own API.",
  "src/dialects/access": "Keys and policies over HTTP.",
  "src/dialects/sts": "Roles over the wire of STS, for the credential providers of the SDKs.",
  "src/http":
    "The server shell: finds the dialect and the operation, asks who calls, sends the answer, and refuses in the caller's words.",
  "src/http/bodies": "Reads the bodies of requests, within their limits.",
  "src/http/routing": "From a request to its dialect and route.",
  "src/http/pages": "Pages that are no dialect's: front page, health, metrics.",
  "src/http/tls": "Certificates: given ones and a local authority.",
  "src/http/proxy": "The forward proxy for clients that know no endpoint.",
  "src/client":
    "The client library of our own API, for Node and browsers, over `fetch` alone. `types.ts` is made from the schemas.",
  "src/tracing":
    "Spans of tasks and steps, made of committed events. OpenTelemetry is loaded when it is asked for.",
  "src/metrics": "Counters and histograms, and their text for Prometheus.",
  "src/cli":
    "The command line. Commands about tasks speak to a server through the client; `terminal/` draws.",
  "src/server":
    "The composition root: `start-server.ts` is the only file that knows every part; the others put one part together each.",
  "src/server/observe":
    "What watches the process: log, metrics, tracing, event loop, uncaught errors.",
  "src/config": "The only reader of the environment and of the configuration file.",
  "src/clock.ts": "The one source of time.",
  "src/pace.ts": "Divides long work into turns of the event loop, fair between accounts.",
  "src/log.ts": "The one interface of a logger.",
  "src/task-rights.ts":
    "What a caller who is held to policies may do with tasks; who shows or changes them asks.",
  "src/redact.ts": "The one rule for what is secret.",
  "src/visible.ts": "The one rule for what a terminal may be shown.",
  "src/private-files.ts": "Directories and files for their owner alone.",
  "src/fault-points.ts":
    "The names of the points where a test may make the program fail. Inert by itself.",
  "src/index.ts": 'What `import "taskscribe"` gives.',
};
