import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { seedDemo } from '../../apps/dev/demo.ts';
import { makeSecrets } from '../../apps/dev/secrets.ts';
import { parseKeyRing } from '../../shared/crypto/key-ring.ts';
import { makeTenantVault } from '../../shared/crypto/tenant-vault.ts';
import { findEndpointByName, updateEndpoint } from '../../shared/db/queries/endpoints.ts';
import { parseTenantId } from '../../shared/domain/ids.ts';
import { rotateSecret, rotationItself } from '../../shared/outbound/secret-rotation.ts';
import { secretPrefix } from '../../shared/signing/secrets.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { makeFactory, type Factory } from '../support/factory.ts';

const secrets = makeSecrets();
const tenantId = parseTenantId(secrets.demoTenantId);

let database: TestDatabase;
let factory: Factory;
beforeAll(async () => {
  database = await createTestDatabase();
  factory = makeFactory(database.appUrl, secrets.masterKeys);
});
afterAll(async () => {
  await factory.close();
  await database.drop();
});

const seed = (port: number) => seedDemo(database.appUrl, secrets, `http://127.0.0.1:${port}/`);

/** The demo's endpoint as it is stored. */
async function echo() {
  const endpoint = await factory.withTenant(tenantId, (tx) => findEndpointByName(tx, 'echo'));
  if (endpoint === undefined) throw new Error('there is no endpoint');
  return endpoint;
}

describe("the demo's endpoint", () => {
  test('follows its receiver to another port, and keeps what was set on it', async () => {
    await seed(8_090);
    const made = await echo();
    expect(made.secretPrefix).toBe(secretPrefix(secrets.demoEndpointSecret));
    await factory.withTenant(tenantId, (tx) =>
      updateEndpoint(tx, made.id, { ...made, ratePerMinute: 7, eventTypes: ['ticket.*'] }),
    );
    await seed(8_091);
    expect(await echo()).toMatchObject({
      id: made.id,
      url: 'http://127.0.0.1:8091/',
      ratePerMinute: 7,
      eventTypes: ['ticket.*'],
    });
  });

  test('S-070 has the secret of its receiver again after somebody rotated it', async () => {
    await seed(8_090);
    const { id } = await echo();
    const vault = makeTenantVault(parseKeyRing(secrets.masterKeys));
    const rotation = { endpointId: id, graceSeconds: 3_600 };
    await factory.withTenant(tenantId, (tx) => rotateSecret(vault, tx, rotation, rotationItself));
    const mine = secretPrefix(secrets.demoEndpointSecret);
    expect((await echo()).secretPrefix).not.toBe(mine);
    await seed(8_090);
    expect((await echo()).secretPrefix).toBe(mine);
  });
});
