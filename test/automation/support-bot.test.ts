import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { makeTidegate } from '../../examples/client/tidegate.ts';
import { waitingIn } from '../../examples/support-bot/bot.ts';
import { apiAs, type ApiCaller } from '../support/api.ts';
import { automationKey, type TestKey } from '../support/automation.ts';
import { eventually } from '../support/eventually.ts';
import { seededRandom, startExample, type RunningExample } from '../support/example.ts';
import { startHttpMiddle, type HttpMiddle, type PassingRequest } from '../support/http-middle.ts';
import { startTestStack, type TestStack } from '../support/stack.ts';
import type { TestTenant } from '../support/factory.ts';

// Goal: the example bot answers a visitor's message once, whatever happens to it. Method: it runs as a
// process of its own behind a relay that sees each of its requests, and ends it before or after one.

let stack: TestStack;
let middle: HttpMiddle;
let dir: string;
let bots: RunningExample[] = [];

beforeAll(async () => {
  stack = await startTestStack();
  middle = await startHttpMiddle(stack.gateway.url);
  dir = mkdtempSync(path.join(os.tmpdir(), 'tidegate-bot-'));
});
afterEach(async () => {
  for (const bot of bots) bot.kill();
  await Promise.all(bots.map(({ exited }) => exited));
  bots = [];
  middle.watch({});
});
afterAll(async () => {
  await middle.close();
  await stack.stop();
  rmSync(dir, { recursive: true });
});

/** A tenant with an article, a key for the bot and one for somebody else; each has its own limits. */
interface Desk {
  readonly tenant: TestTenant;
  readonly user: ApiCaller;
  readonly key: TestKey;
  readonly state: string;
}

async function openDesk(): Promise<Desk> {
  const tenant = await stack.factory.tenant();
  const user = apiAs(stack.gateway.url, (await stack.factory.user(tenant)).token);
  const { body: article } = await user.post('/articles/create', {
    title: 'How to reset your password',
    content: 'Open the settings and choose “Forgotten”.',
  });
  await user.post('/articles/update', { articleId: article.id, status: 'published' });
  const state = path.join(dir, `${tenant.slug}.json`);
  return { tenant, user, key: await automationKey(stack, tenant), state };
}

function startBot({ key, state }: Desk, watch: 'stream' | 'feed' = 'stream'): RunningExample {
  const bot = startExample('support-bot', {
    TIDEGATE_URL: middle.url,
    TIDEGATE_KEY: key.secret,
    BOT_STATE: state,
    BOT_WATCH: watch,
    BOT_POLL_MS: '500',
  });
  bots.push(bot);
  return bot;
}

async function ask({ user }: Desk, content: string, conversationId?: string): Promise<string> {
  const id = conversationId ?? (await user.post('/conversations/create', { visitor: {} })).body.id;
  const asked = await user.post('/conversations/messages/receive', { conversationId: id, content });
  expect(asked.status).toBe(201);
  return id;
}

const question = 'I cannot reset my password';

async function answersIn({ user }: Desk, id: string): Promise<string[]> {
  const { body } = await user.get(`/conversations/messages?conversationId=${id}&limit=100`);
  const messages = body.data as { senderType: string; content: string }[];
  return messages.filter(({ senderType }) => senderType === 'bot').map(({ content }) => content);
}

const read = async ({ user }: Desk, id: string) =>
  (await user.get(`/conversations/get?id=${id}`)).body;

/** Waits until a conversation is answered and nobody’s again. */
const settled = (desk: Desk, id: string, answers = 1) =>
  eventually(() => expectSettled(desk, id, answers), 60_000);

async function expectSettled(desk: Desk, id: string, answers = 1): Promise<void> {
  expect(await answersIn(desk, id)).toHaveLength(answers);
  expect(await read(desk, id)).toMatchObject({ status: 'open', claim: null });
}

const isSend = ({ path: at }: PassingRequest): boolean => at.endsWith('/messages/send');

