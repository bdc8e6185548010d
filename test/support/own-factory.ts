import { createTestDatabase, type TestDatabase } from './database.ts';
import { makeFactory, type Factory } from './factory.ts';

/** A factory with a database of its own, which goes when it is closed. */
export type OwnFactory = Factory & {
  readonly database: TestDatabase;
  readonly masterKeys: string;
};

export async function makeOwnFactory(): Promise<OwnFactory> {
  const database = await createTestDatabase();
  const masterKeys = `k:${Buffer.alloc(32, 1).toString('base64')}`;
  const factory = makeFactory(database.appUrl, masterKeys);
  return {
    ...factory,
    database,
    masterKeys,
    async close() {
      await factory.close();
      await database.drop();
    },
  };
}
