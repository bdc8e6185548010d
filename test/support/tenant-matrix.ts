import type { Kind } from './peopled-tenant.ts';

/**
 * How a request of a route is made, and where it names something of a tenant. Members of bodies are
 * written with dots: `filter.endpointIds.0`.
 */
export interface Probe {
  /** Parameters of the path. What they name is 404 unless it is the caller's. */
  readonly path?: Readonly<Record<string, Kind>>;
  /** Parameters of the path that name nothing of a tenant. */
  readonly fixed?: Readonly<Record<string, string>>;
  /** The same in the query and in the body. */
  readonly query?: Readonly<Record<string, Kind>>;
  readonly names?: Readonly<Record<string, Kind>>;
  /**
   * Members of query or body that what exists is compared with. Another tenant's id is one that
   * nothing has: the answer is that to an id that does not exist, and it need not be a 404.
   */
  readonly filters?: Readonly<Record<string, Kind>>;
  readonly compared?: Readonly<Record<string, Kind>>;
  /** The rest of the body. */
  readonly body?: Readonly<Record<string, unknown>>;
  /** The rest of the query. */
  readonly search?: Readonly<Record<string, string>>;
  /** For a list: what of the caller's own it holds. */
  readonly lists?: Kind;
  /** Members with the look of ids that name nothing of a tenant, with the reason. */
  readonly free?: Readonly<Record<string, string>>;
}

const byId = (kind: Kind, more: Probe = {}): Probe => ({ path: { id: kind }, ...more });
const got = (kind: Kind): Probe => ({ query: { id: kind } });
const commanded = (member: string, kind: Kind): Probe => ({ names: { [member]: kind } });
const text = 'a text of the caller’s own, of another system';
const since = new Date(Date.now() - 86_400_000).toISOString();

const hook = byId('hook');
const hookDelivery: Probe = { path: { id: 'hook', deliveryId: 'inboundDelivery' } };
const workflow: Probe = {
  fixed: { workflowId: 'none' },
  free: { workflowId: 'workflows are the installation’s' },
};
const hookRoutes: Readonly<Record<string, Probe>> = {
  'GET /api/v1/inbound-webhooks': { lists: 'hook' },
  'POST /api/v1/inbound-webhooks': {
    body: {
      name: 'x',
      authType: 'hmac_sha256',
      authConfig: { signatureHeader: 'X-Signature' },
      handlerType: 'workflow',
      handlerConfig: { workflowId: 'conversation-inbox' },
    },
    free: { 'handlerConfig.workflowId': 'workflows are the installation’s' },
  },
  'GET /api/v1/inbound-webhooks/:id': hook,
  'PATCH /api/v1/inbound-webhooks/:id': {
    ...hook,
    body: { name: 'x' },
    free: { 'handlerConfig.workflowId': 'workflows are the installation’s' },
  },
  'PUT /api/v1/inbound-webhooks/:id': {
    ...hook,
    body: { name: 'x' },
    free: { 'handlerConfig.workflowId': 'workflows are the installation’s' },
  },
  'DELETE /api/v1/inbound-webhooks/:id': hook,
  'POST /api/v1/inbound-webhooks/:id/rotate-secret': { ...hook, body: {} },
  'POST /api/v1/inbound-webhooks/:id/capture-sample': hook,
  'DELETE /api/v1/inbound-webhooks/:id/capture-sample': hook,
  'GET /api/v1/inbound-webhooks/:id/deliveries': { ...hook, lists: 'inboundDelivery' },
  'GET /api/v1/inbound-webhooks/:id/deliveries/:deliveryId': hookDelivery,
  'POST /api/v1/inbound-webhooks/:id/deliveries/:deliveryId/replay': hookDelivery,
  'POST /api/v1/inbound-webhooks/:id/deliveries/:deliveryId/verify': { ...hookDelivery, body: {} },
  'POST /api/v1/inbound-webhooks/:id/test': { ...hook, body: { body: { title: 'x', ref: 'y' } } },
  'POST /api/v1/inbound-webhooks/:id/preview': {
    ...hook,
    body: { samples: [{ title: 'x' }] },
    compared: { 'deliveryIds.0': 'inboundDelivery' },
  },
  'GET /api/v1/inbound-webhooks/:id/sample-paths': hook,
  'GET /api/v1/inbound-webhooks/actions': {},
  'GET /api/v1/inbound-webhooks/verifiers': {},
  'GET /api/v1/inbound-webhooks/workflows': {},
  'POST /api/v1/inbound-webhooks/workflows/:workflowId/publish': workflow,
  'DELETE /api/v1/inbound-webhooks/workflows/:workflowId/publish': workflow,
  'GET /api/v1/inbound-webhooks/references/:refEntityType': {
    fixed: { refEntityType: 'client' },
    free: { refEntityType: 'a word' },
    lists: 'client',
  },
};

