import { v7 as uuidv7 } from 'uuid';
import { z } from 'zod';
import {
  findVisitor,
  insertVisitor,
  listVisitors,
  updateVisitor,
  type Visitor,
  type VisitorFilter,
} from '../../../shared/db/queries/visitors.ts';
import { invalid } from '../../../shared/errors/tidegate-error.ts';
import {
  newVisitorSchema,
  visitorChangeSchema,
  visitorDetailSchema,
  visitorFilters,
  visitorSchema,
} from '../../../shared/schemas/visitor-api.ts';
import type { TenantTx } from '../../../shared/db/tenant.ts';
import { defineResource } from './define-resource.ts';
import type { Emitted } from './writes.ts';

/** Nothing personal leaves with an event: who hears of it reads the visitor, if it may (S-093). */
const told = (type: Emitted['type'], { id }: Visitor): readonly Emitted[] => [
  { type, data: { visitorId: id } },
];

const nobody = { email: null, name: null, externalUserId: null, customAttributes: {} } as const;

/** People who write in (S-116). */
export const visitorRoutes = defineResource({
  name: 'visitor',
  path: 'visitors',
  title: 'Visitor',
  tag: 'Visitors',
  idField: 'visitorId',
  scopes: { read: 'visitors.read', write: 'visitors.write' },
  view: visitorSchema,
  detailView: visitorDetailSchema,
  filters: z.object(visitorFilters),
  list: (tx, page, filters) => listVisitors(tx, page, readVisitorFilter(filters)),
  find: findVisitor,
  present,
  presentDetail: (visitor, tx) => ({
    ...present(visitor, tx),
    device: visitor.device,
    identityVerified: visitor.identityVerified,
  }),
  create: {
    body: newVisitorSchema,
    run: ({ tx, body }) => insertVisitor(tx, uuidv7(), { ...nobody, ...given(body) }),
    emit: (visitor) => told('visitor.created', visitor),
  },
  update: {
    body: visitorChangeSchema,
    run: ({ tx, body: { visitorId: _id, ...change } }, before) =>
      updateVisitor(tx, before.id, { ...before, ...given(change) }),
    emit: (visitor) => told('visitor.updated', visitor),
  },
});

/** The members that are there: an absent one leaves the value as it is. */
function given<Body extends object>(
  body: Body,
): { [Key in keyof Body]: Exclude<Body[Key], undefined> } {
  return Object.fromEntries(Object.entries(body).filter(([, value]) => value !== undefined)) as {
    [Key in keyof Body]: Exclude<Body[Key], undefined>;
  };
}

/** The filter by visitor of a list. Throws `validation_failed` for half a custom attribute. */
export function readVisitorFilter(
  filters: z.output<z.ZodObject<typeof visitorFilters>>,
): VisitorFilter {
  const { 'customAttribute.key': key, 'customAttribute.value': value } = filters;
  if ((key === undefined) !== (value === undefined)) {
    const pointer = `/querystring/customAttribute.${key === undefined ? 'key' : 'value'}`;
    throw invalid(pointer, 'A custom attribute is named by its key and its value.');
  }
  return {
    email: filters.email,
    externalUserId: filters.externalUserId,
    customAttribute: key === undefined || value === undefined ? undefined : { key, value },
  };
}

function present(visitor: Visitor, { tenantId }: TenantTx) {
  return {
    id: visitor.id,
    workspaceId: tenantId,
    email: visitor.email,
    name: visitor.name,
    externalUserId: visitor.externalUserId,
    location: visitor.location === null ? null : { ...visitor.location },
    customAttributes: { ...visitor.customAttributes },
    firstSeenAt: visitor.firstSeenAt.toISOString(),
    lastSeenAt: visitor.lastSeenAt.toISOString(),
    createdAt: visitor.createdAt.toISOString(),
  };
}
