import { describe, expect, test } from 'vitest';
import { closedPolicy } from '../../shared/egress/policy.ts';
import { makeResolve } from '../../shared/egress/resolver.ts';
import { eventually } from '../support/eventually.ts';
import { startNameServer, type Records } from './name-server.ts';
import { openEgress, postTo, publicAddress } from './rig.ts';

async function startResolver(zone: Readonly<Record<string, Records>>, timeoutMs = 5_000) {
  const server = await startNameServer(zone);
  return { ...server, resolve: makeResolve({ servers: [server.address], timeoutMs, tries: 1 }) };
}

const never = new AbortController().signal;

describe('the resolver', () => {
  test('finds the addresses of both families, IPv4 first, and asks for nothing but the name', async () => {
    const { resolve, asked } = await startResolver({
      'a.example.com': { a: ['8.8.8.8', '8.8.4.4'], aaaa: ['2001:4860:4860:0:0:0:0:8888'] },
    });
    const addresses = await resolve('a.example.com', never);
    expect(addresses.toSorted()).toEqual(['2001:4860:4860::8888', '8.8.4.4', '8.8.8.8']);
    expect(addresses.at(-1)).toContain(':');
    expect(asked.toSorted()).toEqual(['a.example.com a', 'a.example.com aaaa']);
  });

  test('row 66 S-081 an alias is judged by the addresses at its end', async () => {
    const { resolve } = await startResolver({
      'a.example.com': { cname: 'b.example.com' },
      'b.example.com': { cname: 'db.corp.example.com' },
      'db.corp.example.com': { a: ['10.0.0.7'] },
    });
    expect(await resolve('a.example.com', never)).toEqual(['10.0.0.7']);
    const egress = openEgress({ policy: closedPolicy, resolve });
    expect(await egress.checkUrl('https://a.example.com/')).toMatchObject({ ok: false });
    const result = await postTo(egress, 'https://a.example.com/');
    expect(result).toMatchObject({ kind: 'failed', class: 'blocked' });
  });

  test('S-080 a name that does not exist, or has no addresses, has none', async () => {
    const { resolve } = await startResolver({ 'empty.example.com': {} });
    expect(await resolve('empty.example.com', never)).toEqual([]);
    expect(await resolve('missing.example.com', never)).toEqual([]);
    const egress = openEgress({ policy: closedPolicy, resolve });
    expect(await egress.checkUrl('https://missing.example.com/')).toMatchObject({ ok: false });
  });

  test('goes by one family when the other is broken, or says nothing', async () => {
    const { resolve } = await startResolver({
      'broken.example.com': { a: [publicAddress], broken: ['aaaa'] },
      'slow.example.com': { a: [publicAddress], silent: ['aaaa'] },
    });
    const startedAt = performance.now();
    for (const name of ['broken.example.com', 'slow.example.com']) {
      expect(await resolve(name, never), name).toEqual([publicAddress]);
    }
    expect(performance.now() - startedAt).toBeLessThan(3_000);
  });

  test('a name that nobody can tell anything of is an error, not a name without addresses', async () => {
    const zone: Record<string, Records> = {
      'broken.example.com': { broken: ['a', 'aaaa'] },
      'half.example.com': { broken: ['a'] },
      'silent.example.com': { silent: ['a', 'aaaa'] },
    };
    const { resolve } = await startResolver(zone, 300);
    for (const name of Object.keys(zone)) {
      await expect(resolve(name, never), name).rejects.toThrow('could not be looked up');
    }
  });

  test('ends a look-up when it is told to', async () => {
    const { resolve, asked } = await startResolver({
      'silent.example.com': { silent: ['a', 'aaaa'] },
    });
    const caller = new AbortController();
    const looking = resolve('silent.example.com', caller.signal);
    await Promise.all([
      expect(looking).rejects.toThrow('ECANCELLED'),
      eventually(() => expect(asked).toHaveLength(2)).then(() => caller.abort()),
    ]);
    await expect(resolve('silent.example.com', caller.signal)).rejects.toThrow('aborted');
  });
});
