// A product that Taskscribe has never heard of. In a project of yours, import from "taskscribe".
import { defineConfig } from "../../src/index.ts";
import { kilnDialect } from "./kiln/routes.ts";

export default defineConfig({ dialects: [kilnDialect] });
