import { z } from 'zod';
import {
  findVisitor,
  listVisitors,
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
import { addVisitor, changeVisitor } from '../../../shared/support/visitors.ts';
import { defineResource } from './define-resource.ts';
import { given } from './given.ts';

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
    run: ({ tx, body }) => addVisitor(tx, given(body)),
  },
  update: {
    body: visitorChangeSchema,
    run: ({ tx, body: { visitorId: _id, ...change } }, before) =>
      changeVisitor(tx, before, given(change)),
  },
});

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
