import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { apiAs } from '../support/api.ts';
import { automationKey, type TestKey } from '../support/automation.ts';
import { claimsOf, lapse } from '../support/claims.ts';
import { testConversation } from '../support/conversations.ts';
import { eventually } from '../support/eventually.ts';
import type { TestTenant } from '../support/factory.ts';
import { startTestStack, type TestStack } from '../support/stack.ts';

let stack: TestStack;
let tenant: TestTenant;
let credential: TestKey;
let conversationId: string;

beforeAll(async () => {
  stack = await startTestStack();
});
afterAll(() => stack.stop());
beforeEach(async () => {
  tenant = await stack.factory.tenant();
  credential = await automationKey(stack, tenant);
  conversationId = (await testConversation(stack, tenant)).id;
});

describe('a holder that was paused', () => {
  const program = fileURLToPath(new URL('../fixtures/claims/holder.ts', import.meta.url));

  /** A process that holds a claim of the conversation. */
  async function startHolder(url: string) {
    const child = spawn(process.execPath, [program, url, credential.secret, conversationId], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const lines: string[] = [];
    createInterface({ input: child.stdout }).on('line', (line) => lines.push(line));
    await eventually(() => expect(lines[0]).toMatch(/^201 /));
    return {
      lines,
      say: (content: string) => child.stdin.write(`${content}\n`),
      pause: () => child.kill('SIGSTOP'),
      goOn: () => child.kill('SIGCONT'),
      stop: () => child.kill('SIGKILL'),
    };
  }

  async function contents(): Promise<readonly string[]> {
    const { rows } = await stack.database.admin.query<{ content: string }>(
      'select content from messages where conversation_id = $1 order by created_at, id',
      [conversationId],
    );
    return rows.map(({ content }) => content);
  }

  test.for(['another credential', 'another process of its own credential'])(
    'S-113 writes nothing once its lease has passed and %s has claimed',
    async (who) => {
      const { url } = stack.gateway;
      const holder = await startHolder(url);
      try {
        holder.say('on time');
        await eventually(() => expect(holder.lines).toHaveLength(2));
        holder.pause();
        // It has decided to say this, and is stopped before it could.
        holder.say('too late');
        await lapse(stack.database.admin, conversationId);
        const next = who === 'another credential' ? await automationKey(stack, tenant) : credential;
        const { status, body } = await apiAs(url, next.secret).post('/conversations/claim', {
          conversationId,
        });
        expect({ status, fence: body.fence }).toEqual({ status: 201, fence: 2 });
        holder.goOn();
        await eventually(() => expect(holder.lines).toHaveLength(3));
        expect(holder.lines[2]).toBe('409 claim_required');
        expect(await contents()).toEqual(['on time']);
        expect(await claimsOf(stack.database.admin, conversationId)).toMatchObject([
          { status: 'expired' },
          { status: 'active' },
        ]);
        const [, live] = await claimsOf(stack.database.admin, conversationId);
        // What was refused has extended nothing either.
        expect(live?.left_s).toBeLessThanOrEqual(300);
      } finally {
        holder.stop();
      }
    },
  );
});