describe('the example bot', () => {
  for (const watch of ['stream', 'feed'] as const) {
    test(`S-110 S-112 finds what waits and what comes by the ${watch}, answers and releases it`, async () => {
      const desk = await openDesk();
      const waiting = await ask(desk, question);
      startBot(desk, watch);
      await settled(desk, waiting);
      const [answer] = await answersIn(desk, waiting);
      expect(answer).toContain('choose “Forgotten”');
      await settled(desk, await ask(desk, question));
    });
  }

  test('S-110 S-111 holds the claim while it answers, and another key is refused meanwhile', async () => {
    const desk = await openDesk();
    const stranger = apiAs(stack.gateway.url, (await automationKey(stack, desk.tenant)).secret);
    const conversationId = await ask(desk, question);
    let seen: unknown;
    middle.watch({
      async before(request) {
        if (!isSend(request) || seen !== undefined) return;
        const send = { conversationId, content: 'Mine!' };
        seen = {
          claim: (await read(desk, conversationId)).claim,
          sent: await stranger.post('/conversations/messages/send', send),
          claimed: await stranger.post('/conversations/claim', { conversationId }),
        };
      },
    });
    startBot(desk);
    await settled(desk, conversationId);
    expect(seen).toMatchObject({
      claim: { credentialId: desk.key.id },
      sent: { status: 409, body: { code: 'claim_held' } },
      claimed: { status: 409, body: { code: 'claim_held' } },
    });
  });

  test('S-112 hands over what it does not know, and leaves it to people', async () => {
    const desk = await openDesk();
    const id = await ask(desk, 'Do you sell umbrellas?');
    startBot(desk);
    await eventually(async () => {
      expect(await read(desk, id)).toMatchObject({ aiWorkflowState: 'handoff', claim: null });
    });
    await ask(desk, question, id);
    // What comes later is answered, so that the one before was looked at.
    await settled(desk, await ask(desk, question));
    expect(await answersIn(desk, id)).toEqual([]);
  });

  test('S-111 answers a question that comes while it answers another', async () => {
    const desk = await openDesk();
    const id = await ask(desk, question);
    let hasAsked = false;
    middle.watch({
      async before(request) {
        if (!isSend(request) || hasAsked) return;
        hasAsked = true;
        await ask(desk, `${question} either`, id);
      },
    });
    startBot(desk);
    await settled(desk, id, 2);
    expect(hasAsked).toBe(true);
  });

  test('S-017 S-018 answers once though its answer was under way when it was killed', async () => {
    const desk = await openDesk();
    const id = await ask(desk, question);
    const late = Promise.withResolvers<void>();
    let sends = 0;
    const first = startBot(desk);
    middle.watch({
      async before(request) {
        if (!isSend(request)) return;
        sends += 1;
        if (sends > 1) return late.resolve();
        first.kill();
        startBot(desk);
        // Both reach the server together.
        await late.promise;
      },
    });
    await eventually(() => expect(sends).toBe(2), 60_000);
    await settled(desk, id);
    await settled(desk, await ask(desk, question));
    expect(await answersIn(desk, id)).toHaveLength(1);
  });

  // Bounded so that a run is short on a busy machine; every kind of request is met by one of the seeds.
  const kills = [
    { watch: 'stream', seed: 1, at: 'send' },
    { watch: 'feed', seed: 2, at: 'send' },
    ...Array.from({ length: 10 }, (_, index) => ({
      watch: index % 2 === 0 ? 'stream' : 'feed',
      seed: 100 + index,
      at: 'random',
    })),
  ] as const;
  for (const { watch, seed, at } of kills) {
    test(`S-017 S-018 answers once though it is killed (${watch}, ${at}, seed ${seed})`, async () => {
      const random = seededRandom(seed);
      const desk = await openDesk();
      const id = await ask(desk, question);
      for (let kill = 0; kill < 2; kill += 1) {
        const bot = startBot(desk, watch as 'stream' | 'feed');
        const request = 1 + Math.floor(random() * 9);
        const isAfter = at === 'send' || random() < 0.5;
        const isIt = (passing: PassingRequest): boolean =>
          at === 'send' ? isSend(passing) : passing.number === request;
        const end = async (passing: PassingRequest): Promise<void> => {
          if (!isIt(passing)) return;
          bot.kill();
          await bot.exited;
        };
        middle.watch(isAfter ? { after: end } : { before: end });
        let isGone = false;
        void bot.exited.then(() => (isGone = true));
        // At a request that does not come, it is killed when all is done.
        await eventually(async () => {
          if (!isGone) await expectSettled(desk, id);
        }, 60_000);
        bot.kill();
        await bot.exited;
      }
      middle.watch({});
      startBot(desk, watch as 'stream' | 'feed');
      await settled(desk, id);
      await settled(desk, await ask(desk, question));
      expect(await answersIn(desk, id)).toHaveLength(1);
    });
  }
});

describe('the client of the examples', () => {
  const answers = [
    { status: 429, headers: { 'retry-after': '1' } },
    { status: 503, headers: { 'retry-after': '1' } },
    // The last one of this window.
    { status: 200, headers: { ratelimit: '"key";r=0;t=1, "tenant";r=60;t=50' } },
    { status: 200, headers: {} },
  ];

  test('S-106 waits as long as Retry-After and RateLimit say', async () => {
    const cameAtMs: number[] = [];
    const server = createServer((_request, answer) => {
      const { status, headers } = answers[cameAtMs.length] ?? { status: 500, headers: {} };
      cameAtMs.push(performance.now());
      answer.writeHead(status, { 'content-type': 'application/json', ...headers }).end('{}');
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const { signal } = new AbortController();
    const tidegate = makeTidegate({ url, key: 'osk_', signal, log: () => undefined });
    expect((await tidegate.get('/conversations')).status).toBe(200);
    expect((await tidegate.get('/conversations')).status).toBe(200);
    server.close();
    const pauses = cameAtMs.slice(1).map((at, index) => at - (cameAtMs[index] ?? 0));
    expect(pauses).toHaveLength(3);
    for (const pause of pauses) expect(pause).toBeGreaterThan(950);
  });
});

describe('what waits in a conversation', () => {
  const of = (...senders: ('visitor' | 'bot' | 'agent')[]) =>
    senders.map((senderType, index) => ({ id: `m${index}`, senderType, content: '' }));

  test.each([
    ['the last message of a visitor', of('visitor', 'visitor'), undefined, 'm1'],
    ['nothing that somebody has answered', of('visitor', 'agent'), undefined, undefined],
    ['nothing that was answered before a crash', of('visitor', 'bot'), 'm0', undefined],
    ['what came before the answer to an earlier one', of('visitor', 'visitor', 'bot'), 'm0', 'm1'],
    ['not what an agent answered since', of('visitor', 'visitor', 'agent'), 'm0', undefined],
  ])('S-111 is %s', (_what, messages, answeredId, waiting) => {
    expect(waitingIn(messages, answeredId)?.id).toBe(waiting);
  });
});
