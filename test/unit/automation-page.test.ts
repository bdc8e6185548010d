import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { apiRoutes } from '../../apps/gateway/api/routes/index.ts';
import { eventStream } from '../../apps/gateway/events/stream-route.ts';
import { scopes } from '../../shared/domain/scopes.ts';
import { coverageSection } from '../../tools/pages/automation-coverage.ts';

const page = readFileSync(
  fileURLToPath(new URL('../../docs/automation-api.md', import.meta.url)),
  'utf8',
);
/** The cells of every row of every table of a section. */
function rowsOf(heading: string): string[][] {
  const section = page.split(/^## /m).find((text) => text.startsWith(`${heading}\n`)) ?? '';
  return [...section.matchAll(/^\| (.*) \|$/gm)].map(([, row = '']) =>
    row.split(' | ').map((cell) => cell.trim()),
  );
}

/** Every route that a credential can call; none of their handlers is called. */
const routes = [...apiRoutes({ actions: new Map(), workflows: [] } as never), eventStream]
  .filter(({ scope }) => scope !== undefined)
  .map(({ method, path, ...rest }) => ({
    ...rest,
    name: `\`${method} ${path.replace('/api/v1', '')}\``,
  }));

describe('docs/automation-api.md', () => {
  test('S-142 has each route that takes a key once, with its scope, permission and answer', () => {
    const documented = rowsOf('Endpoints').filter(([name = '']) => name.startsWith('`'));
    const wanted = routes.map(({ name, scope, permission, status }) => [
      name,
      `\`${scope}\``,
      permission === 'none' ? 'none' : `\`${permission}\``,
      String(status),
    ]);
    const asText = (rows: readonly (readonly string[])[]): string[] =>
      rows.map((row) => row.slice(0, 4).join(' | ')).toSorted();
    expect(asText(documented)).toEqual(asText(wanted));
    expect(wanted.length).toBeGreaterThanOrEqual(35);
  });

  test('S-105 S-142 says of each of the eighteen scopes which routes it opens', () => {
    const opens = new Map(rowsOf('A key').map(([scope, what]) => [scope, what]));
    for (const scope of scopes) {
      const own = routes.filter((route) => route.scope === scope).map(({ name }) => name);
      expect(own.length, scope).toBeGreaterThan(0);
      expect((opens.get(`\`${scope}\``) ?? '').split(', ').toSorted(), scope).toEqual(
        own.toSorted(),
      );
    }
  });

  test('S-142 shows what is covered of each resource, with the events about it', () => {
    const covered = new Map(rowsOf('What is covered').map(([name, ...cells]) => [name, cells]));
    const resources = ['conversations', 'messages', 'visitors', 'tickets', 'ticket comments'];
    const written = [...resources, 'articles', 'collections', 'outbound messages'];
    for (const name of written) expect(covered.get(name)?.at(-1), name).toMatch(/^`\w+\.\w+`/);
    expect(covered.get('collections')?.slice(0, 5)).toEqual(['yes', 'yes', 'yes', 'yes', 'yes']);
    expect(covered.get('messages')?.slice(0, 5)).toEqual(['yes', 'no', 'no', 'no', 'no']);
    expect(page).toContain('Known gaps:');
  });

  test('S-142 a route of no resource of the table is a fault', () => {
    expect(() => coverageSection(['GET /files'])).toThrow(/GET \/files belongs to no resource/);
  });

  test('S-106 S-142 names both limits with their settings', () => {
    expect(page).toMatch(/60 requests of a key and 120 of all keys of a tenant/);
    for (const name of ['KEY', 'TENANT']) {
      expect(page).toContain(`TIDEGATE_${name}_REQUESTS_PER_MINUTE`);
    }
  });
});