const memberRoutes: Readonly<Record<string, Probe>> = {
  'GET /api/v1/me': {},
  'GET /api/v1/users': { lists: 'user' },
  'POST /api/v1/users': { body: { email: 'new@example.test', name: 'x', role: 'viewer' } },
  'PATCH /api/v1/users/:id': byId('user', { body: { name: 'x' } }),
  'GET /api/v1/tokens': { search: { all: 'true' }, lists: 'token' },
  'POST /api/v1/tokens': { names: { userId: 'user' }, body: { name: 'x' } },
  'DELETE /api/v1/tokens/:id': byId('token'),
  'GET /api/v1/credentials': { lists: 'credential' },
  'POST /api/v1/credentials': { body: { name: 'x', actorName: 'x', scopes: ['events.read'] } },
  'GET /api/v1/credentials/:id': byId('credential'),
  'POST /api/v1/credentials/:id/rotate': byId('credential'),
  'POST /api/v1/credentials/:id/disable': byId('credential'),
  'POST /api/v1/credentials/:id/enable': byId('credential'),
  'DELETE /api/v1/credentials/:id': byId('credential'),
  'GET /api/v1/audit': { filters: { actorId: 'user', resourceId: 'ticket' }, lists: 'ticket' },
};

const supportRoutes: Readonly<Record<string, Probe>> = {
  'GET /api/v1/visitors': { lists: 'visitor', free: { externalUserId: text } },
  'GET /api/v1/visitors/get': got('visitor'),
  'POST /api/v1/visitors/create': { body: { name: 'x' }, free: { externalUserId: text } },
  'POST /api/v1/visitors/update': {
    ...commanded('visitorId', 'visitor'),
    body: { name: 'x' },
    free: { externalUserId: text },
  },
  'GET /api/v1/conversations': {
    lists: 'conversation',
    filters: { assignee: 'user' },
    free: { externalUserId: text },
  },
  'GET /api/v1/conversations/get': got('conversation'),
  'POST /api/v1/conversations/create': {
    names: { visitorId: 'visitor', assignedAgentId: 'user' },
    free: { 'visitor.externalUserId': text },
  },
  'POST /api/v1/conversations/update': {
    names: { conversationId: 'conversation', assignedAgentId: 'user' },
  },
  'GET /api/v1/conversations/messages': { query: { conversationId: 'conversation' } },
  'POST /api/v1/conversations/messages/send': {
    names: { conversationId: 'claimedConversation' },
    compared: { claimId: 'claim' },
    body: { content: 'x' },
  },
  'POST /api/v1/conversations/messages/receive': {
    ...commanded('conversationId', 'conversation'),
    body: { content: 'x' },
  },
  'POST /api/v1/conversations/claim': commanded('conversationId', 'claimedConversation'),
  'POST /api/v1/conversations/release': {
    names: { conversationId: 'claimedConversation' },
    compared: { claimId: 'claim' },
  },
  'POST /api/v1/conversations/escalate': {
    names: { conversationId: 'claimedConversation' },
    compared: { claimId: 'claim' },
  },
  'POST /api/v1/conversations/claim/end': commanded('conversationId', 'claimedConversation'),
  'GET /api/v1/assistant': {},
  'PUT /api/v1/assistant': { body: { enabled: false } },
  'GET /api/v1/assistant/runs': { filters: { conversationId: 'conversation' } },
  'GET /api/v1/tickets': { lists: 'ticket', filters: { assignee: 'user' } },
  'GET /api/v1/tickets/get': got('ticket'),
  'POST /api/v1/tickets/create': {
    names: { visitorId: 'visitor', conversationId: 'conversation', assigneeId: 'user' },
    body: { subject: 'x' },
  },
  'POST /api/v1/tickets/update': { names: { ticketId: 'ticket', assigneeId: 'user' } },
  'GET /api/v1/tickets/comments': { query: { ticketId: 'ticket' } },
  'POST /api/v1/tickets/comments/create': {
    ...commanded('ticketId', 'ticket'),
    body: { content: 'x' },
  },
};

