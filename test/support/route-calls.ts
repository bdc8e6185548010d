import { randomBytes, randomUUID } from 'node:crypto';
import type { ApiRoute } from '../../apps/gateway/api/route.ts';
import type { Ids, Kind } from './peopled-tenant.ts';
import type { Probe } from './tenant-matrix.ts';

/** What tests of all routes know of one. */
export type Route = Pick<
  ApiRoute,
  'method' | 'path' | 'permission' | 'scope' | 'params' | 'query' | 'body'
>;

export interface Answer {
  readonly status: number;
  readonly text: string;
  readonly type: string | null;
}

/** Calls a route with ids of the caller's own, but for those that are given by their place. */
export async function callRoute(
  gatewayUrl: string,
  route: Pick<Route, 'method' | 'path'>,
  token: string | undefined,
  given: { readonly probe?: Probe; readonly ids?: Ids; readonly instead?: Instead } = {},
): Promise<Answer> {
  const { probe = {}, ids, instead } = given;
  const idAt = (place: Place, name: string, kind: Kind): string =>
    instead?.place === place && instead.name === name ? instead.id : (ids?.[kind] ?? 'x');
  const chosen = (place: Place, kinds: Readonly<Record<string, Kind>> = {}) =>
    Object.entries(kinds).map(([name, kind]) => [name, idAt(place, name, kind)] as const);
  const optional = (place: 'filters' | 'compared') =>
    instead?.place === place ? [[instead.name, instead.id] as const] : [];

  const parameters = new Map([...Object.entries(probe.fixed ?? {}), ...chosen('path', probe.path)]);
  const path = route.path.replaceAll(/:(\w+)/g, (_, name: string) => parameters.get(name) ?? 'x');
  const query = new URLSearchParams([
    ...Object.entries(probe.search ?? {}),
    ...chosen('query', probe.query).map(([name, id]): [string, string] => [name, id]),
    ...optional('filters').map(([name, id]): [string, string] => [name, id]),
    ...(instead?.name === 'workItemId' ? [['workItemType', 'ticket']] : []),
  ] as [string, string][]);
  const members = [...chosen('names', probe.names), ...optional('compared')];
  const body = bodyWith(probe.body, members);
  const response = await fetch(
    `${gatewayUrl}${path}${query.size > 0 ? `?${query.toString()}` : ''}`,
    {
      method: route.method,
      headers: {
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    },
  );
  const text = await response.text();
  return { status: response.status, text, type: response.headers.get('content-type') };
}

export type Place = 'path' | 'query' | 'names' | 'filters' | 'compared';
export const places: readonly Place[] = ['path', 'query', 'names', 'filters', 'compared'];
/** An id in the place of one of the caller's own. */
export interface Instead {
  readonly place: Place;
  readonly name: string;
  readonly id: string;
}

/** A body with members set by their dotted names; undefined when there is nothing to send. */
function bodyWith(
  rest: Readonly<Record<string, unknown>> | undefined,
  members: readonly (readonly [string, string])[],
): unknown {
  if (rest === undefined && members.length === 0) return undefined;
  const body: Record<string, unknown> = structuredClone({ ...rest });
  for (const [name, value] of members) {
    const steps = name.split('.');
    let at: Record<string, unknown> = body;
    for (const [index, step] of steps.slice(0, -1).entries()) {
      at[step] ??= /^\d+$/.test(steps[index + 1] ?? '') ? [] : {};
      at = at[step] as Record<string, unknown>;
    }
    at[steps.at(-1) ?? ''] = value;
  }
  return body;
}

/** An id of the same form and length that nothing has. */
export function absent(id: string): string {
  if (/^[0-9a-f-]{36}$/.test(id)) return randomUUID();
  const [, prefix, hex] = /^([a-z]+_)([0-9a-f]{32})$/.exec(id) ?? [];
  if (hex !== undefined) return `${prefix}${randomBytes(16).toString('hex')}`;
  return id.replace(/^canaryb/, 'canaryz');
}

/** An answer as it must be, whoever's id was sent: all of it but the id of the request, and what was sent. */
export const comparable = ({ status, text, type }: Answer, sent: string) => ({
  status,
  type,
  text: text.replace(/"requestId":"[^"]+"/, '').replaceAll(sent, '…'),
});

/** Every place where a route takes an id, with its kind. */
export const slotsOf = (probe: Probe) =>
  places.flatMap((place) =>
    Object.entries(probe[place] ?? {}).map(([name, kind]) => ({ place, name, kind })),
  );
