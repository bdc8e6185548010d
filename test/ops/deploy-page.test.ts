import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bootstrapVariables, variables } from '../../shared/config/schema.ts';
import packageJson from '../../package.json' with { type: 'json' };
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { repository } from '../support/deployment.ts';

const page = readFileSync(path.join(repository, 'docs/deploy.md'), 'utf8');
const compose = readFileSync(path.join(repository, 'docker-compose.yml'), 'utf8');
const allOf = (pattern: RegExp): string[] => [
  ...new Set([...page.matchAll(pattern)].map(([, found = '']) => found)),
];

/** The statements of the page, without the indentation of the list they stand in. */
const statements = allOf(/```sql\n([^`]*)```/g);

let database: TestDatabase;

beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

describe('docs/deploy.md', () => {
  test.for(statements)('has a query that runs: %s', async (statement) => {
    await expect(database.admin.query(statement)).resolves.toBeDefined();
  });

  test('has queries', () => {
    expect(statements.length).toBeGreaterThan(6);
  });

  test('names settings, scripts and files that exist', () => {
    const settings = { ...variables, ...bootstrapVariables };
    const unknown = allOf(/\b(TIDEGATE_[A-Z_]+[A-Z])\b/g).filter((name) => !(name in settings));
    expect(unknown).toEqual([]);
    const scripts = allOf(/npm run ([a-z]+)/g).filter((name) => !(name in packageJson.scripts));
    expect(scripts).toEqual([]);
    const entries = allOf(/\b(apps\/[a-z/-]+\.m?[jt]s)\b/g).filter((file) => !isThere(file));
    expect(entries).toEqual([]);
  });

  test('names what the compose file takes from the environment, and nothing else', () => {
    const taken = [...compose.matchAll(/\$\{([A-Z_]+):-/g)].map(([, name = '']) => name);
    const named = allOf(/^\| `([A-Z_]+)` +\|/gm).filter((name) => !name.startsWith('TIDEGATE_'));
    expect(named.toSorted()).toEqual([...new Set(taken)].toSorted());
  });
});

function isThere(file: string): boolean {
  try {
    return readFileSync(path.join(repository, file)).length > 0;
  } catch {
    return false;
  }
}
