import { createHash } from "node:crypto";
import { type Answer, JSON_TYPE } from "../../message/answer.ts";
import type { Dialect, Route } from "../dialect.ts";
import { bulkRoute } from "./bulk/bulk-routes.ts";
import { NATIVE } from "./dialect.ts";
import { DOCS_HEADERS, DOCS_STYLE, docsPage } from "./docs/docs-page.ts";
import { openApi } from "./docs/openapi.ts";
import { refusalAnswer } from "./errors.ts";
import { pushRoutes } from "./push/push-routes.ts";
import { taskRoutes } from "./tasks/task-routes.ts";
import { exportRoute } from "./transfer/export-route.ts";
import { importRoute } from "./transfer/transfer-routes.ts";
import { webhookRoutes } from "./webhooks/webhook-routes.ts";

export const nativeDialect: Dialect = {
  ...NATIVE,
  routes: (context) => [
    ...taskRoutes(context),
    ...pushRoutes(context),
    ...webhookRoutes(context),
    exportRoute(context),
    importRoute(context),
    bulkRoute(context),
    ...documentRoutes(),
  ],
  refuse: refusalAnswer,
};

function documentRoutes(): readonly Route[] {
  return [
    document("DescribeApi", "/v1/openapi.json", JSON_TYPE, () => JSON.stringify(openApi())),
    document("ShowDocs", "/docs", "text/html;charset=utf-8", docsPage),
    document("ShowDocsStyle", "/docs/style.css", "text/css;charset=utf-8", () => DOCS_STYLE),
  ];
}

function described(type: string, body: string): Answer {
  const etag = `"${createHash("sha256").update(body).digest("base64url")}"`;
  return {
    status: 200,
    type,
    body,
    headers: { ...DOCS_HEADERS, etag, "cache-control": "no-cache" },
  };
}

/** Written when first asked for, which no start should wait for. */
function document(action: string, path: string, type: string, write: () => string): Route {
  let shown: Answer | undefined;
  const handle = () => {
    shown ??= described(type, write());
    return shown;
  };
  return { action, methods: ["GET"], path, open: true, handle };
}
