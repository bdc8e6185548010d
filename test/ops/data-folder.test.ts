import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { findOrphans, holdFolder, launcherOf } from '../../apps/dev/children.ts';
import { removeDataFolder } from '../../apps/dev/data-folder.ts';

let dir: string;
const children: ChildProcess[] = [];

beforeEach(() => {
  dir = path.join(mkdtempSync(path.join(os.tmpdir(), 'tidegate-folder-')), 'data');
  mkdirSync(path.join(dir, 'run'), { recursive: true });
});
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  rmSync(path.dirname(dir), { recursive: true, force: true });
});

const pidFile = (name: string): string => path.join(dir, 'run', `${name}.pid`);

/** A process that runs until it is ended, written down as the child of a launcher that is gone. */
async function leaveBehind(name: string): Promise<ChildProcess> {
  const child = spawn('sleep', ['600']);
  children.push(child);
  await once(child, 'spawn');
  writeFileSync(pidFile(name), JSON.stringify({ pid: child.pid, command: 'sleep' }));
  return child;
}

describe('a process-id file that is damaged', () => {
  test.for([
    ['empty', ''],
    ['cut short', '{"pid":12'],
    ['of another form', '{"pid":"12","command":7}'],
    ['without a command', `{"pid":${process.pid},"command":""}`],
    ['not of this world', '\u0000\uFFFF'],
  ])('and %s names nobody, and the folder can be taken', ([, content = '']) => {
    for (const name of ['launcher', 'gateway', 'postgres']) writeFileSync(pidFile(name), content);
    expect(launcherOf(dir)).toBeUndefined();
    expect(findOrphans(dir)).toEqual([]);
    const release = holdFolder(dir);
    expect(launcherOf(dir)).toBe(process.pid);
    release();
    expect(launcherOf(dir)).toBeUndefined();
  });
});

describe('resetting the data folder', () => {
  test('ends what a killed launcher left running, and deletes everything', async () => {
    const child = await leaveBehind('temporal');
    // A launcher that is killed leaves the profile of the command line, too.
    for (const file of ['secrets.json', 'cli.json', 'temporal.db-wal']) {
      writeFileSync(path.join(dir, file), '');
    }
    expect(findOrphans(dir)).toEqual([{ name: 'temporal', pid: child.pid }]);
    const [, [, signal]] = await Promise.all([removeDataFolder(dir), once(child, 'exit')]);
    expect(signal).toBe('SIGTERM');
    expect(existsSync(dir)).toBe(false);
  });

  test('deletes the Postgres that is kept elsewhere', async () => {
    const outside = mkdtempSync('/var/tmp/tidegate-data-');
    writeFileSync(path.join(dir, 'postgres-dir'), outside);
    await removeDataFolder(dir);
    expect(existsSync(outside)).toBe(false);
  });

  test('never deletes a place that a damaged file names', async () => {
    const elsewhere = path.join(path.dirname(dir), 'elsewhere');
    mkdirSync(elsewhere);
    writeFileSync(path.join(dir, 'postgres-dir'), elsewhere);
    await removeDataFolder(dir);
    expect(existsSync(elsewhere)).toBe(true);
  });

  test('is refused while a launcher has the folder, and says which', async () => {
    const child = await leaveBehind('launcher');
    await expect(removeDataFolder(dir)).rejects.toThrow(`as process ${child.pid}`);
    expect(existsSync(dir)).toBe(true);
  });

  test('is refused for a folder that holds something else', async () => {
    writeFileSync(path.join(dir, 'thesis.txt'), 'years of work');
    await expect(removeDataFolder(dir)).rejects.toThrow(/thesis\.txt, which is not of the local/);
    expect(existsSync(path.join(dir, 'thesis.txt'))).toBe(true);
  });

  test('as a command deletes nothing unless it is told yes', async () => {
    const reset = async (...args: string[]) => {
      const command = spawn(process.execPath, ['apps/dev/reset.ts', ...args], {
        env: { TIDEGATE_DATA_DIR: dir },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      const [code] = (await once(command, 'close')) as [number];
      return code;
    };
    expect(await reset()).toBe(1);
    expect(existsSync(dir)).toBe(true);
    expect(await reset('--yes')).toBe(0);
    expect(existsSync(dir)).toBe(false);
  });
});
