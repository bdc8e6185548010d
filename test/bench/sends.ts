import { apiAs, type ApiAnswer } from '../support/api.ts';
import { automationKey } from '../support/automation.ts';
import { testClaim, testConversation } from '../support/conversations.ts';
import { keepInFlight, type Latencies } from './load.ts';
import type { BenchStack } from './stack.ts';

export interface Sends {
  /** One after the other, by one key in one conversation. */
  readonly single: Latencies;
  /** Many keys at once, each in a conversation of its own. */
  readonly perSecond: number;
  readonly manyAtOnce: Latencies;
  /** Of what was acknowledged: messages that are not stored, and that are stored twice. */
  readonly lost: number;
  readonly doubled: number;
}

/** Messages of keys that hold the claim of their conversation, with an Idempotency-Key each. */
export async function measureSends(
  stack: BenchStack,
  load: { readonly keys: number; readonly seconds: number },
): Promise<Sends> {
  const tenant = await stack.factory.tenant();
  const ids: string[] = [];
  const newSender = async (): Promise<() => Promise<void>> => {
    const { id: conversationId } = await testConversation(stack, tenant);
    const { id: credentialId, secret } = await automationKey(stack, tenant);
    await testClaim(stack, tenant, { conversationId, credentialId });
    const api = apiAs(stack.gateway.url, secret);
    let sent = 0;
    return async () => {
      sent += 1;
      const body = { conversationId, content: `Answer ${sent}` };
      const headers = { 'idempotency-key': `${credentialId}-${sent}` };
      ids.push(idOf(await api.post('/conversations/messages/send', body, headers)));
    };
  };
  const one = await newSender();
  await keepInFlight({ inFlight: 1, seconds: 1 }, one);
  const single = await keepInFlight({ inFlight: 1, seconds: load.seconds }, one);
  const senders = await Promise.all(Array.from({ length: load.keys }, newSender));
  const lanes = await Promise.all(
    senders.map((send) => keepInFlight({ inFlight: 1, seconds: load.seconds }, send)),
  );
  const sentByMany = lanes.reduce((sum, { latencies }) => sum + latencies.count, 0);
  const slowest = Math.max(...lanes.map(({ elapsedSeconds }) => elapsedSeconds));
  return {
    single: single.latencies,
    perSecond: sentByMany / slowest,
    manyAtOnce: middleOf(lanes.map(({ latencies }) => latencies)),
    ...(await audit(stack, tenant.id, ids)),
  };
}

/** The lanes all run for one time, so that the middle of them stands for each. */
function middleOf(lanes: readonly Latencies[]): Latencies {
  const sorted = lanes.toSorted((a, b) => a.at(0.5) - b.at(0.5));
  const middle = sorted[Math.floor(sorted.length / 2)];
  if (middle === undefined) throw new Error('there are no lanes');
  return middle;
}

function idOf({ status, body }: ApiAnswer): string {
  if (status !== 201) throw new Error(`a send was answered ${status}: ${JSON.stringify(body)}`);
  return body.id;
}

async function audit({ admin }: BenchStack, tenantId: string, ids: readonly string[]) {
  const { rows } = await admin.query<{ stored: number; contents: number; all: number }>(
    `select (count(*) filter (where id = any($2::uuid[])))::integer as stored,
       count(distinct (conversation_id, content))::integer as contents, count(*)::integer as all
     from messages where tenant_id = $1`,
    [tenantId, ids],
  );
  const { stored = NaN, contents = NaN, all = NaN } = rows[0] ?? {};
  return { lost: ids.length - stored, doubled: all - contents };
}
