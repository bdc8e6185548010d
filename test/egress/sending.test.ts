import type { Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import type { TLSSocket } from 'node:tls';
import { gzipSync } from 'node:zlib';
import { beforeAll, describe, expect, test } from 'vitest';
import { answerBytesMax } from '../../shared/egress/exchange.ts';
import { closedPolicy } from '../../shared/egress/policy.ts';
import {
  makeAuthority,
  makeNames,
  openEgress,
  postOnceTo,
  postTo,
  reaching,
  startRawReceiver,
  startReceiver,
  startTlsReceiver,
  type Authority,
} from './rig.ts';

let authority: Authority;
beforeAll(async () => {
  authority = await makeAuthority();
});

describe('a request that goes out', () => {
  test('S-056 S-082 reaches the checked address under its name, over TLS, with body and headers as given', async () => {
    const seen: unknown[] = [];
    const receiver = await startTlsReceiver(authority, 'hooks.example.com', (request, response) => {
      const { servername } = request.socket as TLSSocket & { servername?: string };
      seen.push(servername, request.headers, request.method, request.url);
      void text(request).then((body) => {
        seen.push(body);
        response.writeHead(200, { 'Retry-After': '7', 'Set-Cookie': 'a=b' }).end('taken');
      });
    });
    const { resolve, asked } = makeNames({ 'hooks.example.com': ['127.0.0.1'] });
    const egress = openEgress({
      policy: reaching(receiver),
      resolve,
      caCertificates: [authority.certificate],
    });
    const url = `https://hooks.example.com:${receiver.port}/in?key=1`;
    const result = await postTo(egress, url, { headers: { 'Webhook-Id': 'evt_1' } });
    expect(result).toMatchObject({ kind: 'answered', status: 200, isBodyCut: false });
    expect(result).toHaveProperty('headers.retry-after', '7');
    expect(result).not.toHaveProperty('headers.set-cookie');
    expect(result.kind === 'answered' && result.body.toString()).toBe('taken');
    expect(seen).toEqual([
      'hooks.example.com',
      expect.objectContaining({
        host: `hooks.example.com:${receiver.port}`,
        'webhook-id': 'evt_1',
        'accept-encoding': 'identity',
        'content-length': '7',
      }),
      'POST',
      '/in?key=1',
      '{"a":1}',
    ]);
    expect(asked, 'the address that was checked is the one that is used').toHaveLength(1);
  });

  test('uses connections again and again, and no more than its limit at once', async () => {
    const receiver = await startReceiver((request, response) => {
      request.resume().on('end', () => response.end());
    });
    const { resolve } = makeNames({ 'hooks.example.com': ['127.0.0.1'] });
    const egress = openEgress({ policy: reaching(receiver), resolve, connectionsPerOrigin: 3 });
    const url = `http://hooks.example.com:${receiver.port}/`;
    for (let sent = 0; sent < 20; sent += 1) await postTo(egress, url);
    expect(receiver.connections, 'one, and one for a request close behind').toBeLessThan(3);
    const results = await Promise.all(Array.from({ length: 12 }, () => postTo(egress, url)));
    expect(results.every(({ kind }) => kind === 'answered')).toBe(true);
    expect(receiver.connectionsMost).toBe(3);
  });

  test('tries the next address when the first one takes no connection', async () => {
    const receiver = await startReceiver((_request, response) => response.end());
    const { resolve } = makeNames({ 'hooks.example.com': ['127.9.9.9', '127.0.0.1'] });
    const egress = openEgress({ policy: reaching(receiver), resolve });
    const result = await postTo(egress, `http://hooks.example.com:${receiver.port}/`);
    expect(result.kind).toBe('answered');
  });
});

describe('S-083 redirects', () => {
  test.each([302, 307])(
    'row 67 S-083 an answer %i is the result, and its target is never dialled',
    async (status) => {
      const target = await startReceiver((_request, response) => response.end());
      const location = `http://hooks.example.com:${target.port}/inside`;
      const receiver = await startReceiver((_request, response) => {
        response.writeHead(status, { location }).end();
      });
      const { resolve } = makeNames({ 'hooks.example.com': ['127.0.0.1'] });
      const allowRanges = [receiver, target].map(({ port }) => ({ cidr: '127.0.0.1/32', port }));
      const egress = openEgress({
        policy: { ...closedPolicy, allowHttp: true, allowRanges },
        resolve,
      });
      const result = await postTo(egress, `http://hooks.example.com:${receiver.port}/`);
      expect(result).toMatchObject({ kind: 'answered', status });
      expect(target.connections).toBe(0);
    },
  );
});

describe('answers that are slow, huge or compressed', () => {
  test('row 68 an endless body counts by its status and is cut at 64 KiB', async () => {
    const block = Buffer.alloc(16_384, 'x');
    const receiver = await startReceiver((_request, response) => {
      const pour = (): void => {
        while (response.write(block));
      };
      response.on('drain', pour);
      pour();
    });
    const result = await postOnceTo(receiver);
    expect(result).toMatchObject({ kind: 'answered', status: 200, isBodyCut: true });
    expect(result.kind === 'answered' && result.body.length).toBe(answerBytesMax);
  });

  test('row 68 a body of exactly 64 KiB is whole', async () => {
    const receiver = await startReceiver((_request, response) =>
      response.end(Buffer.alloc(65_536)),
    );
    const result = await postOnceTo(receiver);
    expect(result).toMatchObject({ kind: 'answered', isBodyCut: false });
  });

  test.each([
    ['headers', 'HTTP/1.1 200 OK\r\nx-slow: '],
    ['body', 'HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n'],
  ])('row 68 S-058 %s that drip end at the deadline, whatever the status', async (_part, start) => {
    const receiver = await startRawReceiver((socket) => {
      socket.write(start);
      const drip = setInterval(() => socket.write('x'), 20);
      socket.on('close', () => clearInterval(drip));
    });
    const result = await postOnceTo(receiver, { timeoutMs: 400 });
    expect(result).toMatchObject({ kind: 'failed', class: 'timeout' });
    expect(result.durationMs).toBeGreaterThanOrEqual(390);
    expect(result.durationMs).toBeLessThan(2_000);
  });

  test('row 69 a compressed body is kept as it came', async () => {
    const bomb = gzipSync(Buffer.alloc(32 * 1_024 * 1_024));
    const receiver = await startReceiver((_request, response) => {
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(bomb);
    });
    const result = await postOnceTo(receiver);
    expect(result).toMatchObject({ kind: 'answered', status: 200 });
    expect(result.kind === 'answered' && result.body.equals(bomb.subarray(0, answerBytesMax))).toBe(
      true,
    );
  });

  test('row 69 a chain of encodings is not unwound; one of 5,000 exceeds the headers', async () => {
    const answerWith = (links: number): ReturnType<typeof startRawReceiver> =>
      startRawReceiver((socket) => {
        const chain = 'content-encoding: gzip\r\n'.repeat(links);
        socket.end(`HTTP/1.1 200 OK\r\n${chain}content-length: 3\r\n\r\nraw`);
      });
    const short = await postOnceTo(await answerWith(500));
    expect(short.kind === 'answered' && short.body.toString()).toBe('raw');
    const long = await postOnceTo(await answerWith(5_000));
    expect(long).toMatchObject({ kind: 'failed', class: 'too_large' });
  });
});

describe('S-057 requests without an answer', () => {
  const names = makeNames({ 'hooks.example.com': ['127.0.0.1'] });

  test('say that the name has no address, or that nobody knows', async () => {
    const egress = openEgress({
      policy: closedPolicy,
      resolve: (name) =>
        name === 'gone.example.com' ? Promise.resolve([]) : Promise.reject(new Error('SERVFAIL')),
    });
    for (const name of ['gone.example.com', 'silent.example.com']) {
      const result = await postTo(egress, `https://${name}/`);
      expect(result, name).toMatchObject({ kind: 'failed', class: 'dns' });
    }
  });

  test('say that no connection came about', async () => {
    const receiver = await startReceiver(() => undefined);
    const policy = reaching({ ...receiver, port: 1 });
    const egress = openEgress({ policy, resolve: names.resolve });
    const result = await postTo(egress, 'http://hooks.example.com:1/');
    expect(result).toMatchObject({ kind: 'failed', class: 'connect' });
  });

  test.each([
    ['an authority that nobody trusts', 'hooks.example.com', false],
    ['a certificate for another name', 'other.example.com', true],
  ])('say that TLS failed for %s, and send nothing', async (_case, name, isTrusted) => {
    const receiver = await startTlsReceiver(authority, name, (_request, response) =>
      response.end(),
    );
    const egress = openEgress({
      policy: reaching(receiver),
      resolve: names.resolve,
      caCertificates: isTrusted ? [authority.certificate] : [],
    });
    const result = await postTo(egress, `https://hooks.example.com:${receiver.port}/`);
    expect(result).toMatchObject({ kind: 'failed', class: 'tls' });
    expect(receiver.requests).toBe(0);
  });

  test.each([
    ['speaks something else', (socket: Socket) => void socket.end('220 mail.example.com\r\n')],
    ['hangs up', (socket: Socket) => void socket.destroy()],
  ])('say that TLS failed when the server %s instead', async (_case, talk) => {
    const receiver = await startRawReceiver(talk);
    const egress = openEgress({ policy: reaching(receiver), resolve: names.resolve });
    const result = await postTo(egress, `https://hooks.example.com:${receiver.port}/`);
    expect(result).toMatchObject({ kind: 'failed', class: 'tls' });
  });

  test.each([
    ['reset', 'hangs up', ''],
    ['reset', 'hangs up within the body', 'HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nabc'],
    ['protocol', 'does not speak HTTP', 'SSH-2.0-OpenSSH_9.6\r\n'],
    [
      'protocol',
      'switches protocols',
      'HTTP/1.1 101 Go\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n',
    ],
    ['too_large', 'sends 20 KB of headers', `HTTP/1.1 200 OK\r\nx: ${'y'.repeat(20_000)}\r\n\r\n`],
  ])('are of class %s when the receiver %s', async (failure, _case, answer) => {
    const receiver = await startRawReceiver((socket) => {
      socket.once('data', () => socket.end(answer));
    });
    expect(await postOnceTo(receiver)).toMatchObject({ kind: 'failed', class: failure });
  });

  test('tell the tenant nothing of addresses and sockets, and the operator what it was', async () => {
    const receiver = await startRawReceiver((socket) => socket.destroy());
    const { resolve } = makeNames({
      'hooks.example.com': ['127.0.0.1'],
      'in.example.com': ['10.0.0.5'],
    });
    const egress = openEgress({ policy: reaching(receiver), resolve });
    const results = await Promise.all([
      postTo(egress, `http://hooks.example.com:${receiver.port}/`),
      postTo(egress, 'http://in.example.com/'),
      postTo(egress, 'http://10.0.0.5/'),
      postTo(egress, 'http://missing.example.com/'),
    ]);
    for (const result of results) {
      expect(result.kind).toBe('failed');
      if (result.kind !== 'failed') continue;
      expect(result.message).not.toMatch(/\d|ECONN|ENOT|example/);
      expect(result.detail.length).toBeGreaterThan(8);
    }
  });
});

describe('the end of a request', () => {
  test('S-058 the deadline counts the look-up too, and the request is not sent afterwards', async () => {
    const receiver = await startReceiver((_request, response) => response.end());
    const late = Promise.withResolvers<readonly string[]>();
    const egress = openEgress({ policy: reaching(receiver), resolve: () => late.promise });
    const url = `http://hooks.example.com:${receiver.port}/`;
    const result = await postTo(egress, url, { timeoutMs: 100 });
    expect(result).toMatchObject({ kind: 'failed', class: 'timeout' });
    late.resolve(['127.0.0.1']);
    expect(await postTo(egress, url)).toMatchObject({ kind: 'answered' });
    expect(receiver.requests).toBe(1);
  });

  test('S-058 the deadline counts the wait for a free connection', async () => {
    const receiver = await startReceiver(() => undefined);
    const { resolve } = makeNames({ 'hooks.example.com': ['127.0.0.1'] });
    const egress = openEgress({ policy: reaching(receiver), resolve, connectionsPerOrigin: 1 });
    const url = `http://hooks.example.com:${receiver.port}/`;
    const first = postTo(egress, url, { timeoutMs: 600 });
    const second = postTo(egress, url, { timeoutMs: 200 });
    expect(await second).toMatchObject({ kind: 'failed', class: 'timeout' });
    expect(await first).toMatchObject({ kind: 'failed', class: 'timeout' });
    expect(receiver.requests).toBe(1);
  });

  test('the caller ends it by a signal, whose reason it gets', async () => {
    const caller = new AbortController();
    const reason = new Error('canceled');
    const receiver = await startReceiver(() => caller.abort(reason));
    await expect(postOnceTo(receiver, { signal: caller.signal })).rejects.toBe(reason);
    await expect(postOnceTo(receiver, { signal: caller.signal })).rejects.toBe(reason);
    expect(receiver.requests).toBe(1);
  });
});

describe('headers of a request', () => {
  test.each([
    ['row 70 a value with a line break', { 'x-a': 'b\r\nHost: inside' }],
    ['row 70 a value with a NUL', { 'x-a': 'b\0' }],
    ['row 70 a value beyond ASCII', { 'x-a': 'grün' }],
    ['row 70 a name with a line break', { 'x-a: b\r\nx-c': 'd' }],
    ['another host', { Host: 'inside.example.com' }],
    ['another length', { 'content-length': '0' }],
    ['what opens a metadata service', { 'Metadata-Flavor': 'Google' }],
  ])('%s is refused when it is sent, and nothing is', async (_case, headers) => {
    const receiver = await startReceiver((_request, response) => response.end());
    const result = await postOnceTo(receiver, { headers });
    expect(result).toMatchObject({ kind: 'failed', class: 'blocked' });
    expect(receiver.connections).toBe(0);
  });
});