const knowledgeRoutes: Readonly<Record<string, Probe>> = {
  'GET /api/v1/articles': { lists: 'article', filters: { collectionId: 'collection' } },
  'GET /api/v1/articles/get': got('article'),
  'POST /api/v1/articles/create': {
    names: { collectionId: 'collection' },
    body: { title: 'x', content: 'x' },
  },
  'POST /api/v1/articles/update': {
    names: { articleId: 'article', collectionId: 'collection' },
  },
  'POST /api/v1/articles/delete': commanded('articleId', 'article'),
  'GET /api/v1/articles/search': { lists: 'article', search: { query: 'welcome' } },
  'GET /api/v1/collections': { lists: 'collection', filters: { parentId: 'collection' } },
  'GET /api/v1/collections/get': got('collection'),
  'POST /api/v1/collections/create': { names: { parentId: 'collection' }, body: { name: 'x' } },
  'POST /api/v1/collections/update': {
    names: { collectionId: 'collection', parentId: 'otherCollection' },
  },
  'POST /api/v1/collections/delete': commanded('collectionId', 'otherCollection'),
  'GET /api/v1/outbound': { lists: 'outboundMessage' },
  'GET /api/v1/outbound/get': got('outboundMessage'),
  'POST /api/v1/outbound/create': outboundContent({ name: 'x' }),
  'POST /api/v1/outbound/update': outboundContent({}, { outboundMessageId: 'outboundMessage' }),
  'POST /api/v1/outbound/activate': commanded('outboundMessageId', 'outboundMessage'),
  'POST /api/v1/outbound/pause': commanded('outboundMessageId', 'outboundMessage'),
  'POST /api/v1/outbound/delete': commanded('outboundMessageId', 'outboundMessage'),
};

function outboundContent(body: object, names: Readonly<Record<string, Kind>> = {}): Probe {
  return {
    names: {
      ...names,
      'content.senderId': 'user',
      'content.buttons.0.articleId': 'article',
      'content.clickAction.articleId': 'article',
    },
    body: {
      ...body,
      content: {
        buttons: [{ text: 'x', action: 'open_help_article' }],
        clickAction: { type: 'open_help_article' },
      },
    },
    free: {
      'content.buttons.0.tabId': text,
      'content.buttons.0.tourId': text,
      'content.clickAction.tabId': text,
    },
  };
}

const byClient = (kind: Kind): Probe => ({ lists: kind, filters: { clientId: 'client' } });
const deskRoutes: Readonly<Record<string, Probe>> = {
  'GET /api/v1/clients': { lists: 'client' },
  'GET /api/v1/clients/get': got('client'),
  'GET /api/v1/contacts': byClient('contact'),
  'GET /api/v1/contacts/get': got('contact'),
  'GET /api/v1/assets': { lists: 'asset', filters: { clientId: 'client' } },
  'GET /api/v1/assets/get': got('asset'),
  'GET /api/v1/invoices': byClient('invoice'),
  'GET /api/v1/invoices/get': got('invoice'),
  'GET /api/v1/projects': byClient('project'),
  'GET /api/v1/projects/get': got('project'),
  'GET /api/v1/project-tasks': {
    lists: 'projectTask',
    filters: { projectId: 'project', assignee: 'user' },
  },
  'GET /api/v1/project-tasks/get': got('projectTask'),
  'GET /api/v1/time-entries': {
    lists: 'timeEntry',
    filters: { userId: 'user', workItemId: 'ticket' },
  },
  'GET /api/v1/time-entries/get': got('timeEntry'),
};

const eventFilters: Probe = {
  lists: 'event',
  filters: { object: 'ticket' },
  free: { owner: text, conversation: text, message: text },
};
const eventRoutes: Readonly<Record<string, Probe>> = {
  'GET /api/v1/events/types': {},
  'POST /api/v1/events/types': { body: { name: 'new.type', schema: { type: 'object' } } },
  'PUT /api/v1/events/types/:name': {
    path: { name: 'eventType' },
    body: { schema: { type: 'object' } },
  },
  'DELETE /api/v1/events/types/:name': { path: { name: 'eventType' } },
  'GET /api/v1/events': eventFilters,
  'GET /api/v1/events/feed': eventFilters,
  'POST /api/v1/events': {
    compared: { type: 'eventType' },
    body: { type: 'conversation.updated', resourceId: 'x', data: { status: 'closed' } },
    free: {
      resourceId: text,
      'attributes.owner': text,
      'attributes.conversation': text,
      'attributes.message': text,
    },
  },
  'GET /api/v1/events/:id': byId('event'),
  'POST /api/v1/events/:id/receipt': byId('awaitingEvent', {
    body: { blockNumber: 1, transactionHash: '0x1' },
  }),
  'POST /api/v1/events/:id/redeliver': byId('event', { names: { endpointId: 'endpoint' } }),
};

