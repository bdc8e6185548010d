import { execFileSync, spawn } from 'node:child_process';
import { accessSync, constants, existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** The version that is downloaded or built; an installed one may differ. */
const temporalCliVersion = '1.8.2';

const repository = fileURLToPath(new URL('../..', import.meta.url));
/** Says which versions of Temporal's packages are built. */
export const goModule = path.join(repository, 'tools', 'temporal-cli');
const executable = process.platform === 'win32' ? 'temporal.exe' : 'temporal';

/** The folder that keeps the server's binary for every checkout of this user. */
export function cacheDir(): string {
  const base = process.env['XDG_CACHE_HOME'] || path.join(os.homedir(), '.cache');
  return path.join(base, 'tidegate', `temporal-cli-${temporalCliVersion}`);
}

/**
 * Finds the Temporal CLI, which contains the server. In this order: TEMPORAL_CLI_PATH, `temporal` on
 * PATH, the cache, the official download (through the SDK, into the cache), a build from source with
 * Go (into the cache). `report` is told what takes long. Throws one Error that lists every way.
 */
export async function findTemporalBinary(report: (line: string) => void): Promise<string> {
  const present = presentTemporalBinary();
  if (present !== undefined) return present;
  const cached = path.join(cacheDir(), executable);
  mkdirSync(cacheDir(), { recursive: true });
  const failures: string[] = [];
  for (const [way, obtain] of [
    ['the official download', download],
    ['a build with Go', build],
  ] as const) {
    try {
      await obtain(cached, report);
      return cached;
    } catch (error) {
      failures.push(`${way}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  throw new Error(waysToGetTemporal(failures));
}

/**
 * The Temporal CLI that is there already, or undefined when it must be fetched first. Throws when
 * TEMPORAL_CLI_PATH names something that cannot be run.
 */
export function presentTemporalBinary(): string | undefined {
  const named = process.env['TEMPORAL_CLI_PATH'];
  if (named) {
    if (isExecutable(named)) return named;
    throw new Error(`TEMPORAL_CLI_PATH names ${named}, which cannot be run`);
  }
  const cached = path.join(cacheDir(), executable);
  return onPath() ?? (isExecutable(cached) ? cached : undefined);
}

/** Whether this machine can build the server from source. */
export function hasGo(): boolean {
  try {
    execFileSync('go', ['version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

function waysToGetTemporal(failures: readonly string[]): string {
  return [
    'There is no Temporal server to run. What was tried:',
    ...failures.map((failure) => `  - ${failure}`),
    'Any one of these helps:',
    '  1. set TEMPORAL_ADDRESS to a server that runs already',
    '  2. install the Temporal CLI, so that `temporal` is on PATH',
    '  3. set TEMPORAL_CLI_PATH to its executable',
    '  4. allow downloads from temporal.download',
    '  5. install Go 1.26 or later; the server is then built from source once',
  ].join('\n');
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function onPath(): string | undefined {
  const folders = (process.env['PATH'] ?? '').split(path.delimiter).filter(Boolean);
  return folders.map((folder) => path.join(folder, executable)).find(isExecutable);
}

/** In a process of its own: the SDK's runtime would otherwise take over this process's signals. */
async function download(target: string, report: (line: string) => void): Promise<void> {
  report(`downloading the Temporal server ${temporalCliVersion}`);
  const script = fileURLToPath(new URL('download-temporal.ts', import.meta.url));
  const folder = path.join(cacheDir(), 'download');
  await run(process.execPath, [script, temporalCliVersion, folder], repository);
  // The name that the script gives to what the SDK left.
  const downloaded = path.join(folder, 'downloaded');
  if (!existsSync(downloaded)) throw new Error('the download is incomplete');
  renameSync(downloaded, target);
  rmSync(folder, { recursive: true, force: true });
}

async function build(target: string, report: (line: string) => void): Promise<void> {
  await buildWithGo(target, 'github.com/temporalio/cli/cmd/temporal', () =>
    report(
      `building the Temporal server ${temporalCliVersion} from source with Go: four to five minutes on two cores, once`,
    ),
  );
}

/** Builds a package of Temporal's from source. Throws when Go is missing, or with what it said last. */
export async function buildWithGo(
  target: string,
  source: string,
  onBegin: () => void,
): Promise<void> {
  if (!hasGo()) throw new Error('Go is not installed');
  onBegin();
  const partial = `${target}.${process.pid}`;
  await run('go', ['build', '-ldflags', '-s -w', '-o', partial, source], goModule);
  renameSync(partial, target);
}

/** Runs a command to its end; rejects with the last line that it wrote to standard error. */
function run(command: string, args: readonly string[], cwd: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, [...args], { cwd, stdio: ['ignore', 'ignore', 'pipe'] });
    let errors = '';
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      errors = (errors + chunk).slice(-4_096);
    });
    child.once('error', reject);
    child.once('exit', (code) => {
      if (code === 0) return resolve();
      reject(new Error(errors.trim().split('\n').at(-1) || `${command} ended with ${code}`));
    });
  });
}
