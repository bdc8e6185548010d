import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { openCatalogue } from '../../apps/worker/extensions/catalogue.ts';

const folderOf = (name: string): string => fileURLToPath(new URL(`../${name}`, import.meta.url));

const open = (folder: string | undefined) => openCatalogue({ folder, isHandlerHost: true });

/** The message that the start of a gateway would end with. */
async function refusalOf(folder: string): Promise<string> {
  const error: unknown = await open(folder).catch((error: unknown) => error);
  return error instanceof Error ? error.message : 'nothing was refused';
}

describe('an extension folder', () => {
  test('S-021 adds its actions and workflows to the catalogue, with the code of the workflows', async () => {
    const catalogue = await open(folderOf('../examples/extensions'));
    expect(catalogue.actions.get('openIncident')).toMatchObject({ entityType: 'ticket' });
    expect(catalogue.actions.has('createTicket')).toBe(true);
    expect(catalogue.workflows.listWorkflows().map(({ id }) => id)).toEqual(['refund-approval']);
    expect(catalogue.handlerBundle).toHaveProperty('code');
  });

  test('is optional, and without one there is nothing to bundle', async () => {
    const catalogue = await open(undefined);
    expect(catalogue.workflows.listWorkflows()).toEqual([]);
    expect(catalogue.handlerBundle).toBeUndefined();
  });

  test('S-021 with faults stops the start with one error that names every fault and its file', async () => {
    const lines = (await refusalOf(folderOf('fixtures/faulty-extensions'))).split('\n');
    const faultOf = (file: string): string =>
      lines.find((line) => line.includes(`${path.sep}${file}.ts: `))?.split('.ts: ')[1] ?? '';
    expect(lines[0]).toBe('The extensions cannot be used:');
    expect(faultOf('two')).toMatch(/^same-id is defined in .*one/);
    expect(faultOf('version-zero')).toMatch(/^version: /);
    expect(faultOf('no-json-schema')).toMatch(/Date cannot be represented in JSON Schema/);
    expect(faultOf('throws')).toBe('this file cannot be imported');
    expect(faultOf('nothing')).toBe('exports 0 definitions made by defineWorkflow; one is wanted');
    expect(faultOf('taken')).toBe('createTicket is the name of a built-in action');
    expect(faultOf('bad-field')).toMatch(/an enum field needs enumValues/);
    expect(lines).toHaveLength(9);
  });

  test('whose workflow imports what has no place in one stops the start with the name of it', async () => {
    const message = await refusalOf(folderOf('fixtures/unbundlable-extensions'));
    expect(message).toMatch(/cannot be bundled:\nERROR in node:fs[^]*reads-files\.ts/);
  });

  test('outside the repository type-checks with the settings that docs/workflows.md gives', () => {
    const checkout = folderOf('..').replace(/\/$/, '');
    const page = readFileSync(path.join(checkout, 'docs/workflows.md'), 'utf8');
    const [, settings = ''] = /^```json\n([^]*?)^```$/m.exec(page) ?? [];
    const dir = mkdtempSync(path.join(os.tmpdir(), 'tidegate-typed-'));
    const workflows = path.join(dir, 'workflows');
    cpSync(path.join(checkout, 'examples/extensions/workflows'), workflows, { recursive: true });
    writeFileSync(path.join(dir, 'package.json'), '{ "type": "module" }');
    const file = path.join(workflows, 'tsconfig.json');
    writeFileSync(file, settings.replaceAll('CHECKOUT', checkout));
    const compiler = path.join(checkout, 'node_modules/.bin/tsc');
    const { status, stdout } = spawnSync(compiler, ['-p', file], { encoding: 'utf8' });
    rmSync(dir, { recursive: true });
    expect({ status, stdout }).toEqual({ status: 0, stdout: '' });
  });

  test('that is empty or does not exist stops the start, because its name must be a mistake', async () => {
    const dir = mkdtempSync(path.join(os.tmpdir(), 'tidegate-empty-'));
    expect(await refusalOf(dir)).toContain('has neither actions/*.ts nor workflows/*.ts');
    rmSync(dir, { recursive: true });
    expect(await refusalOf(dir)).toContain('has neither actions/*.ts nor workflows/*.ts');
  });
});
