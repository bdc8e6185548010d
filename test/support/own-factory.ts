import { createTestDatabase, type TestDatabase } from './database.ts';
import { makeFactory, type Factory } from './factory.ts';

/** A factory with a database of its own, which goes when it is closed. */
export type OwnFactory = Factory & { readonly database: TestDatabase };

export async function makeOwnFactory(): Promise<OwnFactory> {
  const database = await createTestDatabase();
  const factory = makeFactory(database.appUrl, `k:${Buffer.alloc(32, 1).toString('base64')}`);
  return {
    ...factory,
    database,
    async close() {
      await factory.close();
      await database.drop();
    },
  };
}
