import { eventTypes } from '../../shared/events/catalogue.ts';
import { code, table } from './markdown.ts';

interface Resource {
  readonly name: string;
  /** Where its routes begin; a route belongs to the resource with the longest beginning that it has. */
  readonly paths: readonly [string, ...string[]];
  /** Whether an event is about it. */
  readonly isToldBy?: (type: string) => boolean;
}

const family = (name: string) => (type: string) => type.startsWith(`${name}.`);

const resources: readonly Resource[] = [
  { name: 'conversations', paths: ['/conversations'], isToldBy: family('conversation') },
  { name: 'messages', paths: ['/conversations/messages'], isToldBy: family('message') },
  { name: 'runs of the assistant', paths: ['/assistant/runs'] },
  { name: 'visitors', paths: ['/visitors'], isToldBy: family('visitor') },
  {
    name: 'tickets',
    paths: ['/tickets'],
    isToldBy: (type) => type.startsWith('ticket.') && !type.startsWith('ticket.comment'),
  },
  {
    name: 'ticket comments',
    paths: ['/tickets/comments'],
    isToldBy: (type) => type.startsWith('ticket.comment'),
  },
  { name: 'articles', paths: ['/articles'], isToldBy: family('article') },
  { name: 'collections', paths: ['/collections'], isToldBy: family('collection') },
  { name: 'outbound messages', paths: ['/outbound'], isToldBy: family('outbound') },
  { name: 'events', paths: ['/events'] },
  { name: 'types of events', paths: ['/events/types'] },
  {
    name: 'endpoints',
    paths: ['/webhooks'],
    isToldBy: (type) => type.startsWith('endpoint.') || type === 'test.ping',
  },
  {
    name: 'deliveries',
    paths: ['/webhooks/deliveries', '/webhooks/replay', '/webhooks/:id/deliveries'],
    isToldBy: family('delivery'),
  },
  { name: 'replays', paths: ['/webhooks/replay-jobs'], isToldBy: family('replay') },
];

const basic = ['list', 'get', 'create', 'update', 'delete'] as const;
type Verb = (typeof basic)[number];

/** What a route does with its resource, where it is one of the five things that most resources have. */
function verbOf(route: string, paths: Resource['paths']): Verb | undefined {
  const [path] = paths;
  const verbs: Readonly<Record<string, Verb>> = {
    [`GET ${path}`]: 'list',
    [`GET ${path}/get`]: 'get',
    [`GET ${path}/:id`]: 'get',
    [`POST ${path}`]: 'create',
    [`POST ${path}/create`]: 'create',
    [`POST ${path}/update`]: 'update',
    [`PATCH ${path}/:id`]: 'update',
    [`POST ${path}/delete`]: 'delete',
    [`DELETE ${path}/:id`]: 'delete',
  };
  return verbs[route];
}

/** Throws for a route of no resource: whoever adds one says here what it is about. */
function ownerOf(route: string): Resource {
  const path = route.slice(route.indexOf(' ') + 1);
  const beginning = (resource: Resource): number =>
    Math.max(
      0,
      ...resource.paths
        .filter((start) => path === start || path.startsWith(`${start}/`))
        .map((start) => start.length),
    );
  const [owner] = resources.toSorted((a, b) => beginning(b) - beginning(a));
  if (owner === undefined || beginning(owner) === 0) {
    throw new Error(`${route} belongs to no resource of the coverage table`);
  }
  return owner;
}

/**
 * S-142: what can be done with each resource by the given routes (`POST /visitors/create`), which events
 * tell of it, and what cannot be done. Throws when a route belongs to no resource.
 */
export function coverageSection(routes: readonly string[]): string {
  const owners = new Map(routes.map((route) => [route, ownerOf(route)]));
  const rows = resources.map((resource) => {
    const own = routes.filter((route) => owners.get(route) === resource);
    const verbs = new Set(own.map((route) => verbOf(route, resource.paths)));
    const others = own.filter((route) => verbOf(route, resource.paths) === undefined);
    const told = eventTypes.map((type) => type.name).filter((type) => resource.isToldBy?.(type));
    return [
      resource.name,
      ...basic.map((verb) => (verbs.has(verb) ? 'yes' : 'no')),
      others.map(code).join(', ') || '–',
      told.map(code).join(', ') || '–',
    ];
  });
  return `## What is covered

${table(['resource', ...basic, 'more', 'events'], rows)}

Known gaps:

- Messages are never changed or deleted, and conversations, visitors and tickets are not deleted.
- Typing, presence, heartbeats and changes of location record no event and have no route.
- A claim that is made, renewed or lapses records no event; what releasing and escalating change of the
  conversation is told as \`conversation.updated\`.
- Attachments are not kept; content is text.
- Outbound messages are kept and switched, and their rules checked; showing them is the task of the program
  that runs in the visitor's browser.
- Types of events, hooks, credentials, members and the audit log are for users.
- Files, custom objects and bulk writes have no routes.`;
}
