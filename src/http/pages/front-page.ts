import type { FastifyReply, FastifyRequest } from "fastify";

/** The page loads nothing from elsewhere and no script; it shares the documentation's style. */
const HEADERS = {
  "content-type": "text/html; charset=utf-8",
  "content-security-policy":
    "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  // Clients of the API get another answer at the same address.
  vary: "accept",
  "cache-control": "no-store",
} as const;

const PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Taskscribe</title>
<link rel="stylesheet" href="/docs/style.css">
</head>
<body>
<h1>Taskscribe</h1>
<p>This is a server for programs: durable tasks that answer like Alibaba Cloud’s task APIs. It runs.</p>
<table>
<tr><td><a href="/docs">/docs</a></td><td>our own API, described</td></tr>
<tr><td><a href="/v1/tasks">/v1/tasks</a></td><td>all tasks of the account, newest first</td></tr>
<tr><td><a href="/v1/counts">/v1/counts</a></td><td>how many there are, by product, type and state</td></tr>
<tr><td><a href="/v1/openapi.json">/v1/openapi.json</a></td><td>the same as /docs for programs</td></tr>
<tr><td><a href="/metrics">/metrics</a></td><td>numbers for Prometheus</td></tr>
<tr><td><a href="/readyz">/readyz</a></td><td>whether it takes work</td></tr>
</table>
<p>Where signatures are checked, the tasks are shown to signed callers only: <code>taskscribe list</code>, or an SDK.
To point an official SDK here, run <code>taskscribe env</code>. More is in the folder <code>docs</code> of the repository.</p>
</body>
</html>
`;

/**
 * Whether a person looks with a browser: a client of the API sends an action, a version or a signature, or accepts no
 * HTML.
 */
export function asksForFrontPage({ raw, headers }: FastifyRequest): boolean {
  return (
    (raw.method === "GET" || raw.method === "HEAD") &&
    raw.url === "/" &&
    headers.accept?.includes("text/html") === true &&
    headers.authorization === undefined &&
    Object.keys(headers).every((name) => !name.startsWith("x-acs-"))
  );
}

export function sendFrontPage(reply: FastifyReply): void {
  reply.headers(HEADERS).send(PAGE);
}
