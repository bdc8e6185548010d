import { createTransport } from 'nodemailer';

export interface Mail {
  readonly to: readonly string[];
  readonly subject: string;
  readonly text: string;
}

/** Hands mails to the mail server of the installation. */
export interface Mailer {
  /** Rejects when the server cannot be reached or does not take the mail. */
  send(mail: Mail): Promise<void>;
  close(): void;
}

/** A mail server that is silent must not hold up a job. */
const timeoutMs = 10_000;

/** `smtpUrl` is smtp:// or smtps://; `from` the sender of every mail. */
export function makeMailer({
  smtpUrl,
  from,
}: {
  readonly smtpUrl: string;
  readonly from: string;
}): Mailer {
  const transport = createTransport({
    url: smtpUrl,
    connectionTimeout: timeoutMs,
    greetingTimeout: timeoutMs,
    socketTimeout: timeoutMs,
  });
  return {
    async send({ to, subject, text }) {
      await transport.sendMail({ from, to: [...to], subject, text });
    },
    close: () => transport.close(),
  };
}
