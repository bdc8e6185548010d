import { v7 as uuidv7 } from 'uuid';
import { z } from 'zod';
import { findMissingArticles } from '../../../shared/db/queries/articles.ts';
import {
  deleteOutboundMessage,
  findOutboundMessage,
  insertOutboundMessage,
  listOutboundMessages,
  setOutboundMessageStatus,
  updateOutboundMessage,
  type OutboundMessage,
} from '../../../shared/db/queries/outbound-messages.ts';
import { findUser } from '../../../shared/db/queries/users.ts';
import type { TenantTx } from '../../../shared/db/tenant.ts';
import {
  referencesOf,
  statusAfter,
  type OutboundMessageCommand,
} from '../../../shared/domain/outbound-message.ts';
import { TidegateError } from '../../../shared/errors/tidegate-error.ts';
import {
  newOutboundMessageSchema,
  outboundMessageChangeSchema,
  outboundMessageFilters,
  outboundMessageSchema,
} from '../../../shared/schemas/outbound-message-api.ts';
import { writtenSchema, writtenStatusSchema } from '../../../shared/schemas/resource-api.ts';
import { defineResource, type ResourceCommand, type WriteContext } from './define-resource.ts';
import { given } from './given.ts';
import type { Emitted } from './writes.ts';

const told = (type: Emitted['type'], data: Emitted['data']): readonly Emitted[] => [{ type, data }];

/** What a new message has of what its maker left out. */
const unsaid = {
  targeting: null,
  triggers: null,
  frequency: null,
  scheduling: null,
  priority: null,
} as const;

/** Chat messages that the product shows to visitors by itself (S-118). */
export const outboundMessageRoutes = defineResource({
  name: 'outbound',
  path: 'outbound',
  title: 'OutboundMessage',
  tag: 'Outbound messages',
  idField: 'outboundMessageId',
  scopes: { read: 'outbound.read', write: 'outbound.write' },
  view: outboundMessageSchema,
  filters: z.object(outboundMessageFilters),
  list: (tx, page, { status }) => listOutboundMessages(tx, page, { status }),
  find: findOutboundMessage,
  present,
  create: {
    body: newOutboundMessageSchema,
    run: draft,
    emit: ({ status, name }) => told('outbound.created', { status, name }),
  },
  update: {
    body: outboundMessageChangeSchema,
    run: change,
    emit: ({ name }) => told('outbound.updated', { name }),
  },
  commands: {
    delete: {
      summary: 'Delete one',
      verb: 'deleted',
      response: writtenSchema,
      async run({ tx }, { id, name }) {
        await deleteOutboundMessage(tx, id);
        return { answer: { id }, events: told('outbound.deleted', { name }) };
      },
    },
    activate: statusCommand('activate', {
      summary: 'Show a draft or paused one from now on',
      verb: 'activated',
      type: 'outbound.activated',
    }),
    pause: statusCommand('pause', {
      summary: 'Show an active one no more, until it is activated again',
      verb: 'paused',
      type: 'outbound.paused',
    }),
  },
});

async function draft({
  tx,
  body,
}: WriteContext<z.output<typeof newOutboundMessageSchema>>): Promise<OutboundMessage> {
  await requireReferences(tx, body.content);
  return insertOutboundMessage(tx, uuidv7(), { ...unsaid, ...given(body) });
}

async function change(
  {
    tx,
    body: { outboundMessageId: _id, ...body },
  }: WriteContext<z.output<typeof outboundMessageChangeSchema>>,
  before: OutboundMessage,
): Promise<OutboundMessage> {
  if (body.content !== undefined) await requireReferences(tx, body.content);
  return updateOutboundMessage(tx, before.id, { ...before, ...given(body) });
}

/**
 * Refuses a content that names a user or an article which the tenant does not have (S-117). They may go
 * later: then a button leads nowhere, which is for whoever shows the message.
 */
async function requireReferences(
  tx: TenantTx,
  content: Parameters<typeof referencesOf>[0],
): Promise<void> {
  const references = referencesOf(content);
  const articleIds = references.flatMap(({ kind, id }) => (kind === 'article' ? [id] : []));
  const missing = new Set(articleIds.length === 0 ? [] : await findMissingArticles(tx, articleIds));
  for (const { kind, id } of references) {
    if (kind === 'user' && (await findUser(tx, id)) === undefined) missing.add(id);
  }
  const details = references
    .filter(({ id }) => missing.has(id))
    .map(({ kind, pointer }) => ({
      pointer: `/content${pointer}`,
      message: `There is no such ${kind}.`,
    }));
  if (details.length > 0) throw new TidegateError('not_found', details[0]?.message, { details });
}

/** A command that leads to a status. Where that is reached already, nobody is told anew. */
function statusCommand(
  command: OutboundMessageCommand,
  {
    type,
    ...said
  }: { readonly summary: string; readonly verb: string; readonly type: Emitted['type'] },
): ResourceCommand<OutboundMessage> {
  return {
    ...said,
    response: writtenStatusSchema,
    errors: ['outbound_message_state'],
    async run({ tx }, { id, name, status: before }) {
      const status = statusAfter(command, before);
      if (status === undefined) {
        throw new TidegateError('outbound_message_state', `The outbound message is ${before}.`);
      }
      const isChanged = status !== before;
      if (isChanged) await setOutboundMessageStatus(tx, id, status);
      return { answer: { id, status }, events: isChanged ? told(type, { status, name }) : [] };
    },
  };
}

function present(message: OutboundMessage, { tenantId }: TenantTx) {
  return {
    id: message.id,
    workspaceId: tenantId,
    name: message.name,
    content: message.content,
    targeting: message.targeting,
    triggers: message.triggers,
    frequency: message.frequency,
    scheduling: message.scheduling,
    status: message.status,
    priority: message.priority,
    createdAt: message.createdAt.toISOString(),
    updatedAt: message.updatedAt.toISOString(),
  };
}
