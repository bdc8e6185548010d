import { Client, Connection } from '@temporalio/client';
import { inject } from 'vitest';

export interface TestClient {
  readonly client: Client;
  close(): Promise<void>;
}

/** A client of the run's Temporal server, as an operator's tool would be. */
export async function connectClient(): Promise<TestClient> {
  const connection = await Connection.connect({ address: inject('servers').temporalAddress });
  return { client: new Client({ connection }), close: () => connection.close() };
}
