import { z } from 'zod';
import type { ResourcePage } from '../../../shared/db/queries/resource-page.ts';
import type { TenantTx } from '../../../shared/db/tenant.ts';
import { decodeCursor, pageOf, type Position } from '../../../shared/domain/cursor.ts';
import type { Permission } from '../../../shared/domain/permissions.ts';
import type { Scope } from '../../../shared/domain/scopes.ts';
import type { ErrorCode } from '../../../shared/errors/catalogue.ts';
import { TidegateError } from '../../../shared/errors/tidegate-error.ts';
import { listOf } from '../../../shared/schemas/common.ts';
import { listQuery, writtenSchema } from '../../../shared/schemas/resource-api.ts';
import type { Caller } from '../api/caller.ts';
import {
  defineReadRoute,
  defineSharedRoute,
  type ApiContext,
  type ApiRoute,
} from '../api/route.ts';
import { noteWrite, refusingForeign, type Emitted, type Refusals } from './writes.ts';

/** What a write of a resource works with. */
export type WriteContext<Body = unknown> = ApiContext<unknown, unknown, Body, Caller>;

type ReadScope = Extract<Scope & Permission, `${string}.read`>;
type WriteScope = Extract<Scope & Permission, `${string}.write`>;

/** What of a resource is read, and how it is shown. */
interface ReadSpec<Row extends { readonly id: string }, Filters extends z.ZodObject> {
  /** In the singular: the resource type of its events and audit entries. */
  readonly name: string;
  /** The first segment of its paths. */
  readonly path: string;
  /** For operation ids, in camel case: `Visitor`, `OutboundMessage`. */
  readonly title: string;
  /** The title in the plural; with an "s" at its end when absent. */
  readonly plural?: string;
  readonly tag: string;
  readonly view: z.ZodType;
  /** What `get` shows, where that is more. */
  readonly detailView?: z.ZodType;
  readonly filters: Filters;
  list(
    tx: TenantTx,
    page: ResourcePage,
    filters: z.output<Filters>,
  ): Promise<readonly (Row & { readonly position: Position })[]>;
  find(tx: TenantTx, id: string, lock?: 'none' | 'for update'): Promise<Row | undefined>;
  present(row: Row, tx: TenantTx): unknown;
  presentDetail?(row: Row, tx: TenantTx): unknown;
}

/**
 * A resource of the automation API, said once: its routes, their schemas, scopes, permissions, list
 * contract, events, audit and documentation come from it.
 */
export interface ResourceSpec<
  Row extends { readonly id: string },
  Filters extends z.ZodObject,
  New extends z.ZodType,
  Changed extends z.ZodType,
> extends ReadSpec<Row, Filters> {
  /** Names its id in the bodies of writes. */
  readonly idField: string;
  /** The scope of a credential, and at the same time the permission of a user. */
  readonly scopes: { readonly read: ReadScope; readonly write: WriteScope };
  /** Constraints that a caller's value can violate, and what each is answered with (S-117). */
  readonly refusals?: Refusals;
  /** Largest body of a create or update in bytes; 64 KiB when absent. */
  readonly bodyLimitBytes?: number;
  readonly create?: {
    readonly body: New;
    readonly errors?: readonly ErrorCode[];
    run(context: WriteContext<z.output<New>>): Promise<Row>;
    /** What is told of it; absent where the write itself tells, as it does for the product. */
    emit?(row: Row): readonly Emitted[];
  };
  readonly update?: {
    readonly body: Changed;
    readonly errors?: readonly ErrorCode[];
    /** `before` is locked. */
    run(context: WriteContext<z.output<Changed>>, before: Row): Promise<Row>;
    /** The same; nothing to tell is an empty list. */
    emit?(row: Row, before: Row): readonly Emitted[];
  };
  /** Named commands on one of it, `delete` among them. */
  readonly commands?: Readonly<Record<string, ResourceCommand<Row>>>;
}

