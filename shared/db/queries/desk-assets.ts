import { makeDeskRead } from './desk-read.ts';
import { equals } from './resource-page.ts';

/** An asset as the API shows it. */
export interface DeskAsset {
  readonly id: string;
  /** Null for a device that nobody has given to a client yet. */
  readonly clientId: string | null;
  readonly assetType: string;
  readonly name: string;
  readonly assetTag: string | null;
  readonly serialNumber: string | null;
  readonly status: string;
  readonly location: string | null;
  readonly externalScopeId: string | null;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

interface AssetRow {
  id: string;
  client_id: string | null;
  asset_type: string;
  name: string;
  asset_tag: string | null;
  serial_number: string | null;
  status: string;
  location: string | null;
  external_scope_id: string | null;
  created_at: Date;
  updated_at: Date;
}

export interface DeskAssetFilter {
  readonly clientId: string | undefined;
  readonly assetType: string | undefined;
  readonly status: string | undefined;
}

/** Assets of the tenant, last changed first. */
export const deskAssets = makeDeskRead({
  source: {
    columns: `a.id, a.client_id, a.asset_type, a.name, a.asset_tag, a.serial_number, a.status,
      a.location, a.external_scope_id, a.created_at, a.updated_at`,
    from: 'assets a',
    tenantColumn: 'a.tenant_id',
    idColumn: 'a.id',
    sortColumn: 'a.updated_at',
  },
  conditions: ({ clientId, assetType, status }: DeskAssetFilter) => [
    ...equals('a.client_id', 'uuid', clientId),
    ...equals('a.asset_type', 'text', assetType),
    ...equals('a.status', 'text', status),
  ],
  map: (row: AssetRow): DeskAsset => ({
    id: row.id,
    clientId: row.client_id,
    assetType: row.asset_type,
    name: row.name,
    assetTag: row.asset_tag,
    serialNumber: row.serial_number,
    status: row.status,
    location: row.location,
    externalScopeId: row.external_scope_id,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  }),
});
