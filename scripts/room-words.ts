// What each room is, in words: the table of rooms in ARCHITECTURE.md.

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
  "src/engine/bounds":
    "How much a task may hold: what a report may add to it, how texts are cut, how long its log becomes. Pure.",
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
  "src/http/connections":
    "The connections of a server: none keeps others waiting, and a stop ends each after its answers, and no later.",
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
  "src/server/secret-key":
    "Where the secret key comes from: a file of its own, a given file, a command, the environment.",
  "src/server/observe":
    "What watches the process: log, metrics, tracing, event loop, uncaught errors.",
  "src/config": "The only reader of the environment and of the configuration file.",
  "src/clock.ts": "The one source of time.",
  "src/pace.ts": "Divides long work into turns of the event loop, fair between accounts.",
  "src/log.ts": "The one interface of a logger.",
  "src/task-rights.ts":
    "What a caller who is held to policies may do with tasks; who shows or changes them asks.",
  "src/redact.ts": "The one rule for what is secret.",
  "src/budget-meter.ts":
    "The bounds as they are set, how much of each is in use, and how often it was reached.",
  "src/budgets.ts": "The one table of bounds in bytes and numbers.",
  "src/share-table.ts": "The one table of what an account has a share of.",
  "src/visible.ts": "The one rule for what a terminal may be shown.",
  "src/private-files.ts": "Directories and files for their owner alone.",
  "src/fault-points.ts":
    "The names of the points where a test may make the program fail. Inert by itself.",
  "src/index.ts": 'What `import "taskscribe"` gives.',
};
