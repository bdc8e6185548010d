import type { z } from 'zod';
import {
  listAssistantRuns,
  type AssistantRun,
} from '../../../../shared/db/queries/assistant-runs.ts';
import {
  changeAssistantSettings,
  findAssistantSettings,
} from '../../../../shared/db/queries/assistant-settings.ts';
import { reasonText, type AssistantSettings } from '../../../../shared/domain/assistant.ts';
import { decodeCursor, pageOf } from '../../../../shared/domain/cursor.ts';
import {
  assistantChangeSchema,
  assistantRunSchema,
  assistantRunsQuery,
  assistantSchema,
} from '../../../../shared/schemas/assistant-api.ts';
import { listOf } from '../../../../shared/schemas/common.ts';
import { audit } from '../audit.ts';
import { defineRoute, defineSharedRoute, type ApiRoute } from '../route.ts';

const path = '/api/v1/assistant';

const get = defineRoute({
  method: 'GET',
  path,
  operationId: 'getAssistant',
  tag: 'Assistant',
  summary: 'Whether the built-in assistant is on, and what it says',
  permission: 'settings.integrations',
  status: 200,
  response: assistantSchema,
  handle: async ({ tx }) => present(await findAssistantSettings(tx)),
});

const change = defineRoute({
  method: 'PUT',
  path,
  operationId: 'changeAssistant',
  tag: 'Assistant',
  summary: 'Switch the built-in assistant, or change what it says',
  description:
    'What is not named stays. Switched off, it says nothing more, also about what was written before.',
  permission: 'settings.integrations',
  body: assistantChangeSchema,
  status: 200,
  response: assistantSchema,
  async handle(context) {
    const { enabled: isEnabled, ...texts } = context.body;
    const settings = await changeAssistantSettings(context.tx, { isEnabled, ...texts });
    await audit(context, {
      action: 'assistant.updated',
      resourceType: 'assistant',
      resourceId: null,
      details: { enabled: settings.isEnabled, changed: Object.keys(context.body) },
    });
    return present(settings);
  },
});

const runs = defineSharedRoute({
  method: 'GET',
  path: `${path}/runs`,
  operationId: 'listAssistantRuns',
  tag: 'Assistant',
  summary: 'What the built-in assistant did about what visitors wrote, and why it kept silent',
  description: 'One for each message that a visitor wrote while it was on; last changed first.',
  permission: 'conversations.read',
  scope: 'conversations.read',
  query: assistantRunsQuery,
  status: 200,
  response: listOf(assistantRunSchema),
  errors: ['cursor_invalid'],
  async handle({ tx, query: { conversationId, status: state, limit, cursor, updatedSince } }) {
    const after = cursor === undefined ? undefined : decodeCursor(cursor);
    const filter = { conversationId, state };
    const found = await listAssistantRuns(tx, { after, limit, updatedSince }, filter);
    const { rows, ...page } = pageOf(found, limit);
    return { data: rows.map((row) => presentRun(row, tx.tenantId)), ...page };
  },
});

/** The built-in assistant: its settings, and the traces of what it did (S-113). */
export const assistantRoutes: readonly ApiRoute[] = [get, change, runs];

const present = ({ isEnabled: enabled, ...texts }: AssistantSettings) => ({ enabled, ...texts });

const presentRun = (
  run: AssistantRun,
  workspaceId: string,
): z.output<typeof assistantRunSchema> => ({
  id: run.messageId,
  workspaceId,
  conversationId: run.conversationId,
  status: run.state,
  stage: run.stage,
  reason: run.reason,
  reasonText: run.reason && reasonText(run.reason),
  confidence: run.confidence,
  replyMessageId: run.replyMessageId,
  articleIds: [...run.articleIds],
  claimId: run.claimId,
  createdAt: run.createdAt.toISOString(),
  updatedAt: run.updatedAt.toISOString(),
  finishedAt: run.finishedAt?.toISOString() ?? null,
});