export interface ResourceCommand<Row> {
  readonly summary: string;
  /** What the audit log says was done: `deleted`, `activated`. */
  readonly verb: string;
  readonly response: z.ZodType;
  readonly errors?: readonly ErrorCode[];
  /** In place of those of the resource: a constraint may say something else of a command. */
  readonly refusals?: Refusals;
  /** `before` is locked. Returns the answer and what is told of it. */
  run(
    context: WriteContext,
    before: Row,
  ): Promise<{ readonly answer: unknown; readonly events: readonly Emitted[] }>;
}

/** The routes of a resource. */
export function defineResource<
  Row extends { readonly id: string },
  Filters extends z.ZodObject,
  New extends z.ZodType,
  Changed extends z.ZodType,
>(spec: ResourceSpec<Row, Filters, New, Changed>): readonly ApiRoute[] {
  return [
    ...readRoutes(spec, { permission: spec.scopes.read, scope: spec.scopes.read }),
    ...(spec.create === undefined ? [] : [createRoute(spec, spec.create)]),
    ...(spec.update === undefined ? [] : [updateRoute(spec, spec.update)]),
    ...Object.entries(spec.commands ?? {}).map(([name, command]) =>
      commandRoute(spec, name, command),
    ),
  ];
}

/** A resource that credentials have no scope for: users with the permission read it. */
export interface UserResourceSpec<
  Row extends { readonly id: string },
  Filters extends z.ZodObject,
> extends ReadSpec<Row, Filters> {
  readonly permission: Extract<Permission, `${string}.read`>;
}

/** The routes of a resource that users read, with the same list contract. */
export function defineUserResource<
  Row extends { readonly id: string },
  Filters extends z.ZodObject,
>(spec: UserResourceSpec<Row, Filters>): readonly ApiRoute[] {
  return readRoutes(spec, { permission: spec.permission });
}

/* oxlint-disable typescript/no-explicit-any -- the routes below know nothing of the types */
type AnyReadSpec<Row extends { readonly id: string }> = ReadSpec<Row, any>;
type AnySpec<Row extends { readonly id: string }> = ResourceSpec<Row, any, any, any>;
/* oxlint-enable typescript/no-explicit-any */

/** Who may read: users with the permission, and credentials with the scope if there is one. */
type ReadAccess = Pick<ApiRoute, 'permission' | 'scope'>;

const readRoutes = <Row extends { readonly id: string }>(
  spec: AnyReadSpec<Row>,
  access: ReadAccess,
): readonly ApiRoute[] => [listRoute(spec, access), getRoute(spec, access)];

type ListQuery = z.ZodObject<typeof listQuery>;

function listRoute<Row extends { readonly id: string }>(
  spec: AnyReadSpec<Row>,
  access: ReadAccess,
): ApiRoute {
  return defineReadRoute({
    ...access,
    method: 'GET',
    path: `/api/v1/${spec.path}`,
    operationId: `list${spec.plural ?? `${spec.title}s`}`,
    tag: spec.tag,
    summary: 'All that fit the filters, newest first',
    query: z.object({ ...listQuery, ...spec.filters.shape }),
    status: 200,
    response: listOf(spec.view),
    errors: ['cursor_invalid'],
    async handle({ tx, query }) {
      const { limit, cursor, updatedSince, ...filters } = query as z.output<ListQuery>;
      const after = cursor === undefined ? undefined : decodeCursor(cursor);
      const found = await spec.list(tx, { after, limit, updatedSince }, filters);
      const { rows, ...page } = pageOf(found, limit);
      return { data: rows.map((row) => spec.present(row, tx)), ...page };
    },
  });
}

