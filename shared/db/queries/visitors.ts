import type { Position } from '../../domain/cursor.ts';
import type { TenantTx } from '../tenant.ts';
import {
  equals,
  hasMember,
  positionOf,
  readResourcePage,
  type Condition,
  type PageRow,
  type PageSource,
  type ResourcePage,
} from './resource-page.ts';

type JsonObject = Readonly<Record<string, unknown>>;

/** What callers write of a visitor. */
export interface VisitorValues {
  readonly email: string | null;
  readonly name: string | null;
  readonly externalUserId: string | null;
  readonly customAttributes: JsonObject;
}

export interface Visitor extends VisitorValues {
  readonly id: string;
  readonly location: JsonObject | null;
  readonly device: JsonObject | null;
  readonly identityVerified: boolean;
  readonly firstSeenAt: Date;
  readonly lastSeenAt: Date;
  readonly createdAt: Date;
}

interface VisitorRow {
  id: string;
  email: string | null;
  name: string | null;
  external_user_id: string | null;
  custom_attributes: JsonObject;
  location: JsonObject | null;
  device: JsonObject | null;
  identity_verified: boolean;
  first_seen_at: Date;
  last_seen_at: Date;
  created_at: Date;
}

const columns = `v.id, v.email, v.name, v.external_user_id, v.custom_attributes, v.location,
  v.device, v.identity_verified, v.first_seen_at, v.last_seen_at, v.created_at`;

const toVisitor = (row: VisitorRow): Visitor => ({
  id: row.id,
  email: row.email,
  name: row.name,
  externalUserId: row.external_user_id,
  customAttributes: row.custom_attributes,
  location: row.location,
  device: row.device,
  identityVerified: row.identity_verified,
  firstSeenAt: row.first_seen_at,
  lastSeenAt: row.last_seen_at,
  createdAt: row.created_at,
});

const source: PageSource = {
  columns,
  from: 'visitors v',
  tenantColumn: 'v.tenant_id',
  idColumn: 'v.id',
  sortColumn: 'v.last_seen_at',
};

/** Filters that look at a visitor; lists of what belongs to visitors have them too. */
export interface VisitorFilter {
  readonly email: string | undefined;
  readonly externalUserId: string | undefined;
  /** A custom attribute by its key and its value as text. */
  readonly customAttribute: { readonly key: string; readonly value: string } | undefined;
}

/** The conditions of a filter, for a statement in which `v` is the visitor. */
export const visitorConditions = (filter: VisitorFilter): Condition[] => [
  ...equals('v.email_key', 'text', filter.email?.toLowerCase()),
  ...equals('v.external_user_id', 'text', filter.externalUserId),
  ...(filter.customAttribute === undefined ? [] : hasAttribute(filter.customAttribute)),
];

/** The first finds the few visitors by an index, the second is exact. */
const hasAttribute = ({ key, value }: { key: string; value: string }): Condition[] => [
  (parameter) => `exists (
    select from visitor_attributes a
    where a.tenant_id = v.tenant_id and a.visitor_id = v.id
      and a.name = ${parameter(key, 'text')} and a.value = left(${parameter(value, 'text')}, 200))`,
  hasMember('v.custom_attributes', key, value),
];

/** Visitors of the tenant, last seen first (S-116). Takes one row more than `limit`. */
export async function listVisitors(
  tx: TenantTx,
  page: ResourcePage,
  filter: VisitorFilter,
): Promise<(Visitor & { readonly position: Position })[]> {
  const rows = await readResourcePage<VisitorRow & PageRow>(
    tx,
    source,
    page,
    visitorConditions(filter),
  );
  return rows.map((row) => ({ ...toVisitor(row), position: positionOf(row) }));
}

/** A visitor, or undefined. `for update` locks it until the commit. */
export async function findVisitor(
  tx: TenantTx,
  id: string,
  lock: 'none' | 'for update' = 'none',
): Promise<Visitor | undefined> {
  const { rows } = await tx.query<VisitorRow>({
    text: `
      select ${columns} from visitors v
      where v.tenant_id = $1::uuid and v.id = $2::uuid ${lock === 'none' ? '' : 'for update'}`,
    values: [tx.tenantId, id],
  });
  return rows[0] && toVisitor(rows[0]);
}

/** Stores a visitor who is seen for the first time now, in a session of their own. */
export async function insertVisitor(
  tx: TenantTx,
  id: string,
  visitor: VisitorValues,
): Promise<Visitor> {
  const { rows } = await tx.query<VisitorRow>({
    text: `
      insert into visitors as v (tenant_id, id, session_id, email, name, external_user_id,
        custom_attributes, first_seen_at, last_seen_at)
      select $1::uuid, $2::uuid, gen_random_uuid(), $3::text, $4::text, $5::text, $6::jsonb,
        moment, moment
      from clock_timestamp() moment
      returning ${columns}`,
    values: [tx.tenantId, id, ...written(visitor)],
  });
  return toVisitor(rows[0] as VisitorRow);
}

/** Stores what a visitor has become, and that they were seen now. The row is locked by the caller. */
export async function updateVisitor(
  tx: TenantTx,
  id: string,
  visitor: VisitorValues,
): Promise<Visitor> {
  const { rows } = await tx.query<VisitorRow>({
    text: `
      update visitors v set email = $3::text, name = $4::text, external_user_id = $5::text,
        custom_attributes = $6::jsonb, last_seen_at = clock_timestamp()
      where v.tenant_id = $1::uuid and v.id = $2::uuid
      returning ${columns}`,
    values: [tx.tenantId, id, ...written(visitor)],
  });
  return toVisitor(rows[0] as VisitorRow);
}

/** Notes that a visitor was seen now. A heartbeat is no change: nobody is told of it (S-093). */
export async function markVisitorSeen(tx: TenantTx, id: string): Promise<void> {
  await tx.query({
    name: 'mark_visitor_seen',
    text: `
      update visitors v set last_seen_at = greatest(v.last_seen_at, clock_timestamp())
      where v.tenant_id = $1::uuid and v.id = $2::uuid`,
    values: [tx.tenantId, id],
  });
}

const written = (visitor: VisitorValues): unknown[] => [
  visitor.email,
  visitor.name,
  visitor.externalUserId,
  JSON.stringify(visitor.customAttributes),
];
