import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  makeReceiver as makeFastify,
  type ReceiverOptions,
} from '../../examples/receivers/typescript/receiver.ts';
import { currentSecret, makeAttempt, previousSecret } from '../signing/samples.ts';

interface ExpressSample {
  readonly makeReceiver: (options: ReceiverOptions) => RequestListener;
}

/** Plain JavaScript, so its module has no types. */
const expressSample = new URL('../../examples/receivers/express/receiver.mjs', import.meta.url);

const frameworks: readonly (readonly [
  name: string,
  make: (options: ReceiverOptions) => Promise<RequestListener>,
])[] = [
  [
    'Fastify',
    async (options) => {
      const app = makeFastify(options);
      await app.ready();
      return app.routing;
    },
  ],
  [
    'Express',
    async (options) => {
      const { makeReceiver } = (await import(expressSample.href)) as ExpressSample;
      return makeReceiver(options);
    },
  ],
];

describe.for(frameworks)('the receiver in %s', ([, make]) => {
  const kept = new Map<string, string>();
  const server = createServer();
  const keep = async (id: string, body: Buffer): Promise<void> => {
    if (!kept.has(id)) kept.set(id, body.toString());
  };

  beforeAll(async () => {
    server.on('request', await make({ secrets: [currentSecret, previousSecret], keep }));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });
  afterAll(async () => {
    await new Promise((resolve) => server.close(resolve));
  });
  beforeEach(() => kept.clear());

  async function post(headers: Record<string, string>, body?: string): Promise<number> {
    const { port } = server.address() as AddressInfo;
    const url = `http://127.0.0.1:${port}/webhooks/tidegate`;
    const response = await fetch(url, { method: 'POST', headers, ...(body && { body }) });
    await response.arrayBuffer();
    return response.status;
  }

  const now = (): number => Math.floor(Date.now() / 1_000);

  test('S-068 keeps an event once, however often it is sent', async () => {
    const first = makeAttempt({ timestampSeconds: now() });
    const again = makeAttempt({ timestampSeconds: now(), attempt: 2, secrets: [previousSecret] });
    expect(await post(first.headers, first.body)).toBe(204);
    expect(await post(again.headers, again.body)).toBe(204);
    expect([...kept.values()]).toEqual([first.body]);
  });

  test('S-068 refuses what was changed, is old or has no signature, and keeps none of it', async () => {
    const { headers, body } = makeAttempt({ timestampSeconds: now() });
    const old = makeAttempt({ timestampSeconds: now() - 330 });
    expect(await post(headers, body.replace('ticket', 'tickeT'))).toBe(401);
    expect(await post(old.headers, old.body)).toBe(401);
    expect(await post({ 'Content-Type': 'application/json' }, body)).toBe(401);
    expect(await post(headers)).toBe(401);
    expect(await post({})).toBe(401);
    expect(kept.size).toBe(0);
  });
});
