import type { TSchema } from "typebox";
import type { NativeOperation } from "../operation.ts";
import { OPERATIONS } from "../operations.ts";
import { ErrorBody } from "../schemas.ts";

/** The headers of the page. It has no script, only its own style and nothing from other servers, so it works offline. */
export const DOCS_HEADERS = {
  "content-security-policy":
    "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
} as const;

export const DOCS_STYLE = `
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { margin: 2rem auto; max-width: 60rem; padding: 0 1rem; }
code, pre { font: 0.875rem/1.45 ui-monospace, monospace; }
pre { overflow-x: auto; padding: 0.75rem; border: 1px solid #8885; border-radius: 6px; }
section { margin: 2.5rem 0; border-top: 1px solid #8885; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: 0.3rem 0.75rem 0.3rem 0; border-bottom: 1px solid #8883; }
.method { font-weight: 600; }
`;

/** The documentation page, made from the same table and schemas as the routes and the OpenAPI description. */
export function docsPage(): string {
  const operations = Object.values(OPERATIONS);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Taskscribe API</title>
<link rel="stylesheet" href="/docs/style.css">
</head>
<body>
<h1>Taskscribe API</h1>
<p>Tasks of one’s own, and one list of the tasks of all products. Machine-readable:
<a href="/v1/openapi.json">OpenAPI 3.1</a>. The vendor’s operations are described in the repository, under
<code>src/dialects</code>.</p>
<ul>${operations.map(entry).join("")}</ul>
${operations.map(section).join("\n")}
<section id="errors"><h2>Errors</h2>
<p>Every refusal has this body, and the request id is in the header <code>x-acs-request-id</code> too.</p>
${schemaText(ErrorBody)}</section>
</body>
</html>
`;
}

function entry({ action, method, path }: NativeOperation): string {
  const name = escapeHtml(action);
  return `<li><a href="#${name}"><code>${method} ${escapeHtml(path)}</code></a></li>`;
}

function section({
  action,
  method,
  path,
  summary,
  status,
  query,
  body,
  answer,
}: NativeOperation): string {
  return `<section id="${escapeHtml(action)}">
<h2><span class="method">${method}</span> <code>${escapeHtml(path)}</code></h2>
<p>${escapeHtml(summary)}</p>
${query ? parameterTable(query) : ""}
${body ? `<h3>Request</h3>${schemaText(body)}` : ""}
<h3>Answer ${status}</h3>
${answer ? schemaText(answer) : ""}
</section>`;
}

function parameterTable(query: Readonly<Record<string, TSchema>>): string {
  const rows = Object.entries(query).map(([name, schema]) => {
    const { type = "", description = "" } = schema as { type?: string; description?: string };
    const cells = [`<code>${escapeHtml(name)}</code>`, escapeHtml(type), escapeHtml(description)];
    return `<tr>${cells.map((cell) => `<td>${cell}</td>`).join("")}</tr>`;
  });
  return `<h3>Query</h3><table><tr><th>name</th><th>type</th><th></th></tr>${rows.join("")}</table>`;
}

function schemaText(schema: TSchema): string {
  return `<pre>${escapeHtml(JSON.stringify(schema, null, 2))}</pre>`;
}

function escapeHtml(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}
