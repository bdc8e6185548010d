import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { startChild } from '../../apps/dev/children.ts';
import { eventually } from '../support/eventually.ts';

let dir: string;

beforeEach(() => {
  dir = mkdtempSync(path.join(os.tmpdir(), 'tidegate-children-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

test('what a process started may outlive it and write on: all of it is in the log, and nothing fails', async () => {
  const lastLine = 'written after its parent is gone';
  const child = startChild({
    name: 'postgres',
    dir,
    command: '/bin/sh',
    // Waits until its parent is gone before it writes, as a backend of a killed server does.
    args: [
      '-c',
      `parent=$$; (while kill -0 $parent 2>/dev/null; do :; done; echo '${lastLine}' >&2) & echo first; exit 3`,
    ],
  });
  expect(await child.exited).toBe(3);
  await eventually(() => expect(readFileSync(child.logFile, 'utf8')).toBe(`first\n${lastLine}\n`));
});

test('a command that cannot be run fails the start, which names it and where the reason is', async () => {
  const command = path.join(dir, 'missing');
  const logFile = path.join(dir, 'logs', 'postgres.log');
  expect(() => startChild({ name: 'postgres', dir, command, args: [] })).toThrow(
    `${command} cannot be run; the reason is at the end of ${logFile}`,
  );
  await eventually(() => expect(readFileSync(logFile, 'utf8')).toContain('ENOENT'));
});
