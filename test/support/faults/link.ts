import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/**
 * A TCP proxy that stands between a gateway and one of its servers and breaks the link in the ways
 * that a network does. It knows nothing of the protocol.
 */
export interface FaultyLink {
  readonly port: number;
  /** Carries everything. Connections that lost bytes are cut, as they would not make sense any more. */
  heal(): void;
  /** Keeps connections open and carries nothing in either direction. */
  blackhole(): void;
  /** Carries requests and throws the replies away: it worked, but the caller is not told. */
  dropReplies(): void;
  /** Carries replies this much later, in milliseconds. */
  delayReplies(ms: number): void;
  /**
   * For the next connection that has sent what `isIt` looks for: lets those bytes through, throws the
   * reply away and cuts the connection. Resolves once that happened. `isIt` sees the newest bytes that
   * one connection sent since this call, as latin1 text.
   */
  loseReplyTo(isIt: (sent: string) => boolean): Promise<void>;
  close(): Promise<void>;
}

interface Link {
  readonly client: Socket;
  readonly server: Socket;
  hasLostBytes: boolean;
  sent: string;
  isReplyUnwanted: boolean;
}

type Mode = 'carry' | 'blackhole' | 'drop-replies';

const rememberedBytesMax = 65_536;

export async function startFaultyLink(target: {
  readonly host: string;
  readonly port: number;
}): Promise<FaultyLink> {
  const links = new Set<Link>();
  let mode: Mode = 'carry';
  let delayMs = 0;
  let ambush: { isIt(sent: string): boolean; done(): void } | undefined;

  function cut(link: Link): void {
    links.delete(link);
    link.client.destroy();
    link.server.destroy();
  }

  function carryRequest(link: Link, bytes: Buffer): void {
    if (mode === 'blackhole') {
      link.hasLostBytes = true;
      return;
    }
    if (ambush !== undefined) {
      link.sent = (link.sent + bytes.toString('latin1')).slice(-rememberedBytesMax);
      if (ambush.isIt(link.sent)) {
        link.isReplyUnwanted = true;
        link.server.once('data', ambush.done);
        ambush = undefined;
      }
    }
    link.server.write(bytes);
  }

  function carryReply(link: Link, bytes: Buffer): void {
    if (link.isReplyUnwanted) return cut(link);
    if (mode !== 'carry') {
      link.hasLostBytes = true;
      return;
    }
    if (delayMs === 0) link.client.write(bytes);
    else setTimeout(() => link.client.write(bytes), delayMs);
  }

  const server = createServer((client) => {
    const upstream = connect(target);
    const link: Link = {
      client,
      server: upstream,
      hasLostBytes: false,
      sent: '',
      isReplyUnwanted: false,
    };
    links.add(link);
    client.on('data', (bytes) => carryRequest(link, bytes));
    upstream.on('data', (bytes) => carryReply(link, bytes));
    for (const socket of [client, upstream]) {
      socket.setNoDelay(true);
      socket.on('error', () => cut(link));
      socket.on('close', () => cut(link));
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));

  return {
    port: (server.address() as AddressInfo).port,
    heal() {
      mode = 'carry';
      delayMs = 0;
      for (const link of links) if (link.hasLostBytes) cut(link);
    },
    blackhole: () => void (mode = 'blackhole'),
    dropReplies: () => void (mode = 'drop-replies'),
    delayReplies: (ms) => void (delayMs = ms),
    loseReplyTo(isIt) {
      for (const link of links) link.sent = '';
      return new Promise((done) => {
        ambush = { isIt, done };
      });
    },
    close() {
      for (const link of links) cut(link);
      return new Promise((resolve) => {
        server.close(() => resolve());
      });
    },
  };
}
