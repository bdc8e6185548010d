import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { apiRoutes } from '../../apps/gateway/api/routes/index.ts';
import { organizationWebhookRoutes } from '../../apps/gateway/compat/organization-webhooks.ts';
import { userWebhookRoutes } from '../../apps/gateway/compat/user-webhooks.ts';
import { eventStream } from '../../apps/gateway/events/stream-route.ts';
import { permissions } from '../../shared/domain/permissions.ts';
import { scopes } from '../../shared/domain/scopes.ts';
import { automationKey } from '../support/automation.ts';
import { openEventStream } from '../support/event-stream.ts';
import { eventually } from '../support/eventually.ts';
import { startOutboundRig, type OutboundRig } from '../support/outbound-rig.ts';
import { formsOf, peopleTenant, rowsOf, type PeopledTenant } from '../support/peopled-tenant.ts';
import {
  absent,
  callRoute,
  comparable,
  places,
  slotsOf,
  type Answer,
  type Route,
} from '../support/route-calls.ts';
import { idMembers } from '../support/route-ids.ts';
import { operatorToken } from '../support/stack.ts';
import { tenantMatrix, type Probe } from '../support/tenant-matrix.ts';

// Two tenants that hold one of everything. As one of them every route is called with ids of the other
// in each place that takes an id: the answer is that to an id which does not exist, and nothing changes.

/** None of their handlers is called from here. */
const none = { actions: new Map(), workflows: [] } as never;
const routes: readonly Route[] = [
  ...apiRoutes(none),
  ...organizationWebhookRoutes(none),
  ...userWebhookRoutes(none),
  eventStream,
];
const nameOf = ({ method, path }: Pick<Route, 'method' | 'path'>): string => `${method} ${path}`;
const byName: readonly (readonly [string, Route])[] = routes.map((each) => [nameOf(each), each]);
const probeOf = (route: Route): Probe => tenantMatrix[nameOf(route)] ?? {};
/** The compatibility routes say less of why, as the systems do whose clients they serve. */
const isCompat = (route: Route): boolean => !route.path.startsWith('/api/v1/');
const isStream = (route: Route): boolean => route.path === eventStream.path;

let rig: OutboundRig;
let mine: PeopledTenant;
let theirs: PeopledTenant;
let theirRows: Awaited<ReturnType<typeof rowsOf>>;
beforeAll(async () => {
  rig = await startOutboundRig({
    env: {
      TIDEGATE_KEY_REQUESTS_PER_MINUTE: '0',
      TIDEGATE_TENANT_REQUESTS_PER_MINUTE: '0',
    },
  });
  mine = await peopleTenant(rig, `canarya${randomBytes(4).toString('hex')}`);
  theirs = await peopleTenant(rig, `canaryb${randomBytes(4).toString('hex')}`);
  theirRows = await rowsOf(rig, theirs.tenant);
}, 120_000);
afterAll(() => rig.stop());

const call = (
  route: Pick<Route, 'method' | 'path'>,
  token: string | undefined,
  given?: Parameters<typeof callRoute>[3],
): Promise<Answer> => callRoute(rig.gateway.url, route, token, given);

/** Of an owner, and of the key, where each may call the route. */
async function tokensFor({ path, permission, scope }: Route): Promise<string[]> {
  // A user may read endpoints only so often in a minute.
  const isCounted = /^\/api\/(v1\/)?webhooks?\b/.test(path);
  const owner = isCounted
    ? (await rig.factory.user(mine.tenant, { role: 'owner' })).token
    : mine.owner.token;
  return [
    ...(permission === 'none' ? [] : [owner]),
    ...(scope === undefined ? [] : [mine.key.secret]),
  ];
}

/** Every text that would show something of the other tenant. */
const theirWords = (): string[] => [
  theirs.canary,
  theirs.tenant.id,
  theirs.tenant.slug,
  ...Object.values(theirs.ids).flatMap((id: string) => formsOf(id)),
];

