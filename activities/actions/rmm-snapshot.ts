import { z } from 'zod';
import { refuseValue, type ActionRefusal } from './contract.ts';
import type { JsonObject } from './define-action.ts';
import { externalIdLengthMax } from './fields.ts';

/** A text, or a number as one; null and empty text count as absent. */
const text = (lengthMax: number) =>
  z
    .union([z.string(), z.number().transform(String)])
    .pipe(z.string().max(lengthMax))
    .nullish()
    .transform((value) => value || undefined);

const snapshotSchema = z.looseObject({
  provider: z.enum([
    'ninjaone',
    'tacticalrmm',
    'tanium',
    'levelio',
    'datto',
    'connectwise_automate',
    'huntress',
  ]),
  device_id: text(externalIdLengthMax),
  name: text(255),
  serial_number: text(255),
});

/** The remote-monitoring providers whose devices are taken in. */
export const rmmProviders = snapshotSchema.shape.provider.options;

/** What a provider says of one of its devices. */
export interface DeviceReport {
  readonly provider: string;
  readonly deviceId: string;
  readonly name: string | undefined;
  readonly serialNumber: string | undefined;
  readonly snapshot: JsonObject;
}

/** Reads a mapped snapshot. A device without an id of its own goes by the external id. */
export function readSnapshot(
  snapshot: JsonObject,
  externalId: string,
): DeviceReport | ActionRefusal {
  const parsed = snapshotSchema.safeParse(snapshot);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    return refuseValue('rmm_snapshot', `Its ${issue?.path.join('.')}: ${issue?.message}.`);
  }
  const { provider, device_id: deviceId = externalId, name, serial_number } = parsed.data;
  return { provider, deviceId, name, serialNumber: serial_number, snapshot };
}
