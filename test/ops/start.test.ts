import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { apiAs } from '../support/api.ts';
import { eventually } from '../support/eventually.ts';
import { startLauncher, type Launcher } from '../support/launcher.ts';

let dir: string;
beforeAll(() => {
  dir = mkdtempSync(path.join(os.tmpdir(), 'tidegate-start-'));
  // Postgres runs as a user of its own where this runs as root.
  chmodSync(dir, 0o755);
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

/** Sends what the first command of the banner sends. */
async function sendPrinted(output: string): Promise<number> {
  const command = /curl -sS[\s\S]*?-d '[^']*'/.exec(output)?.[0] ?? '';
  const url = /https?:\S+/.exec(command)?.[0] ?? '';
  const headers = [...command.matchAll(/-H '([^':]+): ([^']*)'/g)].map(
    ([, name = '', value = '']) => [name, value] as [string, string],
  );
  const body = /-d '([^']*)'/.exec(command)?.[1] ?? '';
  return (await fetch(url, { method: 'POST', headers, body })).status;
}

const verified =
  /webhook ticket\.created evt_[0-9a-f]{32} verified, attempt 1, \d+ ms after the (curl|event)/;

/** The endpoints that the demo's user sees. */
async function listEndpoints(output: string): Promise<unknown> {
  const gateway = /gateway +(http:\S+)\n/.exec(output.slice(output.indexOf('is ready')))?.[1] ?? '';
  const token = /user token +(tgu_\w+)/.exec(output)?.[1];
  return (await apiAs(gateway, token).get('/webhooks')).body.data;
}

/** Sends the printed request, and waits until the receiver has told of its webhook. */
async function seeWebhook({ output }: Launcher): Promise<void> {
  expect(await sendPrinted(output())).toBe(200);
  await eventually(() => expect(output()).toMatch(verified));
}

describe('npm start', () => {
  test('S-055 S-066 ends in a webhook that the receiver verified, at the second start too', async () => {
    for (let starts = 0; starts < 2; starts += 1) {
      const launcher = await startLauncher(dir);
      try {
        await seeWebhook(launcher);
        const endpoints = await listEndpoints(launcher.output());
        expect(endpoints).toMatchObject([{ name: 'echo', isLoopback: true, status: 'active' }]);
      } finally {
        await launcher.stop();
      }
    }
  }, 300_000);
});
