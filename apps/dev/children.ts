import { execFileSync, spawn, type ChildProcess, type SpawnOptions } from 'node:child_process';
import {
  createWriteStream,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';

/** A child of the local stack. */
export interface Child {
  readonly pid: number;
  /** Where its output goes. */
  readonly logFile: string;
  /** Settles when the process is gone, with its exit code or the signal that ended it. */
  readonly exited: Promise<number | NodeJS.Signals>;
  readonly hasExited: () => boolean;
  /** Sends the signal and does not wait. */
  signal(signal: NodeJS.Signals): void;
  /** Sends the signal, waits, and kills the process if it outlives `graceMs`. */
  stop(signal?: NodeJS.Signals): Promise<void>;
}

export interface ChildOptions {
  /** Names its log and its process-id file. */
  readonly name: ChildName;
  /** The data folder, which keeps both files. */
  readonly dir: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
  readonly uid?: number | undefined;
  readonly gid?: number | undefined;
  readonly cwd?: string;
  /** Sees each line of standard output as well. */
  readonly onLine?: (line: string) => void;
}

type ChildName = 'postgres' | 'temporal' | 'gateway';

const graceMs = 20_000;
const readyWithinMs = 30_000;
const probePauseMs = 50;

/** Where a child's process id is kept, so that an orphan is found at the next start. */
const pidFileOf = (dir: string, name: ChildName | 'launcher'): string =>
  path.join(dir, 'run', `${name}.pid`);

/**
 * Starts a child in a process group of its own: Ctrl-C reaches only the launcher, which then stops
 * its children in the right order.
 */
export function startChild(options: ChildOptions): Child {
  const logFile = path.join(options.dir, 'logs', `${options.name}.log`);
  const pidFile = pidFileOf(options.dir, options.name);
  mkdirSync(path.dirname(logFile), { recursive: true });
  mkdirSync(path.dirname(pidFile), { recursive: true });
  const log = createWriteStream(logFile, { flags: 'a' });
  const spawnOptions: SpawnOptions = {
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: options.env ?? process.env,
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    ...(options.uid === undefined ? {} : { uid: options.uid }),
    ...(options.gid === undefined ? {} : { gid: options.gid }),
  };
  const child = spawn(options.command, [...options.args], spawnOptions);
  child.stdout?.pipe(log, { end: false });
  child.stderr?.pipe(log, { end: false });
  if (options.onLine) forEachLine(child, options.onLine);
  if (child.pid === undefined) {
    // The reason comes as an event, later than whoever started it can be told.
    child.once('error', (error) => log.end(`${error.message}\n`));
    throw new Error(`${options.command} cannot be run; the reason is at the end of ${logFile}`);
  }
  writePidFile(pidFile, child.pid, options.command);

  let isGone = false;
  const exited = new Promise<number | NodeJS.Signals>((resolve) => {
    child.once('exit', (code, signal) => {
      isGone = true;
      rmSync(pidFile, { force: true });
      resolve(signal ?? code ?? 0);
    });
  });
  // Not at its exit: its last words may still be on the way, and what it started, as the processes of
  // a killed Postgres, writes to the same pipes until it notices.
  child.once('close', () => log.end());
  return {
    pid: child.pid,
    logFile,
    exited,
    hasExited: () => isGone,
    signal: (signal) => void child.kill(signal),
    async stop(signal = 'SIGTERM') {
      if (isGone) return;
      child.kill(signal);
      const timer = setTimeout(() => child.kill('SIGKILL'), graceMs);
      await exited;
      clearTimeout(timer);
    },
  };
}

function forEachLine(child: ChildProcess, onLine: (line: string) => void): void {
  let rest = '';
  child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) onLine(line);
  });
}

/**
 * Waits until `probe` resolves, which must be an answer of this very child. Stops the child and throws
 * an Error that names its log when it ends or stays silent.
 */
