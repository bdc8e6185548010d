import { performance } from 'node:perf_hooks';
import { apiAs, type ApiAnswer } from '../support/api.ts';
import { automationKey } from '../support/automation.ts';
import { testConversation } from '../support/conversations.ts';
import type { TestTenant } from '../support/factory.ts';
import { summarise, type Latencies } from './load.ts';
import type { BenchStack } from './stack.ts';

export interface Claims {
  /** From the request to the answer, of claims of conversations of their own, one after the other. */
  readonly latencies: Latencies;
  /** The same of renewals, which need no run. */
  readonly renewals: Latencies;
  /** Of rounds in which many claim one conversation: from the first request to the last answer. */
  readonly contested: Latencies;
  /** How many won in each round. */
  readonly winners: readonly number[];
}

const claimants = 50;
/** A tenant may ask 120 times a minute: each gets a few of the claims. */
const claimsOfTenant = 20;
const warmUps = 10;

/** Claims over the API, one at a time and many at once. */
export async function measureClaims(
  stack: BenchStack,
  single: number,
  rounds: number,
): Promise<Claims> {
  const claimsMs: number[] = [];
  const renewalsMs: number[] = [];
  let claim: ((conversationId: string) => Promise<ApiAnswer>) | undefined;
  let tenant: TestTenant | undefined;
  for (let n = 0; n < single + warmUps; n += 1) {
    if (n % claimsOfTenant === 0) {
      tenant = await stack.factory.tenant();
      claim = await claimant(stack, tenant);
    }
    if (tenant === undefined || claim === undefined) continue;
    const { id } = await testConversation(stack, tenant);
    const startedMs = performance.now();
    expectStatus(await claim(id), 201);
    const claimedMs = performance.now();
    expectStatus(await claim(id), 201);
    if (n < warmUps) continue;
    claimsMs.push(claimedMs - startedMs);
    renewalsMs.push(performance.now() - claimedMs);
  }
  const contestedMs: number[] = [];
  const winners: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const found = await contest(stack);
    contestedMs.push(found.elapsedMs);
    winners.push(found.winners);
  }
  return {
    latencies: summarise(claimsMs),
    renewals: summarise(renewalsMs),
    contested: summarise(contestedMs),
    winners,
  };
}

/** Fifty credentials claim one conversation at once. */
async function contest(
  stack: BenchStack,
): Promise<{ readonly elapsedMs: number; readonly winners: number }> {
  const tenant = await stack.factory.tenant();
  const { id } = await testConversation(stack, tenant);
  const all = await Promise.all(Array.from({ length: claimants }, () => claimant(stack, tenant)));
  const startedMs = performance.now();
  const answers = await Promise.all(all.map((claim) => claim(id)));
  const elapsedMs = performance.now() - startedMs;
  const winners = answers.filter(({ status }) => status === 201).length;
  for (const answer of answers) if (answer.status !== 201) expectStatus(answer, 409);
  return { elapsedMs, winners };
}

async function claimant(
  stack: BenchStack,
  tenant: TestTenant,
): Promise<(conversationId: string) => Promise<ApiAnswer>> {
  const api = apiAs(stack.gateway.url, (await automationKey(stack, tenant)).secret);
  return (conversationId) => api.post('/conversations/claim', { conversationId });
}

function expectStatus({ status, body }: ApiAnswer, wanted: number): void {
  if (status !== wanted) throw new Error(`a claim was answered ${status}: ${JSON.stringify(body)}`);
}
