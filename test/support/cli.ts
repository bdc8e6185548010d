import { spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { vi } from 'vitest';
import { codeCache } from './code-cache.ts';
import { eventually } from './eventually.ts';

const main = fileURLToPath(new URL('../../apps/cli/main.ts', import.meta.url));

// A test of commands starts many processes, and on a busy machine each takes its time.
vi.setConfig({ testTimeout: 90_000 });

/** How a command ended. */
export interface CliResult {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CliOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** What is piped in; without it standard input is empty. */
  readonly stdin?: string | Uint8Array;
}

/** A command that runs. */
export interface RunningCli {
  /** What it has written to standard output, line by line. */
  lines(): string[];
  stop(): Promise<void>;
}

/** The command line as a process of its own, in an empty folder and a bare environment. */
export interface Cli {
  /** Runs a command to its end. */
  run(args: readonly string[], options?: CliOptions): Promise<CliResult>;
  /** Runs a command with `--json`, which has to succeed, and returns its document. */
  // oxlint-disable-next-line typescript/no-explicit-any -- tests look into documents of many shapes
  json(args: readonly string[], options?: CliOptions): Promise<any>;
  /** Starts a command that goes on until it is stopped. */
  start(args: readonly string[]): RunningCli;
  /** Writes a file into its folder and returns the path. */
  file(name: string, content: string | Uint8Array): string;
  /** Its working folder. */
  readonly dir: string;
  /** The same for somebody else. */
  as(env: Readonly<Record<string, string>>): Cli;
  close(): Promise<void>;
}

export function makeCli(env: Readonly<Record<string, string>> = {}): Cli {
  const root = mkdtempSync(path.join(os.tmpdir(), 'tidegate-cli-'));
  const dir = path.join(root, 'work');
  mkdirSync(dir);
  const running = new Set<ChildProcess>();
  const launch = (args: readonly string[], own: Readonly<Record<string, string>>): ChildProcess => {
    const child = spawn(process.execPath, [main, ...args], {
      cwd: dir,
      env: {
        PATH: process.env['PATH'] ?? '',
        ...codeCache(),
        ...own,
      },
      stdio: 'pipe',
    });
    running.add(child);
    child.once('exit', () => running.delete(child));
    return child;
  };
  const make = (base: Readonly<Record<string, string>>): Cli => {
    const run: Cli['run'] = async (args, options = {}) => {
      const child = launch(args, { ...base, ...options.env });
      child.stdin?.on('error', () => undefined).end(options.stdin ?? '');
      const [stdout, stderr] = [textOf(child.stdout), textOf(child.stderr)];
      const exitCode = await new Promise<number | null>((resolve) => child.once('close', resolve));
      return { exitCode, stdout: stdout(), stderr: stderr() };
    };
    return {
      dir,
      run,
      async json(args, options) {
        const result = await run([...args, '--json'], options);
        if (result.exitCode !== 0) throw new Error(`exit ${result.exitCode}: ${result.stderr}`);
        return JSON.parse(result.stdout) as unknown;
      },
      start(args) {
        const child = launch(args, base);
        const stdout = textOf(child.stdout);
        return {
          lines: () => stdout().split('\n').filter(Boolean),
          async stop() {
            child.kill();
            await eventually(() => {
              if (running.has(child)) throw new Error('it still runs');
            });
          },
        };
      },
      file(name, content) {
        const file = path.join(dir, name);
        writeFileSync(file, content);
        return file;
      },
      as: (other) => make({ ...base, ...other }),
      async close() {
        for (const child of running) child.kill('SIGKILL');
        rmSync(root, { recursive: true, force: true });
      },
    };
  };
  return make(env);
}

/** Collects a stream as text; the returned function tells what has come so far. */
function textOf(stream: ChildProcess['stdout']): () => string {
  const chunks: Buffer[] = [];
  stream?.on('data', (chunk: Buffer) => void chunks.push(chunk));
  return () => Buffer.concat(chunks).toString('utf8');
}

/** The arguments of a command line: its words, and each value as one argument, each list as several. */
export function argv(
  parts: TemplateStringsArray,
  ...values: readonly (string | readonly string[])[]
): string[] {
  return parts.flatMap((part, index) => [
    ...part.split(/\s+/).filter(Boolean),
    ...[values[index] ?? []].flat(),
  ]);
}
