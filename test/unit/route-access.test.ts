import { describe, expect, test } from 'vitest';
import { defineRoute, defineSharedRoute, type ApiRoute } from '../../apps/gateway/api/route.ts';
import { apiRoutes } from '../../apps/gateway/api/routes/index.ts';
import { eventReaders } from '../../apps/gateway/api/routes/events.ts';
import { permissions } from '../../shared/domain/permissions.ts';
import { scopes } from '../../shared/domain/scopes.ts';

/** None of it is used before a route is called. */
const routes = apiRoutes({ actions: new Map(), workflows: [] } as never);
const nameOf = ({ method, path }: Pick<ApiRoute, 'method' | 'path'>): string => `${method} ${path}`;

/** The routes of the automation API, each with what a credential needs for it. */
const promised: Readonly<Record<string, readonly string[]>> = {
  'conversations.read': ['GET /conversations', 'GET /conversations/get'],
  'conversations.write': ['POST /conversations/update'],
  'messages.read': ['GET /conversations/messages'],
  'messages.write': ['POST /conversations/messages/send'],
  'claims.manage': [
    'POST /conversations/claim',
    'POST /conversations/release',
    'POST /conversations/escalate',
  ],
  'visitors.read': ['GET /visitors', 'GET /visitors/get'],
  'visitors.write': ['POST /visitors/create', 'POST /visitors/update'],
  'tickets.read': ['GET /tickets', 'GET /tickets/get'],
  'tickets.write': ['POST /tickets/create', 'POST /tickets/update'],
  'articles.read': ['GET /articles', 'GET /articles/get'],
  'articles.write': ['POST /articles/create', 'POST /articles/update', 'POST /articles/delete'],
  'collections.read': ['GET /collections', 'GET /collections/get'],
  'collections.write': [
    'POST /collections/create',
    'POST /collections/update',
    'POST /collections/delete',
  ],
  'outbound.read': ['GET /outbound', 'GET /outbound/get'],
  'outbound.write': [
    'POST /outbound/create',
    'POST /outbound/update',
    'POST /outbound/delete',
    'POST /outbound/activate',
    'POST /outbound/pause',
  ],
  'events.read': ['GET /events/feed'],
  'webhooks.manage': ['POST /webhooks/replay'],
};

/** What is open to credentials beyond that. Whoever opens another route to them says so here. */
const beyond: Readonly<Record<string, readonly string[]>> = {
  'conversations.read': ['GET /assistant/runs'],
  'conversations.write': ['POST /conversations/create'],
  'messages.write': ['POST /conversations/messages/receive'],
  'tickets.read': ['GET /tickets/comments'],
  'tickets.write': ['POST /tickets/comments/create'],
  'articles.read': ['GET /articles/search'],
  'events.read': ['GET /events', 'GET /events/:id', 'GET /events/types'],
  'events.write': ['POST /events', 'POST /events/:id/receipt'],
  'webhooks.manage': [
    'POST /events/:id/redeliver',
    'GET /webhooks',
    'POST /webhooks',
    'GET /webhooks/:id',
    'PATCH /webhooks/:id',
    'DELETE /webhooks/:id',
    'POST /webhooks/:id/pause',
    'POST /webhooks/:id/resume',
    'POST /webhooks/:id/enable',
    'POST /webhooks/:id/disable',
    'POST /webhooks/:id/test',
    'POST /webhooks/:id/redeliver-since',
    'POST /webhooks/:id/rotate-secret',
    'POST /webhooks/:id/rotate-secret/finish',
    'POST /webhooks/:id/rotate-secret/abort',
    'GET /webhooks/:id/deliveries',
    'GET /webhooks/deliveries',
    'GET /webhooks/deliveries/:id',
    'POST /webhooks/deliveries/:id/retry-now',
    'POST /webhooks/deliveries/:id/pause',
    'POST /webhooks/deliveries/:id/resume',
    'POST /webhooks/deliveries/:id/cancel',
    'GET /webhooks/replay-jobs',
    'POST /webhooks/replay-jobs',
    'POST /webhooks/replay-jobs/count',
    'GET /webhooks/replay-jobs/:id',
    'POST /webhooks/replay-jobs/:id/pause',
    'POST /webhooks/replay-jobs/:id/resume',
    'POST /webhooks/replay-jobs/:id/cancel',
  ],
};

const byRoute = (table: Readonly<Record<string, readonly string[]>>): [string, string][] =>
  Object.entries(table).flatMap(([scope, names]) =>
    names.map((name): [string, string] => [name.replace(' ', ' /api/v1'), scope]),
  );

describe('access to routes', () => {
  test('S-104 S-126 every route says which permission it takes, and once', () => {
    const known: ReadonlySet<string> = new Set([...permissions, 'member']);
    for (const route of routes) {
      const isForKeysAlone = route.permission === 'none' && route.scope !== undefined;
      expect(known.has(route.permission) || isForKeysAlone, nameOf(route)).toBe(true);
    }
    expect(new Set(routes.map(nameOf)).size).toBe(routes.length);
  });

  test('S-104 S-105 the automation API needs exactly the scopes it is documented with', () => {
    const open = Object.fromEntries(routes.map((route) => [nameOf(route), route.scope]));
    const wanted = byRoute(promised);
    expect(Object.fromEntries(wanted.map(([name]) => [name, open[name]]))).toEqual(
      Object.fromEntries(wanted),
    );
  });

  test('S-104 nothing else is open to credentials but what is listed', () => {
    const open = routes
      .filter(({ scope }) => scope !== undefined)
      .map((route) => `${nameOf(route)} ${route.scope}`);
    const listed = [...byRoute(promised), ...byRoute(beyond)].map((each) => each.join(' '));
    expect(open.toSorted()).toEqual(listed.toSorted());
  });

  test('S-104 credentials, members, tokens, audit and hooks are for users alone', () => {
    const closed = /^\/api\/v1\/(credentials|users|tokens|me|audit|inbound-webhooks)\b/;
    const closedRoutes = routes.filter(({ path }) => closed.test(path));
    expect(closedRoutes.length).toBeGreaterThan(30);
    expect(closedRoutes.filter(({ scope }) => scope !== undefined).map(nameOf)).toEqual([]);
  });

  test('S-105 each of the eighteen scopes opens something', () => {
    const used = new Set([...routes.map(({ scope }) => scope), eventReaders.scope]);
    expect(scopes).toHaveLength(18);
    expect(scopes.filter((scope) => !used.has(scope))).toEqual([]);
  });

  test('S-104 a route without a declared access does not compile', () => {
    const rest = {
      method: 'GET',
      path: '/api/v1/x',
      operationId: 'x',
      tag: 'x',
      summary: 'x',
      status: 204,
      handle: async () => undefined,
    } as const;
    // Each of these is refused by the compiler; where one is not, the comment above it is.
    // @ts-expect-error -- no permission
    defineRoute({ ...rest });
    // @ts-expect-error -- nobody's
    defineRoute({ ...rest, permission: 'none' });
    // @ts-expect-error -- open to credentials by accident
    defineRoute({ ...rest, permission: 'member', scope: 'events.read' });
    // @ts-expect-error -- for credentials, and none can have it
    defineSharedRoute({ ...rest, permission: 'member' });
    // @ts-expect-error -- no such scope
    defineSharedRoute({ ...rest, permission: 'member', scope: 'everything' });
    expect(defineSharedRoute({ ...rest, permission: 'none', scope: 'events.read' })).toBeTruthy();
  });
});
