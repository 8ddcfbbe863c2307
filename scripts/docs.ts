// npm run docs: writes what the documentation takes from code, data and tests.

import { writeArchitecturePage } from "./architecture-page.ts";
import { writeBudgetsPage } from "./budgets-page.ts";
import { writeCompatibilityPage } from "./compatibility.ts";
import { writeLimitsPage } from "./limits-page.ts";
import { writeSettingsPage } from "./settings-page.ts";
import { writeTaskLimits } from "./task-limits-table.ts";

writeCompatibilityPage();
writeArchitecturePage();
writeSettingsPage();
writeLimitsPage();
writeBudgetsPage();
writeTaskLimits();
