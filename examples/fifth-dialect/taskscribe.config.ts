// A product that is not part of Taskscribe. In your project, import from "taskscribe".
import { defineConfig } from "../../src/index.ts";
import { kilnDialect } from "./kiln/routes.ts";

export default defineConfig({ dialects: [kilnDialect] });
