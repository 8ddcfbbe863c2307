import type { Call } from "../../message/call.ts";
import type { DialectSettings } from "../dialect.ts";
import { operationsIn } from "../operation.ts";
import { jsonTemplate, renderOnce } from "../rendered.ts";
import { defineDialect } from "../vendor/define-dialect.ts";
import type { RenderTask } from "../vendor/describe-route.ts";
import { LINGJUN } from "./dialect.ts";
import { ERRORS } from "./errors.ts";
import operations from "./operations.json" with { type: "json" };
import reads from "./reads.json" with { type: "json" };
import { describeTask, type Language } from "./wire.ts";

export const lingjunDialect = defineDialect({
  ...LINGJUN,
  operations: operationsIn(operations, reads),
  errors: ERRORS,
  render: renderInLanguage,
});

/** Each language is rendered once for each version of a task. */
function renderInLanguage(settings: DialectSettings): RenderTask {
  const once = (tags: Language, messages: Language) =>
    renderOnce((task) => jsonTemplate(describeTask(task, { tags, messages }), "RequestId"));
  const asked = { zh: once("zh", "zh"), en: once("en", "en") } as const;
  const unasked = once(settings.language, "en");
  return (task, call) => {
    const language = languageOf(call);
    const render = language === undefined ? unasked : asked[language];
    return render(task);
  };
}

/** The first language a client names, if it is one of the two; `*` names none. */
function languageOf(call: Call): Language | undefined {
  const wanted = call.headers["accept-language"];
  if (typeof wanted !== "string") return undefined;
  if (/^\s*en\b/i.test(wanted)) return "en";
  return /^\s*zh\b/i.test(wanted) ? "zh" : undefined;
}