export async function untilReady(child: Child, probe: () => Promise<void>): Promise<void> {
  const deadline = Date.now() + readyWithinMs;
  while (!child.hasExited() && Date.now() < deadline) {
    try {
      await probe();
      // Whoever answered, it was not a child that is gone.
      if (!child.hasExited()) return;
    } catch {
      await sleep(probePauseMs);
    }
  }
  await child.stop();
  throw new Error(`a server did not come up; the reason is at the end of ${child.logFile}`);
}

/** The children and the signal that each ends on, users before what they use. */
const childSignals: readonly (readonly [ChildName, NodeJS.Signals])[] = [
  ['gateway', 'SIGTERM'],
  ['temporal', 'SIGTERM'],
  ['postgres', 'SIGINT'],
];

/** Ends what an earlier launcher left behind when it was killed. */
export async function stopOrphans(dir: string): Promise<void> {
  for (const [name, signal] of childSignals) await stopOrphan(dir, name, signal);
}

/** The children that run although no launcher does. */
export function findOrphans(dir: string): { readonly name: string; readonly pid: number }[] {
  if (launcherOf(dir) !== undefined) return [];
  return childSignals.flatMap(([name]) => {
    const pid = runningPid(pidFileOf(dir, name));
    return pid === undefined ? [] : [{ name, pid }];
  });
}

/** The process id of the launcher that has the data folder, or undefined when none has. */
export const launcherOf = (dir: string): number | undefined =>
  runningPid(pidFileOf(dir, 'launcher'));

async function stopOrphan(dir: string, name: ChildName, signal: NodeJS.Signals): Promise<void> {
  const pidFile = pidFileOf(dir, name);
  const pid = runningPid(pidFile);
  if (pid !== undefined) {
    process.kill(pid, signal);
    const deadline = Date.now() + graceMs;
    while (runningPid(pidFile) !== undefined && Date.now() < deadline) await sleep(probePauseMs);
    if (runningPid(pidFile) !== undefined) process.kill(pid, 'SIGKILL');
  }
  rmSync(pidFile, { force: true });
}

/**
 * Takes a data folder for this launcher: a second one would fight over its servers. Returns what
 * gives it back; throws while another launcher has it.
 */
export function holdFolder(dir: string): () => void {
  const pidFile = pidFileOf(dir, 'launcher');
  const pid = launcherOf(dir);
  if (pid !== undefined) {
    throw new Error(`Tidegate already runs on ${dir}, as process ${pid}. Stop that one first.`);
  }
  mkdirSync(path.dirname(pidFile), { recursive: true });
  writePidFile(pidFile, process.pid, commandOf(process.pid) ?? process.execPath);
  return () => rmSync(pidFile, { force: true });
}

function writePidFile(file: string, pid: number, command: string): void {
  writeFileSync(file, JSON.stringify({ pid, command }));
}

const pidFileSchema = z.object({ pid: z.int().positive(), command: z.string().min(1) });

/**
 * The process that a file speaks of, while it runs. Ids are given out again, so an id is only trusted
 * while its command is still the one that was written down; one that ended has none. A file that a
 * crash or a full disk cut short names nobody: a start must not fail on what an earlier one left.
 */
function runningPid(file: string): number | undefined {
  const written = readPidFile(file);
  if (written === undefined) return undefined;
  return commandOf(written.pid)?.startsWith(written.command) === true ? written.pid : undefined;
}

function readPidFile(file: string): z.output<typeof pidFileSchema> | undefined {
  if (!existsSync(file)) return undefined;
  try {
    return pidFileSchema.safeParse(JSON.parse(readFileSync(file, 'utf8'))).data;
  } catch {
    return undefined;
  }
}

/** The command line of a process, or undefined when there is none. */
function commandOf(pid: number): string | undefined {
  try {
    if (process.platform === 'linux') {
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
    }
    return execFileSync('ps', ['-o', 'command=', '-p', String(pid)], { encoding: 'utf8' });
  } catch {
    return undefined;
  }
}
