import { randomUUID } from 'node:crypto';
import { inject } from 'vitest';
import { NativeConnection, Worker } from '@temporalio/worker';
import {
  makeAssistantActivities,
  type AssistantDeps,
} from '../../activities/assistant/activities.ts';
import type { AssistantActivities } from '../../activities/assistant/contract.ts';
import { queueNames } from '../../apps/worker/queues.ts';
import type { WithTenant } from '../../shared/db/tenant.ts';
import type { AssistantRunView } from '../../shared/schemas/assistant-api.ts';
import type { ApiCaller } from './api.ts';
import { eventually } from './eventually.ts';

const patienceMs = 60_000;

/** Makes an article over the API and, unless it is to stay a draft, publishes it. */
export async function testArticle(
  api: ApiCaller,
  article: { readonly title: string; readonly content: string; readonly visibility?: 'internal' },
  status: 'draft' | 'published' = 'published',
): Promise<string> {
  const { body } = await api.post('/articles/create', article);
  if (status === 'published') {
    await api.post('/articles/update', { articleId: body.id, status });
  }
  return body.id;
}

/** What a visitor writes. Gives the message's id. */
export async function ask(
  api: ApiCaller,
  conversationId: string,
  content: string,
): Promise<string> {
  const answer = await api.post('/conversations/messages/receive', { conversationId, content });
  if (answer.status !== 201) throw new Error(JSON.stringify(answer.body));
  return answer.body.id;
}

/** The traces of a conversation, last changed first. */
export async function tracesOf(
  api: ApiCaller,
  conversationId: string,
): Promise<readonly AssistantRunView[]> {
  const { status, body } = await api.get(`/assistant/runs?conversationId=${conversationId}`);
  if (status !== 200) throw new Error(JSON.stringify(body));
  return body.data;
}

/** What became of a question, once it has ended. */
export function endOf(
  api: ApiCaller,
  conversationId: string,
  messageId: string,
): Promise<AssistantRunView> {
  return eventually(async () => {
    const traces = await tracesOf(api, conversationId);
    const trace = traces.find(({ id }) => id === messageId);
    if (trace === undefined || trace.status === 'pending') throw new Error('has not ended yet');
    return trace;
  }, patienceMs);
}

/** What is said in a conversation, oldest first. */
export async function saidIn(
  api: ApiCaller,
  conversationId: string,
): Promise<
  readonly { readonly senderId: string; readonly content: string; readonly id: string }[]
> {
  return (await api.get(`/conversations/messages?conversationId=${conversationId}`)).body.data;
}

export interface AssistantWorker {
  /** Set by a test, and told of each look before it is made. */
  onLook: NonNullable<AssistantDeps['onLook']>;
  /** Set by a test: what runs in place of the activities. */
  activities: AssistantActivities;
  /** The activities as the product has them. */
  readonly real: AssistantActivities;
  stop(): Promise<void>;
}

/** Environment of a gateway that leaves its runs to `startAssistantWorker`. */
export const withAssistantWorker = () => ({
  TIDEGATE_TASK_QUEUE: `assistant-${randomUUID()}`,
  TIDEGATE_INBOUND_WORKER: 'false',
  TIDEGATE_HANDLER_WORKER: 'false',
});

/** A worker for the runs of the assistant alone, in which a test can step in. */
export async function startAssistantWorker(
  withTenant: WithTenant,
  taskQueuePrefix: string,
): Promise<AssistantWorker> {
  const { temporalAddress, workflowBundle } = inject('servers');
  const connection = await NativeConnection.connect({ address: temporalAddress });
  const real = makeAssistantActivities({
    withTenant,
    onLook: (stage, question) => steps.onLook(stage, question),
  });
  const steps: AssistantWorker = {
    onLook: () => Promise.resolve(),
    activities: real,
    real,
    async stop() {
      worker.shutdown();
      await running;
      await connection.close();
    },
  };
  const activities: AssistantActivities = {
    considerQuestion: (input) => steps.activities.considerQuestion(input),
    answerQuestion: (input) => steps.activities.answerQuestion(input),
    handOffQuestion: (input) => steps.activities.handOffQuestion(input),
  };
  const worker = await Worker.create({
    connection,
    taskQueue: queueNames(taskQueuePrefix).inbound,
    workflowBundle: { codePath: workflowBundle },
    activities: { ...activities },
  });
  const running = worker.run();
  return steps;
}
