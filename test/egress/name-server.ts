import { createSocket, type RemoteInfo } from 'node:dgram';
import { onTestFinished } from 'vitest';

/** What the server says of a name: its records, or nothing at all. */
export interface Records {
  readonly cname?: string;
  readonly a?: readonly string[];
  readonly aaaa?: readonly string[];
  /** Families whose questions are left without an answer. */
  readonly silent?: readonly ('a' | 'aaaa')[];
  /** Families whose questions are answered by SERVFAIL. */
  readonly broken?: readonly ('a' | 'aaaa')[];
}

const types = { a: 1, cname: 5, aaaa: 28 } as const;

/** A name server on loopback that knows these names, closed with the test. */
export async function startNameServer(
  zone: Readonly<Record<string, Records>>,
): Promise<{ readonly address: string; readonly asked: string[] }> {
  const socket = createSocket('udp4');
  const asked: string[] = [];
  socket.on('message', (question: Buffer, from: RemoteInfo) => {
    const { name, type, end } = readQuestion(question);
    const family = type === types.aaaa ? 'aaaa' : 'a';
    asked.push(`${name} ${family}`);
    const records = zone[name];
    if (records?.silent?.includes(family)) return;
    const isBroken = records?.broken?.includes(family) === true;
    const answers = records === undefined || isBroken ? [] : answersOf(zone, name, family);
    const head = Buffer.from(question.subarray(0, 12));
    head.writeUInt16BE(0x8180 | (isBroken ? 2 : records === undefined ? 3 : 0), 2);
    head.writeUInt16BE(answers.length, 6);
    head.writeUInt16BE(0, 10);
    socket.send(
      Buffer.concat([head, question.subarray(12, end), ...answers]),
      from.port,
      from.address,
    );
  });
  await new Promise<void>((resolve) => {
    socket.bind(0, '127.0.0.1', resolve);
  });
  onTestFinished(() => new Promise<void>((resolve) => void socket.close(resolve)));
  return { address: `127.0.0.1:${socket.address().port}`, asked };
}

function answersOf(
  zone: Readonly<Record<string, Records>>,
  name: string,
  family: 'a' | 'aaaa',
): Buffer[] {
  const records = zone[name] ?? {};
  if (records.cname !== undefined) {
    const alias = record(name, types.cname, nameBytes(records.cname));
    return [alias, ...answersOf(zone, records.cname, family)];
  }
  const toBytes = family === 'a' ? ipv4Bytes : ipv6Bytes;
  return (records[family] ?? []).map((address) => record(name, types[family], toBytes(address)));
}

function record(name: string, type: number, data: Buffer): Buffer {
  const head = Buffer.alloc(10);
  head.writeUInt16BE(type, 0);
  head.writeUInt16BE(1, 2);
  head.writeUInt32BE(60, 4);
  head.writeUInt16BE(data.length, 8);
  return Buffer.concat([nameBytes(name), head, data]);
}

function readQuestion(message: Buffer): { name: string; type: number; end: number } {
  const labels: string[] = [];
  let at = 12;
  for (let length = message[at] ?? 0; length > 0; length = message[at] ?? 0) {
    labels.push(message.toString('latin1', at + 1, at + 1 + length));
    at += 1 + length;
  }
  return { name: labels.join('.').toLowerCase(), type: message.readUInt16BE(at + 1), end: at + 5 };
}

function nameBytes(name: string): Buffer {
  const labels = name
    .split('.')
    .map((label) => Buffer.from(`${String.fromCodePoint(label.length)}${label}`, 'latin1'));
  return Buffer.concat([...labels, Buffer.of(0)]);
}

function ipv4Bytes(address: string): Buffer {
  return Buffer.from(address.split('.').map(Number));
}

/** Addresses are written with all their groups here. */
function ipv6Bytes(address: string): Buffer {
  return Buffer.from(
    address
      .split(':')
      .map((group) => group.padStart(4, '0'))
      .join(''),
    'hex',
  );
}
