import type { z } from 'zod';
import type { ErrorCode } from '../../../shared/errors/catalogue.ts';
import type { Permission } from '../../../shared/domain/permissions.ts';
import type { TenantTx } from '../../../shared/db/tenant.ts';
import type { Scope } from '../../../shared/domain/scopes.ts';
import type { Caller, KeyCaller, UserCaller } from './caller.ts';

/** What a handler works with. `tx` is the request's transaction: it commits when the handler returns. */
export interface ApiContext<
  Params = unknown,
  Query = unknown,
  Body = unknown,
  By extends Caller = UserCaller,
> {
  readonly tx: TenantTx;
  readonly caller: By;
  readonly params: Params;
  readonly query: Query;
  readonly body: Body;
  /** Work for after the commit: what must not happen when the transaction is rolled back. */
  afterCommit(work: () => void): void;
}

interface RouteSpec<
  Params extends z.ZodType,
  Query extends z.ZodType,
  Body extends z.ZodType,
  Response extends z.ZodType,
  By extends Caller,
  Prepared = void,
> {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Path under /api/v1, with `:name` for parameters. */
  readonly path: string;
  /** Names the operation in the OpenAPI document: a verb and a noun in camel case. */
  readonly operationId: string;
  readonly tag: string;
  readonly summary: string;
  readonly description?: string;
  /** What a user must be allowed; `member` for what every user may, `none` for what no user does. */
  readonly permission: Permission | 'member' | 'none';
  /** What an automation credential must be allowed; absent: none gets in (S-104). */
  readonly scope?: Scope;
  readonly params?: Params;
  readonly query?: Query;
  readonly body?: Body;
  readonly status: 200 | 201 | 202 | 204;
  /** Absent for 204. */
  readonly response?: Response;
  /** Refusals of this route's own; those that every route has are added. */
  readonly errors?: readonly ErrorCode[];
  /** Largest body in bytes; 64 KiB when absent. */
  readonly bodyLimitBytes?: number;
  /** Whether it counts as a read of endpoints or deliveries, of which a user has so many (S-108). */
  readonly isCountedRead?: boolean;
  /** The status of a repeat of one Idempotency-Key, where it is not that of the first answer (S-018). */
  readonly repeatStatus?: 200;
  /**
   * Work of a mutation before its transaction begins: what waits for others, such as a look-up of a
   * name, must not hold a connection of the database meanwhile. Throws to refuse the request. What it
   * returns is given to `handle`. Not called for a repeat whose answer is kept; it may be called
   * twice for one Idempotency-Key, with the same `requestId`.
   */
  prepare?(request: PreparedRequest<z.output<Body>, By>): Promise<Prepared>;
  handle(
    context: ApiContext<z.output<Params>, z.output<Query>, z.output<Body>, By>,
    prepared: Prepared,
  ): Promise<z.output<Response>>;
}

/** What the work before a transaction knows of its request. */
export interface PreparedRequest<Body = unknown, By extends Caller = UserCaller> {
  readonly caller: By;
  readonly body: Body;
  /** A UUID; see `prepareAndMutateOnce`. */
  readonly requestId: string;
}

/** A route of the API: what it takes, what it gives, who may, and what it does. */
export type ApiRoute = RouteSpec<z.ZodType, z.ZodType, z.ZodType, z.ZodType, Caller, unknown>;

/**
 * Declares a route for users; its schemas type the handler and validate what goes in and out (S-133,
 * S-135).
 */
export function defineRoute<
  Params extends z.ZodType,
  Query extends z.ZodType,
  Body extends z.ZodType,
  Response extends z.ZodType,
>(
  spec: RouteSpec<Params, Query, Body, Response, UserCaller> & {
    readonly scope?: never;
    // `none` without a scope would be a route that nobody may call.
    readonly permission: Permission | 'member';
  },
): ApiRoute {
  return spec;
}

/** Declares a route that automation credentials with its scope may call, beside users with its permission. */
export function defineSharedRoute<
  Params extends z.ZodType,
  Query extends z.ZodType,
  Body extends z.ZodType,
  Response extends z.ZodType,
  Prepared = void,
>(
  spec: RouteSpec<Params, Query, Body, Response, Caller, Prepared> & { readonly scope: Scope },
): ApiRoute {
  return spec;
}

/** Declares a route for automation credentials with its scope, and for no user. */
export function defineKeyRoute<
  Params extends z.ZodType,
  Query extends z.ZodType,
  Body extends z.ZodType,
  Response extends z.ZodType,
  Prepared = void,
>(
  spec: Omit<RouteSpec<Params, Query, Body, Response, KeyCaller, Prepared>, 'permission'> & {
    readonly scope: Scope;
  },
): ApiRoute {
  return { ...spec, permission: 'none' };
}

/**
 * Declares a read that does not ask who calls: with a scope it is shared, without one it is for users
 * only.
 */
export function defineReadRoute<
  Params extends z.ZodType,
  Query extends z.ZodType,
  Body extends z.ZodType,
  Response extends z.ZodType,
>(spec: RouteSpec<Params, Query, Body, Response, Caller> & { readonly method: 'GET' }): ApiRoute {
  return spec;
}

/** True for routes that change something: they take an Idempotency-Key (S-020). */
export function isMutation(route: ApiRoute): boolean {
  return route.method !== 'GET';
}
