import { Client, Connection } from '@temporalio/client';
import proto from '@temporalio/proto';
import type { Config } from '../../shared/config/schema.ts';
import type { TemporalConfig } from '../../shared/config/temporal.ts';
import { searchAttributes } from '../../workflows/inbound-delivery/contract.ts';
import { prepareNamespace, type PreparedNamespace } from './namespace.ts';
import { prepareSchedules } from './schedules.ts';

const { IndexedValueType } = proto.temporal.api.enums.v1;

export type TemporalSettings = Pick<
  Config,
  | 'TIDEGATE_TASK_QUEUE'
  | 'TIDEGATE_BODY_RETENTION_DAYS'
  | 'TIDEGATE_REJECTED_RETENTION_DAYS'
  | 'TIDEGATE_WORKFLOW_RETENTION_DAYS'
  | 'TIDEGATE_EVENT_RETENTION_DAYS'
  | 'TIDEGATE_DELIVERY_RETENTION_DAYS'
>;

export interface PreparedTemporal {
  readonly namespace: PreparedNamespace;
  readonly schedules: Readonly<Record<string, 'created' | 'updated'>>;
}

const dayMs = 86_400_000;
const keyword = IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD;

/** Namespace, search attributes and schedules, from nothing or from any older state. Safe to repeat. */
export function prepareTemporal(
  temporal: TemporalConfig,
  settings: TemporalSettings,
): Promise<PreparedTemporal> {
  return withConnection(temporal, async (connection, namespace) => {
    const prepared = await prepareNamespace(
      connection,
      namespace,
      settings.TIDEGATE_WORKFLOW_RETENTION_DAYS * dayMs,
    );
    await addSearchAttributes(connection, namespace);
    const schedules = await prepareSchedules(
      new Client({ connection, namespace }),
      settings.TIDEGATE_TASK_QUEUE,
      {
        bodyMs: settings.TIDEGATE_BODY_RETENTION_DAYS * dayMs,
        rejectedMs: settings.TIDEGATE_REJECTED_RETENTION_DAYS * dayMs,
        // What the server really keeps, which may be longer than the setting.
        workflowMs: prepared.retentionMs,
        eventMs: settings.TIDEGATE_EVENT_RETENTION_DAYS * dayMs,
        deliveryMs: settings.TIDEGATE_DELIVERY_RETENTION_DAYS * dayMs,
      },
    );
    return { namespace: prepared, schedules };
  });
}

/** Registers the search attributes that Tidegate sets, and nothing else. Safe to repeat. */
export function registerSearchAttributes(temporal: TemporalConfig): Promise<void> {
  return withConnection(temporal, addSearchAttributes);
}

async function withConnection<Result>(
  { connectionOptions, namespace }: TemporalConfig,
  work: (connection: Connection, namespace: string) => Promise<Result>,
): Promise<Result> {
  const connection = await Connection.connect(connectionOptions);
  try {
    return await work(connection, namespace);
  } finally {
    await connection.close();
  }
}

/**
 * The server answers OK when a name exists with another type, so the result is read back and
 * compared; a mismatch is an Error that says what to do.
 */
async function addSearchAttributes(connection: Connection, namespace: string): Promise<void> {
  const wanted = Object.fromEntries(Object.values(searchAttributes).map((name) => [name, keyword]));
  await connection.operatorService.addSearchAttributes({ namespace, searchAttributes: wanted });
  const [name] = await wrongSearchAttributes(connection, namespace);
  if (name !== undefined) {
    throw new Error(
      `search attribute ${name} exists in namespace ${namespace} with another type; remove it with "temporal operator search-attribute remove --name ${name}"`,
    );
  }
}

/** The search attributes that the namespace lacks or has with another type. */
export async function wrongSearchAttributes(
  connection: Connection,
  namespace: string,
): Promise<string[]> {
  const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace });
  return Object.values(searchAttributes).filter((name) => customAttributes[name] !== keyword);
}