const endpointRoutes: Readonly<Record<string, Probe>> = {
  'GET /api/v1/webhooks': { lists: 'endpoint' },
  'POST /api/v1/webhooks': { body: { url: 'http://localhost:9/hook' } },
  'GET /api/v1/webhooks/:id': byId('endpoint'),
  'PATCH /api/v1/webhooks/:id': byId('endpoint', { body: { description: 'x' } }),
  'DELETE /api/v1/webhooks/:id': byId('endpoint'),
  'POST /api/v1/webhooks/:id/pause': byId('endpoint'),
  'POST /api/v1/webhooks/:id/resume': byId('endpoint'),
  'POST /api/v1/webhooks/:id/enable': byId('endpoint'),
  'POST /api/v1/webhooks/:id/disable': byId('endpoint'),
  'POST /api/v1/webhooks/:id/test': byId('endpoint', {
    compared: { event: 'eventType' },
    body: {},
  }),
  'POST /api/v1/webhooks/:id/rotate-secret': byId('endpoint', { body: {} }),
  'POST /api/v1/webhooks/:id/rotate-secret/finish': byId('endpoint'),
  'POST /api/v1/webhooks/:id/rotate-secret/abort': byId('endpoint'),
  'POST /api/v1/webhooks/:id/redeliver-since': byId('endpoint', { body: { since } }),
  'GET /api/v1/webhooks/:id/deliveries': byId('endpoint', {
    lists: 'outboundDelivery',
    filters: { event: 'event' },
  }),
  'GET /api/v1/webhooks/deliveries': {
    lists: 'outboundDelivery',
    filters: { event: 'event', endpoint: 'endpoint' },
  },
  'GET /api/v1/webhooks/deliveries/:id': byId('outboundDelivery'),
  'POST /api/v1/webhooks/replay': commanded('deliveryId', 'outboundDelivery'),
  'POST /api/v1/webhooks/deliveries/:id/retry-now': byId('outboundDelivery'),
  'POST /api/v1/webhooks/deliveries/:id/pause': byId('outboundDelivery'),
  'POST /api/v1/webhooks/deliveries/:id/resume': byId('outboundDelivery'),
  'POST /api/v1/webhooks/deliveries/:id/cancel': byId('outboundDelivery'),
  'GET /api/v1/webhooks/replay-jobs': { lists: 'replayJob' },
  'POST /api/v1/webhooks/replay-jobs/count': {
    compared: { 'filter.endpointIds.0': 'endpoint', 'filter.deliveryIds.0': 'outboundDelivery' },
    body: { filter: { from: since } },
  },
  'POST /api/v1/webhooks/replay-jobs': {
    free: {
      'filter.endpointIds.0': 'answers with a job; what it takes is what count counts',
      'filter.deliveryIds.0': 'answers with a job; what it takes is what count counts',
    },
    body: { filter: { from: since } },
  },
  'GET /api/v1/webhooks/replay-jobs/:id': byId('replayJob'),
  'POST /api/v1/webhooks/replay-jobs/:id/pause': byId('replayJob'),
  'POST /api/v1/webhooks/replay-jobs/:id/resume': byId('replayJob'),
  'POST /api/v1/webhooks/replay-jobs/:id/cancel': byId('replayJob'),
};

const url = 'http://localhost:9/hook';
const compatRoutes: Readonly<Record<string, Probe>> = {
  'GET /api/webhook': {},
  'POST /api/webhook': { body: { name: 'new-one', url } },
  'GET /api/webhook/:name': { path: { name: 'organizationWebhook' } },
  'POST /api/webhook/:name': {
    fixed: { name: 'new-two' },
    free: { name: 'what is made' },
    body: { url },
  },
  'PATCH /api/webhook/:name': { path: { name: 'organizationWebhook' }, body: { url } },
  'DELETE /api/webhook/:name': { path: { name: 'organizationWebhook' } },
  'GET /api/webhooks': { lists: 'userWebhook' },
  'POST /api/webhooks': { body: { url, events: ['card.viewed'] } },
  'DELETE /api/webhooks/:id': byId('userWebhook'),
  'GET /api/webhooks/:id/deliveries': byId('userWebhook'),
  'PATCH /api/webhooks/:id/rotate-secret': byId('userWebhook'),
};

/** Every route that a tenant's users or keys can call, by method and path. */
export const tenantMatrix: Readonly<Record<string, Probe>> = {
  ...hookRoutes,
  ...memberRoutes,
  ...supportRoutes,
  ...knowledgeRoutes,
  ...deskRoutes,
  ...eventRoutes,
  ...endpointRoutes,
  ...compatRoutes,
  'GET /api/v1/events/stream': {},
};
