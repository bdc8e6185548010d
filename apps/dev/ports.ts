import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';

const host = '127.0.0.1';

/** The ports of the local stack: each is taken when it is free, else another one is. */
export const defaultPorts = {
  postgres: 54_329,
  temporal: 7_233,
  temporalUi: 8_233,
  gateway: 8_080,
  echo: 8_090,
} as const;

/** Whether nobody listens on a port of the loopback interface. */
export function isPortFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, host, () => server.close(() => resolve(true)));
  });
}

/** A free port that the system picks. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, host, () => {
      const address = server.address();
      const port = typeof address === 'object' && address !== null ? address.port : 0;
      server.close(() => resolve(port));
    });
  });
}

/** The wanted port when it is free, else one that is. */
export async function portNear(wanted: number): Promise<number> {
  return (await isPortFree(wanted)) ? wanted : freePort();
}

/** Who listens on a port, as `name (process id)`, or undefined when that cannot be seen. */
export function portOwner(port: number): string | undefined {
  try {
    return process.platform === 'linux' ? ownerOnLinux(port) : ownerByLsof(port);
  } catch {
    return undefined;
  }
}

/** State 0A is "listening"; the tenth field is the inode of the socket, which its holder has open. */
function ownerOnLinux(port: number): string | undefined {
  const hexPort = port.toString(16).toUpperCase().padStart(4, '0');
  const sockets = new Set(
    ['/proc/net/tcp', '/proc/net/tcp6']
      .flatMap((file) => readFileSync(file, 'utf8').split('\n').slice(1))
      .map((line) => line.trim().split(/\s+/))
      .filter((fields) => fields[1]?.endsWith(`:${hexPort}`) === true && fields[3] === '0A')
      .map((fields) => `socket:[${fields[9]}]`),
  );
  const pids = readdirSync('/proc').filter((entry) => /^\d+$/.test(entry));
  const pid = pids.find((candidate) => openFiles(candidate).some((file) => sockets.has(file)));
  if (pid === undefined) return undefined;
  const [program = ''] = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
  return `${path.basename(program)} (process ${pid})`;
}

/** What a process has open; nothing for one that is gone or belongs to another user. */
function openFiles(pid: string): string[] {
  const folder = `/proc/${pid}/fd`;
  try {
    return readdirSync(folder).map((fd) => linkTarget(`${folder}/${fd}`));
  } catch {
    return [];
  }
}

/** Where a link leads, or nowhere when it was closed meanwhile. */
function linkTarget(link: string): string {
  try {
    return readlinkSync(link);
  } catch {
    return '';
  }
}

function ownerByLsof(port: number): string | undefined {
  const args = ['-nP', `-iTCP:${port}`, '-sTCP:LISTEN', '-Fpc'];
  const fields = execFileSync('lsof', args, { encoding: 'utf8', stdio: 'pipe' }).split('\n');
  const field = (letter: string): string | undefined =>
    fields.find((line) => line.startsWith(letter))?.slice(1);
  const pid = field('p');
  return pid === undefined ? undefined : `${field('c')} (process ${pid})`;
}
