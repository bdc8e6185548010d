import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  dispatchableOf,
  makeAcceptedDeliveries,
} from '../../apps/gateway/receiver/accepted-deliveries.ts';
import { findReceivingHook, type ReceivingHook } from '../../shared/db/queries/hooks.ts';
import {
  acceptDelivery,
  findDispatchable,
  type AcceptedRequest,
  type DispatchableDelivery,
} from '../../shared/db/queries/inbound-deliveries.ts';
import { acceptedRequest, type TestHook } from '../support/factory.ts';
import { makeOwnFactory, type OwnFactory } from '../support/own-factory.ts';

let factory: OwnFactory;
let hook: TestHook;
let receiving: ReceivingHook;

beforeAll(async () => {
  factory = await makeOwnFactory();
  hook = await factory.hook(await factory.tenant());
  const found = await factory.withTenant(hook.tenant.id, (tx) => findReceivingHook(tx, hook.slug));
  if (found === undefined) throw new Error('the hook is there');
  receiving = found;
});
afterAll(() => factory.close());

/** Accepts a request; gives what is known of it then, and what its dispatch reads. */
async function accept(
  request: AcceptedRequest,
): Promise<Record<'known' | 'read', DispatchableDelivery>> {
  const statements = factory.selfContained(hook.tenant.id);
  const acceptance = await acceptDelivery(statements, request);
  if (acceptance.kind !== 'accepted') throw new Error(`it is ${acceptance.kind}`);
  const read = await findDispatchable(statements, request.id);
  if (read === undefined) throw new Error('it is stored');
  return { known: dispatchableOf(request, receiving, acceptance.receivedAt), read };
}

describe('what a gateway knows of a delivery that it has accepted', () => {
  const text = fc.string({ unit: 'binary' });
  const name = fc.oneof(text, fc.constantFrom('a', 'b', 'aa', 'ab', 'é', '1', '10', '2', '\0'));
  const values = fc.dictionary(name, fc.oneof(text, fc.array(text, { maxLength: 3 })), {
    maxKeys: 6,
    noNullPrototype: true,
  });

  test('S-039 is what its dispatch would read, names in the same order, whatever was sent', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.dictionary(name, text, { maxKeys: 6, noNullPrototype: true }),
        values,
        fc.uint8Array({ maxLength: 64 }),
        async (headers, query, bytes) => {
          const body = Buffer.from(bytes);
          const { known, read } = await accept(acceptedRequest(hook, { headers, query, body }));
          expect(known).toEqual(read);
          // What an expression can see of it: the order of names, too.
          expect(JSON.stringify(known)).toBe(JSON.stringify(read));
        },
      ),
      { numRuns: 200 },
    );
  });

  test('S-015 names its idempotency key', async () => {
    const { known, read } = await accept(acceptedRequest(hook, { idempotencyKey: 'key-1' }));
    expect(known).toEqual(read);
    expect(known.idempotencyKey).toBe('key-1');
  });
});

describe('accepted deliveries', () => {
  test('S-017 are given once: whoever comes again reads what has become of them', async () => {
    const accepted = makeAcceptedDeliveries();
    const { known } = await accept(acceptedRequest(hook));
    accepted.keep(known.id, () => known);
    expect(accepted.take(known.id)).toBe(known);
    expect(accepted.take(known.id)).toBeUndefined();
  });

  test('are forgotten when nobody waits for them any more', async () => {
    const accepted = makeAcceptedDeliveries();
    const { known } = await accept(acceptedRequest(hook));
    accepted.keep(known.id, () => known)();
    expect(accepted.take(known.id)).toBeUndefined();
  });
});
