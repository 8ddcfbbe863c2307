// npm run docs: writes what the documentation takes from code, data and tests.
import { writeCompatibilityPage } from "./compatibility.ts";
import { writeArchitecturePage } from "./rooms.ts";
import { writeSettingsPage } from "./settings-page.ts";

writeCompatibilityPage();
writeArchitecturePage();
writeSettingsPage();
