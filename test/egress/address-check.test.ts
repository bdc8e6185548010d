import { describe, expect, test } from 'vitest';
import { admitAddresses, dialledAddressesMax } from '../../shared/egress/admission.ts';
import { makeConnector } from '../../shared/egress/connector.ts';
import { isOwnAddress } from '../../shared/egress/own-addresses.ts';
import { closedPolicy, type EgressPolicy } from '../../shared/egress/policy.ts';
import {
  makeNames,
  openEgress,
  postTo,
  publicAddress,
  reaching,
  startReceiver,
  type Receiver,
} from './rig.ts';

const startQuietReceiver = (): Promise<Receiver> =>
  startReceiver((_request, response) => response.end());

describe('the addresses that are dialled', () => {
  test('row 64 S-082 a name that was public when it was saved is refused when it leads inside', async () => {
    const receiver = await startQuietReceiver();
    let address = publicAddress;
    const { resolve } = makeNames({ 'hooks.example.com': () => [address] });
    const policy = { ...closedPolicy, allowHttp: true, ports: [receiver.port] };
    const egress = openEgress({ policy, resolve });
    const url = `http://hooks.example.com:${receiver.port}/`;
    expect(await egress.checkUrl(url)).toMatchObject({ ok: true });
    address = '127.0.0.1';
    expect(await postTo(egress, url)).toMatchObject({ kind: 'failed', class: 'blocked' });
    expect(receiver.connections).toBe(0);
  });

  test('row 65 S-082 one address inside refuses the others, in whatever order', async () => {
    const receiver = await startQuietReceiver();
    const addresses = ['127.0.0.1', '10.0.0.5'];
    for (const answer of [addresses, addresses.toReversed(), ['127.0.0.1', '::ffff:10.0.0.5']]) {
      const { resolve } = makeNames({ 'hooks.example.com': answer });
      const egress = openEgress({ policy: reaching(receiver), resolve });
      const result = await postTo(egress, `http://hooks.example.com:${receiver.port}/`);
      expect(result).toMatchObject({ kind: 'failed', class: 'blocked' });
    }
    expect(receiver.connections).toBe(0);
  });

  test('S-082 a translated address beside a good one is passed over', async () => {
    const receiver = await startQuietReceiver();
    const { resolve } = makeNames({ 'hooks.example.com': ['64:ff9b::a00:1', '127.0.0.1'] });
    const egress = openEgress({ policy: reaching(receiver), resolve });
    const result = await postTo(egress, `http://hooks.example.com:${receiver.port}/`);
    expect(result.kind).toBe('answered');
  });

  test('S-081 a public address of this very machine is refused', () => {
    const request = { url: new URL('https://a.example.com/'), policy: closedPolicy };
    const addresses = [publicAddress];
    expect(admitAddresses({ ...request, addresses, isOwnAddress: () => false }).ok).toBe(true);
    expect(admitAddresses({ ...request, addresses, isOwnAddress: () => true }).ok).toBe(false);
    expect(isOwnAddress('127.0.0.1')).toBe(true);
    expect(isOwnAddress('::ffff:127.0.0.1')).toBe(true);
    expect(isOwnAddress(publicAddress)).toBe(false);
  });

  test('S-081 are judged where the host is an address too, for which sockets look nothing up', async () => {
    const receiver = await startQuietReceiver();
    const { resolve } = makeNames({});
    const origin = new URL(`http://127.0.0.1:${receiver.port}`);
    const connect = makeConnector(origin, false, {
      policy: closedPolicy,
      resolve,
      isOwnAddress,
      caCertificates: [],
    });
    const { hostname, host, protocol, port } = origin;
    const refusal = await new Promise((settle) => {
      connect({ hostname, host, protocol, port }, (...args) => settle(args[0]));
    });
    expect(refusal).toMatchObject({ failure: 'blocked' });
    expect(receiver.connections).toBe(0);
  });

  test('are a few at most, each once', () => {
    const many = Array.from({ length: 40 }, (_, index) => `8.8.${index % 20}.1`);
    const admission = admitAddresses({
      url: new URL('https://a.example.com/'),
      addresses: many,
      policy: closedPolicy,
      isOwnAddress: () => false,
    });
    expect(admission.ok && new Set(admission.addresses).size).toBe(dialledAddressesMax);
  });
});

