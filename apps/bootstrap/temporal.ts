import { Connection } from '@temporalio/client';
import proto from '@temporalio/proto';
import type { TemporalConfig } from '../../shared/config/temporal.ts';
import { searchAttributes } from '../../workflows/inbound-delivery/contract.ts';

const { IndexedValueType } = proto.temporal.api.enums.v1;

/**
 * Registers the search attributes that Tidegate sets. Safe to repeat. The server answers OK when a
 * name exists with another type, so the result is read back and compared; a mismatch is an Error
 * that says what to do.
 */
export async function registerSearchAttributes({
  connectionOptions,
  namespace,
}: TemporalConfig): Promise<void> {
  const connection = await Connection.connect(connectionOptions);
  try {
    const wanted = Object.fromEntries(
      Object.values(searchAttributes).map((name) => [
        name,
        IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD,
      ]),
    );
    await connection.operatorService.addSearchAttributes({ namespace, searchAttributes: wanted });
    const { customAttributes } = await connection.operatorService.listSearchAttributes({
      namespace,
    });
    for (const [name, type] of Object.entries(wanted)) {
      if (customAttributes[name] !== type) {
        throw new Error(
          `search attribute ${name} exists in namespace ${namespace} with another type; remove it with "temporal operator search-attribute remove --name ${name}"`,
        );
      }
    }
  } finally {
    await connection.close();
  }
}
