import { z } from 'zod';
import {
  countTenantEventTypesLocked,
  deleteTenantEventType,
  insertTenantEventType,
  listTenantEventTypes,
  replaceTenantEventType,
  tenantEventTypesMax,
} from '../../../../shared/db/queries/tenant-event-types.ts';
import { TidegateError } from '../../../../shared/errors/tidegate-error.ts';
import { eventTypes } from '../../../../shared/events/catalogue.ts';
import type { JsonSchema } from '../../../../shared/events/schema-weight.ts';
import { checkTenantType } from '../../../../shared/events/tenant-types.ts';
import { dataOf } from '../../../../shared/schemas/common.ts';
import {
  eventTypeChangeSchema,
  eventTypeParams,
  eventTypeSchema,
  newEventTypeSchema,
} from '../../../../shared/schemas/event-api.ts';
import { presentBuiltIn, presentOwnType } from '../../events/present-type.ts';
import { audit } from '../audit.ts';
import { defineRoute, defineSharedRoute, type ApiContext, type ApiRoute } from '../route.ts';
import { eventReaders, eventsPath, eventsTag as tag } from './events.ts';

const path = `${eventsPath}/types`;
const permission = 'settings.integrations';
/** A schema has at most 32 KiB; the rest is room for its description. */
const bodyLimitBytes = 131_072;

const builtIn = eventTypes.map(presentBuiltIn);

/** The catalogue of event types, and the types of a tenant's own (S-101). */
export const eventTypeRoutes: readonly ApiRoute[] = [
  defineSharedRoute({
    method: 'GET',
    path,
    operationId: 'listEventTypes',
    tag,
    summary: "Every type of event with the schema of its data: built-in ones, then the tenant's",
    ...eventReaders,
    status: 200,
    response: z.strictObject({ data: z.array(eventTypeSchema) }),
    async handle({ tx }) {
      const own = await listTenantEventTypes(tx);
      return { data: [...builtIn, ...own.map(presentOwnType)] };
    },
  }),
  defineRoute({
    method: 'POST',
    path,
    operationId: 'registerEventType',
    tag,
    summary: "Register a type of the tenant's own with the schema of its data",
    permission,
    body: newEventTypeSchema,
    bodyLimitBytes,
    status: 201,
    response: dataOf(eventTypeSchema),
    errors: ['event_type_taken', 'event_type_limit_reached'],
    async handle(context) {
      const { tx, caller, body } = context;
      const schema = requireSchema(body.name, body.schema);
      const count = await countTenantEventTypesLocked(tx);
      const entry = { ...body, schema, createdBy: caller.userId };
      const made = await insertTenantEventType(tx, entry);
      if (made === undefined) throw new TidegateError('event_type_taken');
      if (count >= tenantEventTypesMax) throw new TidegateError('event_type_limit_reached');
      await auditType(context, 'registered', body.name);
      return { data: presentOwnType(made) };
    },
  }),
  defineRoute({
    method: 'PUT',
    path: `${path}/:name`,
    operationId: 'replaceEventType',
    tag,
    summary: "Replace the schema of one of the tenant's types; stored events stay as they are",
    permission,
    params: eventTypeParams,
    body: eventTypeChangeSchema,
    bodyLimitBytes,
    status: 200,
    response: dataOf(eventTypeSchema),
    async handle(context) {
      const { tx, body } = context;
      const { name } = context.params;
      const schema = requireSchema(name, body.schema);
      const changed = await replaceTenantEventType(tx, { ...body, name, schema });
      if (changed === undefined) throw new TidegateError('not_found');
      await auditType(context, 'replaced', name);
      return { data: presentOwnType(changed) };
    },
  }),
  defineRoute({
    method: 'DELETE',
    path: `${path}/:name`,
    operationId: 'removeEventType',
    tag,
    summary: "Remove one of the tenant's types: no more events of it are taken",
    permission,
    params: eventTypeParams,
    status: 204,
    async handle(context) {
      const { tx } = context;
      const { name } = context.params;
      if (!(await deleteTenantEventType(tx, name))) throw new TidegateError('not_found');
      await auditType(context, 'removed', name);
    },
  }),
];

function requireSchema(name: string, schema: unknown): JsonSchema {
  const verdict = checkTenantType({ name, schema });
  if (verdict.ok) return verdict.schema;
  throw new TidegateError('validation_failed', undefined, { details: verdict.issues });
}

function auditType(
  context: Pick<ApiContext, 'tx' | 'caller'>,
  verb: string,
  name: string,
): Promise<void> {
  return audit(context, {
    action: `event_type.${verb}`,
    resourceType: 'event_type',
    resourceId: null,
    details: { name },
  });
}