function expectNothingOfTheirs(text: string, sent?: string): void {
  const rest = sent === undefined ? text : text.replaceAll(sent, '…');
  expect(theirWords().filter((word) => rest.includes(word))).toEqual([]);
}

describe('the table of routes', () => {
  test('S-127 has every route that tenants can call, and no other', async () => {
    expect(Object.keys(tenantMatrix).toSorted()).toEqual(routes.map(nameOf).toSorted());
    const response = await fetch(`${rig.gateway.url}/openapi.json`);
    const { paths } = (await response.json()) as { paths: Record<string, object> };
    const served = Object.entries(paths)
      .filter(([path]) => /^\/api\/(v1\/(?!tenants)|webhooks?\b)/.test(path))
      .flatMap(([path, methods]) =>
        Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
      );
    const wanted = routes.map((route) => nameOf(route).replaceAll(/:(\w+)/g, '{$1}'));
    expect(served.toSorted()).toEqual(wanted.toSorted());
  });

  test('S-117 says of each member that looks like an id whose it is', () => {
    for (const [name, route] of byName) {
      const probe = probeOf(route);
      const known = new Set(
        [...places.map((place) => probe[place]), probe.free].flatMap((each) =>
          Object.keys(each ?? {}),
        ),
      );
      expect(
        idMembers(route).filter((member) => !known.has(member)),
        name,
      ).toEqual([]);
    }
  });
});

describe('callers who may not', () => {
  test.for(byName)('S-104 without a token %s is answered 401', async ([, route]) => {
    const answer = await call(route, undefined, { probe: probeOf(route), ids: mine.ids });
    expect(answer.status, answer.text).toBe(401);
  });

  test('S-104 a key with every scope but the one of a route is answered 403, naming it', async () => {
    const keys = new Map<string, string>();
    for (const [name, route] of byName) {
      const { scope } = route;
      const others = scopes.filter((each) => each !== scope);
      const key = keys.get(scope ?? '') ?? (await automationKey(rig, mine.tenant, others)).secret;
      keys.set(scope ?? '', key);
      const answer = await call(route, key, { probe: probeOf(route), ids: mine.ids });
      expect(answer.status, `${name} ${answer.text}`).toBe(403);
      expect(answer.text, name).toContain(isCompat(route) ? 'scope' : 'scope_missing');
      expect(answer.text, name).toContain(scope ?? '');
    }
  });

  test('S-126 a user with every permission but the one of a route is answered 403, naming it', async () => {
    const tokens = new Map<string, string>();
    for (const [name, route] of byName) {
      const { permission } = route;
      if (permission === 'member') continue;
      const own = permissions.filter((each) => each !== permission);
      const token =
        tokens.get(permission) ??
        (await rig.factory.user(mine.tenant, { role: 'owner', permissions: own })).token;
      tokens.set(permission, token);
      const answer = await call(route, token, { probe: probeOf(route), ids: mine.ids });
      expect(answer.status, `${name} ${answer.text}`).toBe(403);
      const named = permission === 'none' || isCompat(route) ? 'permission' : permission;
      expect(answer.text, name).toContain(named);
    }
  });

  test('S-127 nobody of a tenant does what the operator does', async () => {
    const operated = ['GET /', 'POST /', `GET /${theirs.tenant.id}`, `PATCH /${theirs.tenant.id}`];
    for (const [method = '', rest = ''] of operated.map((each) => each.split(' '))) {
      const route = { method, path: `/api/v1/tenants${rest.replace(/\/$/, '')}` } as Route;
      for (const token of [undefined, mine.owner.token, mine.key.secret]) {
        const answer = await call(route, token, {
          probe: method === 'GET' ? {} : { body: { name: 'x' } },
        });
        expect([answer.status, nameOf(route)]).toEqual([401, nameOf(route)]);
      }
      expect((await call(route, operatorToken)).status).not.toBe(401);
    }
  });

  test('S-104 S-126 leave no trace in the data of either tenant', async () => {
    expect(await rowsOf(rig, theirs.tenant)).toEqual(theirRows);
  });
});

