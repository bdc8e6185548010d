import { SMTPServer } from 'smtp-server';
import type { AddressInfo } from 'node:net';

export interface SentMail {
  readonly to: readonly string[];
  readonly text: string;
}

/** A mail server on loopback that keeps what it gets. */
export interface TestMailServer {
  readonly mails: readonly SentMail[];
  readonly url: string;
  close(): Promise<void>;
}

export async function startMailServer(): Promise<TestMailServer> {
  const mails: SentMail[] = [];
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS', 'AUTH'],
    onData(stream, session, callback) {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        const to = session.envelope.rcptTo.map(({ address }) => address);
        mails.push({ to, text: Buffer.concat(chunks).toString('utf8') });
        callback();
      });
    },
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.server.address() as AddressInfo;
  return {
    mails,
    url: `smtp://127.0.0.1:${port}`,
    close: () => new Promise<void>((resolve) => server.close(() => resolve())),
  };
}
