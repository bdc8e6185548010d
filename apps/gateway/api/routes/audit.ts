import { z } from 'zod';
import { decodeCursor, pageOf } from '../../../../shared/domain/cursor.ts';
import { listAuditEntries } from '../../../../shared/db/queries/audit-entries.ts';
import { auditEntrySchema } from '../../../../shared/schemas/access.ts';
import {
  cursorSchema,
  limitSchema,
  listOf,
  momentSchema,
} from '../../../../shared/schemas/common.ts';
import { defineRoute, type ApiRoute } from '../route.ts';

export const auditRoutes: readonly ApiRoute[] = [
  defineRoute({
    method: 'GET',
    path: '/api/v1/audit',
    operationId: 'listAuditEntries',
    tag: 'Audit',
    summary: 'Who did what, newest first',
    permission: 'audit.read',
    query: z.object({
      action: z.string().max(128).optional(),
      actorId: z.uuid().optional(),
      resourceType: z.string().max(64).optional(),
      resourceId: z.uuid().optional(),
      since: momentSchema.optional(),
      until: momentSchema.optional(),
      limit: limitSchema(20),
      cursor: cursorSchema,
    }),
    status: 200,
    response: listOf(auditEntrySchema),
    errors: ['cursor_invalid'],
    async handle({ tx, query }) {
      const { cursor, limit, action, actorId, resourceType, resourceId, since, until } = query;
      const entries = await listAuditEntries(tx, {
        after: cursor === undefined ? undefined : decodeCursor(cursor),
        limit,
        action,
        actorId,
        resourceType,
        resourceId,
        since,
        until,
      });
      const { rows, ...page } = pageOf(entries, limit);
      const data = rows.map(({ position: _position, occurredAt, details, ...entry }) => ({
        ...entry,
        details: { ...details },
        occurredAt: occurredAt.toISOString(),
      }));
      return { data, ...page };
    },
  }),
];
