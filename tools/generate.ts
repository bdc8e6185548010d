/**
 * Writes the pages that are made from the code, so that they cannot drift from it. With `--check` it
 * writes nothing and fails when a page is not what the code says.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { format } from 'prettier';
import { actionsPage } from './pages/actions.ts';
import { automationPage } from './pages/automation.ts';
import { cliPage } from './pages/cli.ts';
import { configurationPage, environmentExample } from './pages/configuration.ts';
import { errorsPage } from './pages/errors.ts';
import { eventsPage } from './pages/events.ts';
import { inboundPage } from './pages/inbound.ts';

const pages: Readonly<Record<string, string>> = {
  'docs/actions.md': actionsPage(),
  'docs/automation-api.md': automationPage(),
  'docs/cli.md': cliPage(),
  'docs/configuration.md': configurationPage(),
  'docs/errors.md': errorsPage(),
  'docs/events.md': eventsPage(),
  'docs/inbound.md': inboundPage(),
  '.env.example': environmentExample(),
};

const isCheck = process.argv.includes('--check');
const stale: string[] = [];
for (const [file, text] of Object.entries(pages)) {
  const wanted = file.endsWith('.md') ? await format(text, { parser: 'markdown' }) : text;
  if (!isCheck) writeFileSync(file, wanted);
  else if (readOrNothing(file) !== wanted) stale.push(file);
}
if (stale.length > 0) {
  console.error(`not what the code says: ${stale.join(', ')}. Run "npm run generate".`);
  process.exit(1);
}

function readOrNothing(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