describe('an id of another tenant', () => {
  test.for(byName.filter(([, route]) => slotsOf(probeOf(route)).length > 0))(
    'S-117 S-127 in each place of %s is answered as one that does not exist, and nothing changes',
    async ([, route]) => {
      const probe = probeOf(route);
      const tokens = await tokensFor(route);
      const before = await rowsOf(rig, mine.tenant);
      for (const token of tokens) {
        for (const { place, name, kind } of slotsOf(probe)) {
          const id = theirs.ids[kind];
          const ask = (wanted: string) =>
            call(route, token, {
              probe,
              ids: mine.ids,
              instead: { place, name, id: wanted },
            });
          const foreign = await ask(id);
          const other = absent(id);
          const missing = await ask(other);
          const where = `${place} ${name}: ${foreign.text}`;
          expect(comparable(foreign, id), where).toEqual(comparable(missing, other));
          const isNamed = place !== 'filters' && place !== 'compared';
          expect(isNamed ? [404] : [200, 400, 404, 409], where).toContain(foreign.status);
          expectNothingOfTheirs(foreign.text, id);
        }
      }
      expect(await rowsOf(rig, mine.tenant)).toEqual(before);
      expect(await rowsOf(rig, theirs.tenant)).toEqual(theirRows);
    },
  );
});

describe('what is read', () => {
  const reads = byName.filter(([, route]) => route.method === 'GET' && !isStream(route));

  test.for(reads)('S-127 by %s is of the caller’s tenant only', async ([, route]) => {
    const probe = probeOf(route);
    for (const token of await tokensFor(route)) {
      const search = { ...probe.search, ...(probe.lists && { limit: '100' }) };
      const answer = await call(route, token, { probe: { ...probe, search }, ids: mine.ids });
      // The hook of the tenant has captured no sample, and its workflows are the installation's.
      expect([200, 409], answer.text).toContain(answer.status);
      const own = probe.lists === undefined ? [''] : formsOf(mine.ids[probe.lists]);
      expect(
        own.some((form) => answer.text.includes(form)),
        answer.text,
      ).toBe(true);
      expectNothingOfTheirs(answer.text);
    }
  });

  test('S-127 from the live stream is what happens in the caller’s tenant', async () => {
    const stream = await openEventStream(rig.gateway.url, mine.key.secret);
    const wish = { resourceId: 'streamed', data: {} };
    for (const { owner, ids } of [theirs, mine]) {
      expect((await owner.api.post('/events', { ...wish, type: ids.eventType })).status).toBe(201);
    }
    await eventually(() => expect(stream.messages.length).toBeGreaterThan(0));
    stream.close();
    expect(stream.messages.map(({ event }) => event.type)).toEqual([mine.ids.eventType]);
    theirRows = await rowsOf(rig, theirs.tenant);
  });
});

describe('the caller’s own ids', () => {
  // What removes or settles something is called after what needs it.
  const isLast = ({ method, path }: Route): boolean =>
    method === 'DELETE' || /\/(delete|cancel|end|disable|release|escalate)$/.test(path);
  const deepest = ([, a]: readonly [string, Route], [, b]: readonly [string, Route]): number =>
    b.path.length - a.path.length;
  const ordered = [
    ...byName.filter(([, route]) => !isLast(route)),
    ...byName.filter(([, route]) => isLast(route)).toSorted(deepest),
  ];

  test('S-117 are taken wherever those of another tenant are refused', async () => {
    for (const [name, route] of ordered) {
      const probe = probeOf(route);
      // There is no workflow to publish.
      if (isStream(route) || probe.fixed?.['workflowId'] !== undefined) continue;
      const [token] = (await tokensFor(route)).toReversed();
      const { status, text } = await call(route, token, { probe, ids: mine.ids });
      const isTaken = (status >= 200 && status < 300) || status === 409;
      expect(isTaken, `${name} ${status} ${text}`).toBe(true);
    }
    expect(await rowsOf(rig, theirs.tenant)).toEqual(theirRows);
  });
});
