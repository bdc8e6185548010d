import type { RequestParts } from './request.ts';

/** A request as a shell command that sends exactly these bytes. */
export function asCurl({ method, url, headers, body }: RequestParts): string {
  const text = textOf(body);
  const given = headers.map(([name, value]) => `-H ${quoted(`${name}: ${value}`)}`);
  const lines = [
    `curl -sS -X ${method} ${quoted(url)}`,
    ...given,
    text === undefined ? '--data-binary @-' : `--data-raw ${quoted(text)}`,
  ];
  const command = lines.join(' \\\n  ');
  return text === undefined
    ? `printf %s ${quoted(body.toString('base64'))} | base64 -d | ${command}`
    : command;
}

/** One word for a POSIX shell, whatever it holds. */
const quoted = (text: string): string => `'${text.replaceAll("'", String.raw`'\''`)}'`;

/** The body as text that an argument can carry: UTF-8 without a NUL. */
function textOf(body: Buffer): string | undefined {
  const text = body.toString('utf8');
  return Buffer.from(text).equals(body) && !text.includes('\0') ? text : undefined;
}