function getRoute<Row extends { readonly id: string }>(
  spec: AnyReadSpec<Row>,
  access: ReadAccess,
): ApiRoute {
  return defineReadRoute({
    ...access,
    method: 'GET',
    path: `/api/v1/${spec.path}/get`,
    operationId: `get${spec.title}`,
    tag: spec.tag,
    summary: 'One of them',
    query: z.object({ id: z.uuid() }),
    status: 200,
    response: spec.detailView ?? spec.view,
    errors: ['not_found'],
    async handle({ tx, query }) {
      const row = await spec.find(tx, query.id);
      if (row === undefined) throw new TidegateError('not_found');
      return spec.presentDetail === undefined ? spec.present(row, tx) : spec.presentDetail(row, tx);
    },
  });
}

function createRoute<Row extends { readonly id: string }>(
  spec: AnySpec<Row>,
  create: NonNullable<AnySpec<Row>['create']>,
): ApiRoute {
  return defineSharedRoute({
    ...writeRoute(spec, 'create', create),
    ...bodyLimitOf(spec),
    summary: 'Make one',
    body: create.body as z.ZodType,
    status: 201,
    response: writtenSchema,
    async handle(context) {
      const row = await refusingForeign(spec.refusals, () => create.run(context));
      await noteWrite(context, spec.name, 'created', row.id, create.emit?.(row) ?? []);
      return { id: row.id };
    },
  });
}

function updateRoute<Row extends { readonly id: string }>(
  spec: AnySpec<Row>,
  update: NonNullable<AnySpec<Row>['update']>,
): ApiRoute {
  return defineSharedRoute({
    ...writeRoute(spec, 'update', update),
    ...bodyLimitOf(spec),
    summary: 'Change what is given of one',
    body: update.body as z.ZodType,
    status: 200,
    response: writtenSchema,
    async handle(context) {
      const before = await requireLocked(spec, context.tx, context.body);
      const row = await refusingForeign(spec.refusals, () => update.run(context, before));
      await noteWrite(context, spec.name, 'updated', row.id, update.emit?.(row, before) ?? []);
      return { id: row.id };
    },
  });
}

function commandRoute<Row extends { readonly id: string }>(
  spec: AnySpec<Row>,
  name: string,
  command: ResourceCommand<Row>,
): ApiRoute {
  return defineSharedRoute({
    ...writeRoute(spec, name, command),
    summary: command.summary,
    body: z.strictObject({ [spec.idField]: z.uuid() }),
    status: 200,
    response: command.response,
    async handle(context) {
      const before = await requireLocked(spec, context.tx, context.body);
      const { answer, events } = await refusingForeign(command.refusals ?? spec.refusals, () =>
        command.run(context, before),
      );
      await noteWrite(context, spec.name, command.verb, before.id, events);
      return answer;
    },
  });
}

/** What the routes of all writes have in common. */
function writeRoute(
  spec: Pick<AnySpec<never>, 'path' | 'title' | 'tag' | 'scopes' | 'refusals'>,
  verb: string,
  {
    errors = [],
    refusals = spec.refusals ?? {},
  }: { readonly errors?: readonly ErrorCode[]; readonly refusals?: Refusals },
) {
  const refused = Object.values(refusals).map(({ code }) => code);
  return {
    method: 'POST',
    path: `/api/v1/${spec.path}/${verb}`,
    operationId: `${verb}${spec.title}`,
    tag: spec.tag,
    permission: spec.scopes.write,
    scope: spec.scopes.write,
    errors: ['not_found', ...refused, ...errors] as readonly ErrorCode[],
  } as const;
}

const bodyLimitOf = ({ bodyLimitBytes }: { readonly bodyLimitBytes?: number }) =>
  bodyLimitBytes === undefined ? {} : { bodyLimitBytes };

async function requireLocked<Row extends { readonly id: string }>(
  spec: AnySpec<Row>,
  tx: TenantTx,
  body: unknown,
): Promise<Row> {
  const id = (body as Readonly<Record<string, string>>)[spec.idField] ?? '';
  const row = await spec.find(tx, id, 'for update');
  if (row === undefined) throw new TidegateError('not_found');
  return row;
}
