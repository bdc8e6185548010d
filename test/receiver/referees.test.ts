/** What we send, judged by the libraries that receivers use, which know nothing of ours. */
import { Webhook as StandardWebhook } from 'standardwebhooks';
import { Webhook as SvixWebhook } from 'svix';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { makeEndpointSecret } from '../../shared/signing/secrets.ts';
import { currentSecret, makeAttempt, previousSecret, sentAtSeconds } from '../signing/samples.ts';

const referees = [
  ['standardwebhooks', StandardWebhook],
  ['svix', SvixWebhook],
] as const;

describe.for(referees)('%s', ([, Webhook]) => {
  beforeEach(() => {
    vi.useFakeTimers({ now: sentAtSeconds * 1_000 });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  test('S-066 accepts a delivery and reads the event', () => {
    const { headers, body } = makeAttempt();
    expect(new Webhook(currentSecret).verify(body, headers)).toEqual(JSON.parse(body));
  });

  test('S-069 accepts every secret that we draw', () => {
    for (let round = 0; round < 100; round += 1) {
      const secret = makeEndpointSecret();
      const { headers, body } = makeAttempt({ secrets: [secret] });
      expect(new Webhook(secret).verify(body, headers)).toEqual(JSON.parse(body));
    }
  });

  test('S-070 accepts it with either secret during a rotation', () => {
    const { headers, body } = makeAttempt({ secrets: [currentSecret, previousSecret] });
    for (const secret of [currentSecret, previousSecret]) {
      expect(new Webhook(secret).verify(body, headers)).toEqual(JSON.parse(body));
    }
  });

  test('S-066 refuses a changed body, id or time, another secret and an old request', () => {
    const { headers, body } = makeAttempt({ secrets: [currentSecret, previousSecret] });
    for (const secret of [currentSecret, previousSecret]) {
      const referee = new Webhook(secret);
      expect(() => referee.verify(body.replace('ticket', 'tickeT'), headers)).toThrow(
        /No matching signature/,
      );
      expect(() => referee.verify(body, { ...headers, 'webhook-id': 'evt_2' })).toThrow(
        /No matching signature/,
      );
      const moved = { ...headers, 'webhook-timestamp': String(sentAtSeconds + 1) };
      expect(() => referee.verify(body, moved)).toThrow(/No matching signature/);
    }
    expect(() => new Webhook(makeEndpointSecret()).verify(body, headers)).toThrow(
      /No matching signature/,
    );
    vi.setSystemTime((sentAtSeconds + 301) * 1_000);
    expect(() => new Webhook(currentSecret).verify(body, headers)).toThrow(/too old/);
  });

  test('S-066 signs what our receiver module accepts', async () => {
    const { verifyWebhook } = await import('tidegate/receiver');
    const body = '{"a":1}';
    const signature = new Webhook(currentSecret).sign('msg_1', new Date(), body);
    const headers = {
      'webhook-id': 'msg_1',
      'webhook-timestamp': String(sentAtSeconds),
      'webhook-signature': signature,
    };
    expect(verifyWebhook({ secret: currentSecret, headers, body }).ok).toBe(true);
  });
});
