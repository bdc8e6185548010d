import { isRefusal } from './contract.ts';
import { defineAction } from './define-action.ts';
import { recordEvent } from './effects.ts';
import { claim, resolveByEither } from './external-ids.ts';
import { externalId, externalIdOf, json, ref, required, text } from './fields.ts';
import { ingestDevice } from './ingest-device.ts';
import { readSnapshot, rmmProviders } from './rmm-snapshot.ts';
import { saveAsset } from './save-asset.ts';

/** Creates an asset or changes what is mapped of it; a snapshot goes through device ingestion (S-029). */
export const upsertAssetByExternalId = defineAction({
  name: 'upsertAssetByExternalId',
  entityType: 'asset',
  displayName: 'Create or update asset',
  description: 'Creates the asset with an external id, or changes its mapped fields.',
  targetFields: [
    required(externalId("The sender's id of the asset")),
    ref('client_id', 'client', 'Client the asset belongs to'),
    externalIdOf(
      'client_external_id',
      'The same by external id; not looked at when `client_id` is mapped',
    ),
    text('asset_type', 'Kind; a new asset is `unknown` when absent', 64),
    text('name', 'Name; a new asset has its external id when absent', 500),
    text('asset_tag', 'Tag on the device'),
    text('serial_number', 'Serial number'),
    text('status', 'Status; a new asset is `active` when absent', 64),
    text('location', 'Where it is'),
    text('external_scope_id', "The sender's id of the site or organisation it belongs to"),
    json('rmm_snapshot', 'What a remote-monitoring provider says of the device'),
  ],
  behavior: [
    'On an update, a field that the mapping does not yield stays as it is.',
    `A snapshot goes through device ingestion: its \`provider\` must be one of ${rmmProviders.map((name) => `\`${name}\``).join(', ')}.`,
    "The snapshot's `device_id`, or else the external id, names the device; a device is one asset, whichever hooks report it. The last snapshot is kept as it came.",
    'A new asset takes `name` and `serial_number` from the snapshot when they are not mapped.',
  ],
  metadata: { created: 'whether the asset is new' },
  events: ['asset.created', 'asset.updated'],
  async handle(context, fields) {
    const { external_id, client_id, client_external_id, rmm_snapshot } = fields;
    const report = rmm_snapshot && readSnapshot(rmm_snapshot, external_id);
    if (isRefusal(report)) return report;
    const clientId = await resolveByEither(context, 'client', client_id, client_external_id);
    if (isRefusal(clientId)) return clientId;
    const asset = {
      clientId,
      assetType: fields.asset_type,
      name: fields.name,
      assetTag: fields.asset_tag,
      serialNumber: fields.serial_number,
      status: fields.status,
      location: fields.location,
      externalScopeId: fields.external_scope_id,
    };
    const saved =
      report === undefined
        ? await saveAsset(
            context.tx,
            await claim(context, 'asset', external_id),
            asset,
            external_id,
          )
        : await ingestDevice(context, external_id, report, asset);
    if (isRefusal(saved)) return saved;
    await recordEvent(context, {
      type: saved.isNew ? 'asset.created' : 'asset.updated',
      objectType: 'asset',
      objectId: saved.entityId,
      data: { clientId: saved.clientId },
    });
    return {
      entityId: saved.entityId,
      externalId: external_id,
      message: `Asset ${saved.isNew ? 'created' : 'updated'}.`,
      metadata: { created: saved.isNew },
    };
  },
});
