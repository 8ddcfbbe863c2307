/** A paragraph of the page, or the lines that are typed. */
export type WalkStep = string | readonly Typed[];

type Typed =
  | string
  | {
      readonly line: string;
      /** Text that the screen must show while the command runs. The page then shows the screen, or these keys are pressed. */
      readonly showAt: RegExp;
      readonly press?: readonly string[];
    };

export const BEFORE = `# Command line

With \`taskscribe\` you follow and control the tasks of all products from a terminal. This page is a walk through the commands.
\`npm run docs:cli\` makes it in a real terminal, and CI repeats it. In this checkout the command is \`npm run --silent taskscribe --\`.

Start the server in one terminal, here with the task types of \`examples/command-line\`:

\`\`\`sh
taskscribe serve --config examples/command-line/taskscribe.config.ts
\`\`\`

In another terminal, in the same directory, the commands find the server.

## Submit, and wait`;

export const STEPS: readonly WalkStep[] = [
  [
    "taskscribe types --product native",
    "ID=$(taskscribe submit backup --set database=orders --label env=test -o text --query id)",
    { line: "taskscribe wait $ID", showAt: /running · dump .*part 4/ },
  ],
  "The exit code says how a task ended, so a script needs no output:",
  ["taskscribe submit backup --set database=orders --set to=full-disk --wait", "echo $?"],
  "2 means failed, and the output names the cause. Retry the task from the failed step. The new task takes over the results of the steps before it:",
  [
    "ID=$(taskscribe list --state failed --limit 1 -o text --query '[].id')",
    "taskscribe get $ID",
    'taskscribe retry $ID --from-step upload --reason "disk added" --wait; echo $?',
  ],
  `## Find

A terminal shows tables. A pipe, or \`-o json\`, gets JSON. \`--query\` takes [JMESPath](https://jmespath.org), and
\`-o text\` prints plain words for loops. \`--filter\` takes the [filters](native-api.md#filters) of the API.`,
  [
    "taskscribe list",
    "taskscribe list --filter 'type:backup error:Disk*' --query '[].{id: id, code: error.code}'",
    "taskscribe list --filter 'state:runing'",
  ],
  `## Wait for a limited time

5 means that the time of the wait ran out. The task continues, and the last line says how to wait again. Ctrl-C also ends only the wait.`,
  [
    "ID=$(taskscribe submit release --set version=7 --token release-7 -o text --query id)",
    "taskscribe wait $ID --timeout 1s; echo $?",
    { line: "taskscribe watch $ID; echo $?", showAt: /confirm \(2 of 3\)/, press: ["C-c"] },
  ],
  "If the id of a task was lost, find the task by its client token or by its target:",
  ["taskscribe attach --token release-7 -o text --query '[type, state]'"],
  `## See why a task does not move, and control it

Every command that controls a task needs a reason, which the log of the task keeps.`,
  [
    "taskscribe why $ID",
    'taskscribe pause $ID --reason "not before noon"',
    "taskscribe why $ID",
    'taskscribe resume $ID --reason "it is noon"',
    'taskscribe approve $ID --reason "seen by Ann"',
    "taskscribe wait $ID; echo $?",
    "taskscribe events $ID",
    'taskscribe cancel $ID --reason "too late"; echo $?',
  ],
  `## Move a task to another server

\`export\` writes a task and its log to one file, without the values that are marked as secret. \`import\` reads it on another server, under a
new id. This server has the task already, so it refuses the import.`,
  ["taskscribe export $ID --file task.json", "taskscribe import task.json; echo $?"],
  `## Many tasks at once

\`bulk\` shows what it would do and asks for confirmation; \`--yes\` is for scripts. Ctrl-C asks the server to stop and waits for it. After
a second Ctrl-C the bulk operation continues on the server, because it is a task.`,
  [
    "for n in 1 2 3; do taskscribe submit release --set version=$n --label train=a -o text --query state; done",
    {
      line: "taskscribe bulk cancel --filter 'label.train=a state:open' --reason 'train a is off'",
      showAt: /\[y\/N\] $|\[y\/N\]$/,
      press: ["y", "Enter"],
    },
    "taskscribe list --filter label.train=a --query '[].state'",
    "taskscribe counts",
  ],
  `## The secret key

It encrypts the secrets of keys, webhooks and tasks, and is exchanged while the server runs. See
[the secret key](how-to/secret-key.md).`,
  ["taskscribe secret rotate", "taskscribe secret status"],
  "## Errors",
  [
    "taskscribe wait ts-nothing; echo $?",
    "taskscribe cancel ts-nothing; echo $?",
    "taskscribe counts --endpoint 127.0.0.1:4999; echo $?",
  ],
];

export const AFTER = `## Exit codes

| code | |
| --- | --- |
| 0 | done; \`wait\`: all succeeded |
| 1 | the server could not be reached, or another error |
| 2 | a task failed |
| 3 | a task was canceled |
| 4 | a task expired |
| 5 | the time of the wait ran out; the task continues |
| 6 | the task does not exist |
| 7 | refused: wrong key, no permission, bad input, or not possible now |
| 130 | Ctrl-C; tasks continue |
| 141 | the reader of the output left before a wait had its answer |

With several tasks, the most serious code counts, in this order: 7, 6, 1, 2, 4, 3, 5. Commands that are not about tasks (\`serve\`, \`key\`, ...)
end with 0 or 1 (\`security\`: 1 if something needs a look), or with 2 for a wrong command line, a wrong setting, or a path that cannot be used. \`backup\`, \`restore\` and \`verify\`
end with 3 if they found damaged rows.

## Which server, with whose key

The first of these that is set counts: \`--endpoint\`; \`--profile\`; \`--data\` (the server that runs on this directory); \`TASKSCRIBE_ENDPOINT\`;
\`TASKSCRIBE_PROFILE\`; the server that runs on \`./data\`; the profile called \`default\`.

Requests are signed with the profile's key, else with \`TASKSCRIBE_ACCESS_KEY_ID\` and \`TASKSCRIBE_ACCESS_KEY_SECRET\` (and
\`TASKSCRIBE_SECURITY_TOKEN\`), else with \`ALIBABA_CLOUD_ACCESS_KEY_ID\` and so on; without any they are not signed.
\`taskscribe profile set\` keeps an address and a key under a name, in \`$XDG_CONFIG_HOME/taskscribe/profiles.json\` (\`~/.config/…\`),
readable for you alone:

\`\`\`sh
taskscribe profile set prod --endpoint https://tasks.example.com --access-key-id LTAI… --secret-file -
taskscribe list --profile prod
\`\`\`

## In your shell

- \`taskscribe completion bash\` (or \`zsh\`, \`fish\`) prints a script: \`source <(taskscribe completion bash)\`. It completes commands,
  options, their values, and task ids and types when the server answers within half a second.
- \`taskscribe COMMAND --help\` has examples and exit codes.
- Bars and colours are shown only in terminals. \`NO_COLOR=1\` takes the colours away, \`FORCE_COLOR=1\` brings them everywhere.
- Progress goes to standard error, results to standard output. Without a terminal, progress is written as plain lines.
- Texts of tasks are shown without control characters, so that a task cannot control your terminal.`;