describe('what the operator opens', () => {
  const admits = (address: string, url: string, policy: Partial<EgressPolicy>): boolean =>
    admitAddresses({
      url: new URL(url),
      addresses: [address],
      policy: { ...closedPolicy, ...policy },
      isOwnAddress: () => false,
    }).ok;

  test('S-084 a range is open at its port only, and no port of public hosts with it', () => {
    const allowRanges = [{ cidr: '10.1.0.0/16', port: 8443 }];
    expect(admits('10.1.2.3', 'https://a.example.com:8443/', { allowRanges })).toBe(true);
    expect(admits('10.1.2.3', 'https://a.example.com/', { allowRanges })).toBe(false);
    expect(admits('10.2.0.1', 'https://a.example.com:8443/', { allowRanges })).toBe(false);
    expect(admits('8.8.8.8', 'https://a.example.com:8443/', { allowRanges })).toBe(false);
    expect(admits('8.8.8.8', 'https://a.example.com:8443/', { ports: [8443] })).toBe(true);
  });

  test('row 35 S-084 a translator is open to public targets, and stays shut to others', () => {
    const allowRanges = [{ cidr: '64:ff9b::/96', port: 443 }];
    expect(admits('64:ff9b::808:808', 'https://a.example.com/', { allowRanges })).toBe(true);
    expect(admits('64:ff9b::7f00:1', 'https://a.example.com/', { allowRanges })).toBe(false);
    expect(admits('64:ff9b::808:808', 'https://a.example.com/', {})).toBe(false);
  });

  test('S-084 an exempt URL passes, and no other of the same host, not even over its open connection', async () => {
    const receiver = await startQuietReceiver();
    const origin = `http://hooks.example.com:${receiver.port}`;
    const { resolve } = makeNames({ 'hooks.example.com': ['127.0.0.1'] });
    const policy = {
      ...closedPolicy,
      allowHttp: true,
      ports: [receiver.port],
      exemptUrls: [`${origin}/hook`],
    };
    const egress = openEgress({ policy, resolve });
    expect(await postTo(egress, `${origin}/hook`)).toMatchObject({ kind: 'answered' });
    for (const path of ['/', '/hook/', '/hook?', '/hook?a=1', '/other']) {
      const result = await postTo(egress, `${origin}${path}`);
      expect(result, path).toMatchObject({ kind: 'failed', class: 'blocked' });
    }
    expect(await postTo(egress, `${origin}/x/../hook`)).toMatchObject({ kind: 'answered' });
    expect(receiver.requests).toBe(2);
  });

  test('S-084 an exempt URL may name an address, and is saved without a look-up', async () => {
    const receiver = await startQuietReceiver();
    const url = `http://127.0.0.1:${receiver.port}/hook`;
    const { resolve, asked } = makeNames({});
    const egress = openEgress({ policy: { ...closedPolicy, exemptUrls: [url] }, resolve });
    expect(await egress.checkUrl(url)).toMatchObject({ ok: true, isExempt: true });
    expect(await postTo(egress, url)).toMatchObject({ kind: 'answered' });
    expect(asked).toEqual([]);
  });

  test('S-080 development mode lets this machine through and marks it, and no name that leads to it', async () => {
    const receiver = await startQuietReceiver();
    const { resolve } = makeNames({ 'hooks.example.com': ['127.0.0.1'] });
    const policy = { ...closedPolicy, allowHttp: true, ports: [receiver.port] };
    const egress = openEgress({ policy: { ...policy, allowLoopback: true }, resolve });
    for (const host of ['127.0.0.1', 'localhost', '2130706433']) {
      const url = `http://${host}:${receiver.port}/`;
      expect(await egress.checkUrl(url), host).toMatchObject({ ok: true, isLoopback: true });
      expect(await postTo(egress, url), host).toMatchObject({ kind: 'answered' });
    }
    expect(await egress.checkUrl('http://[::1]:9/')).toMatchObject({ ok: true, isLoopback: true });
    for (const host of ['hooks.example.com', '127.0.0.2', '0.0.0.0', 'a.localhost']) {
      const url = `http://${host}:${receiver.port}/`;
      expect(await egress.checkUrl(url), host).toMatchObject({ ok: false });
      expect(await postTo(egress, url), host).toMatchObject({ class: 'blocked' });
    }
  });
});
