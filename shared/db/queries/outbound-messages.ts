import type { Position } from '../../domain/cursor.ts';
import type { OutboundMessageStatus } from '../../domain/outbound-message.ts';
import type { TenantTx } from '../tenant.ts';
import {
  equals,
  positionOf,
  readResourcePage,
  type PageRow,
  type PageSource,
  type ResourcePage,
} from './resource-page.ts';

/** Every statement here is about messages of type chat: others are as good as absent (S-118). */

type JsonObject = Readonly<Record<string, unknown>>;
type Frequency = 'once' | 'once_per_session' | 'always';

/** What callers write of an outbound message. */
export interface OutboundMessageValues {
  readonly name: string;
  readonly content: JsonObject;
  readonly targeting: JsonObject | null;
  readonly triggers: JsonObject | null;
  readonly frequency: Frequency | null;
  readonly scheduling: JsonObject | null;
  readonly priority: number | null;
}

export interface OutboundMessage extends OutboundMessageValues {
  readonly id: string;
  readonly status: OutboundMessageStatus;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

interface OutboundMessageRow {
  id: string;
  name: string;
  content: JsonObject;
  targeting: JsonObject | null;
  triggers: JsonObject | null;
  frequency: Frequency | null;
  scheduling: JsonObject | null;
  status: OutboundMessageStatus;
  priority: number | null;
  created_at: Date;
  updated_at: Date;
}

const columns = `o.id, o.name, o.content, o.targeting, o.triggers, o.frequency, o.scheduling, o.status,
  o.priority, o.created_at, o.updated_at`;

const toOutboundMessage = (row: OutboundMessageRow): OutboundMessage => ({
  id: row.id,
  name: row.name,
  content: row.content,
  targeting: row.targeting,
  triggers: row.triggers,
  frequency: row.frequency,
  scheduling: row.scheduling,
  status: row.status,
  priority: row.priority,
  createdAt: row.created_at,
  updatedAt: row.updated_at,
});

const source: PageSource = {
  columns,
  from: 'outbound_messages o',
  tenantColumn: 'o.tenant_id',
  idColumn: 'o.id',
  sortColumn: 'o.updated_at',
};

/** Outbound messages of the tenant, last changed first. Takes one row more than `limit`. */
export async function listOutboundMessages(
  tx: TenantTx,
  page: ResourcePage,
  filter: { readonly status: OutboundMessageStatus | undefined },
): Promise<(OutboundMessage & { readonly position: Position })[]> {
  const rows = await readResourcePage<OutboundMessageRow & PageRow>(tx, source, page, [
    ...equals('o.type', 'text', 'chat'),
    ...equals('o.status', 'text', filter.status),
  ]);
  return rows.map((row) => ({ ...toOutboundMessage(row), position: positionOf(row) }));
}

/** An outbound message, or undefined. `for update` locks it until the commit. */
export async function findOutboundMessage(
  tx: TenantTx,
  id: string,
  lock: 'none' | 'for update' = 'none',
): Promise<OutboundMessage | undefined> {
  const { rows } = await tx.query<OutboundMessageRow>({
    text: `
      select ${columns} from outbound_messages o
      where o.tenant_id = $1::uuid and o.id = $2::uuid and o.type = 'chat'
      ${lock === 'none' ? '' : 'for update'}`,
    values: [tx.tenantId, id],
  });
  return rows[0] && toOutboundMessage(rows[0]);
}

/** Stores a new draft. */
export async function insertOutboundMessage(
  tx: TenantTx,
  id: string,
  message: OutboundMessageValues,
): Promise<OutboundMessage> {
  const { rows } = await tx.query<OutboundMessageRow>({
    text: `
      insert into outbound_messages as o (tenant_id, id, type, name, content, targeting, triggers,
        frequency, scheduling, priority, status, created_at, updated_at)
      select $1::uuid, $2::uuid, 'chat', $3::text, $4::jsonb, $5::jsonb, $6::jsonb, $7::text,
        $8::jsonb, $9::integer, 'draft', moment, moment
      from clock_timestamp() moment
      returning ${columns}`,
    values: [tx.tenantId, id, ...written(message)],
  });
  return toOutboundMessage(rows[0] as OutboundMessageRow);
}

/** Stores what a message has become. The row is locked by the caller. */
export async function updateOutboundMessage(
  tx: TenantTx,
  id: string,
  message: OutboundMessageValues,
): Promise<OutboundMessage> {
  const { rows } = await tx.query<OutboundMessageRow>({
    text: `
      update outbound_messages o set name = $3::text, content = $4::jsonb, targeting = $5::jsonb,
        triggers = $6::jsonb, frequency = $7::text, scheduling = $8::jsonb, priority = $9::integer,
        updated_at = clock_timestamp()
      where o.tenant_id = $1::uuid and o.id = $2::uuid and o.type = 'chat'
      returning ${columns}`,
    values: [tx.tenantId, id, ...written(message)],
  });
  return toOutboundMessage(rows[0] as OutboundMessageRow);
}

/** Gives a message another status. The row is locked by the caller. */
export async function setOutboundMessageStatus(
  tx: TenantTx,
  id: string,
  status: OutboundMessageStatus,
): Promise<void> {
  await tx.query({
    text: `
      update outbound_messages o set status = $3::text, updated_at = clock_timestamp()
      where o.tenant_id = $1::uuid and o.id = $2::uuid and o.type = 'chat'`,
    values: [tx.tenantId, id, status],
  });
}

export async function deleteOutboundMessage(tx: TenantTx, id: string): Promise<void> {
  await tx.query({
    text: `
      delete from outbound_messages o
      where o.tenant_id = $1::uuid and o.id = $2::uuid and o.type = 'chat'`,
    values: [tx.tenantId, id],
  });
}

const json = (value: JsonObject | null): string | null =>
  value === null ? null : JSON.stringify(value);

const written = (message: OutboundMessageValues): unknown[] => [
  message.name,
  json(message.content),
  json(message.targeting),
  json(message.triggers),
  message.frequency,
  json(message.scheduling),
  message.priority,
];
