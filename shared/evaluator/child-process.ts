import { fork, type ChildProcess } from 'node:child_process';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { watchBudget, type Allowance, type Verdict } from './budget.ts';
import { openCpuClock, type CpuClock } from './cpu-clock.ts';
import type { ChildMessage, EvaluationResult, Job, WireResult } from './protocol.ts';
import { judgeExit, type Exit, type JobEnd, type Stage } from './verdict.ts';

/** A job as the pool hands it out; the child numbers it. */
export type ChildRequest = Omit<Job, 'id'> & {
  /** What each expression may take. */
  readonly allowance: Allowance;
};

export interface ChildRun {
  /** One for each expression that was finished, in order. */
  readonly results: readonly EvaluationResult[];
  readonly end: JobEnd;
}

/** One child process. Runs one request at a time. */
export interface EvaluatorChild {
  /** Settles with true when the child takes requests, with false when it died before that. */
  readonly ready: Promise<boolean>;
  /** Settles when the process is gone, with how it ended in words. */
  readonly gone: Promise<string>;
  readonly jobsDone: number;
  isAlive(): boolean;
  /** Always resolves, also when the child is killed or dies. */
  run(request: ChildRequest): Promise<ChildRun>;
  kill(): void;
}

const childFile = fileURLToPath(new URL('child.ts', import.meta.url));
const require = createRequire(import.meta.url);
const jsonataDir = path.dirname(require.resolve('jsonata/package.json'));

/** Loading a context is parsing JSON: some 30 ms for the largest body. */
const loading: Allowance = { cpuMs: 1_000, wallMs: 10_000 };
const lastWordsMax = 2_000;

/**
 * The walls of the child: it reads its own sources and JSONata, and may do nothing else. Its heap is
 * bounded, text cannot become code, and `__proto__` does not exist.
 */
const hardenedFlags = [
  '--permission',
  `--allow-fs-read=${path.dirname(childFile)}/*`,
  `--allow-fs-read=${jsonataDir}/*`,
  '--disallow-code-generation-from-strings',
  '--disable-proto=delete',
  '--max-old-space-size=64',
  '--no-warnings',
];

/** Starts a child. */
export function startChild(): EvaluatorChild {
  const { child, kill, gone, clock, exitOf } = startProcess();
  let jobsDone = 0;
  let onMessage: (message: ChildMessage) => void = () => undefined;
  child.on('message', (message: ChildMessage) => onMessage(message));
  const ready = new Promise<boolean>((resolve) => {
    onMessage = (message) => resolve(message.kind === 'ready');
    void gone.then(() => resolve(false));
  });
  const link: JobLink = {
    send: (job) => void child.send(job, (error) => (error ? kill() : undefined)),
    listen: (listener) => (onMessage = listener),
    clock,
    kill,
    gone,
  };
  return {
    ready,
    gone,
    get jobsDone() {
      return jobsDone;
    },
    isAlive: () => exitOf() === undefined && !child.killed,
    async run({ allowance, ...job }) {
      jobsDone += 1;
      if (exitOf() !== undefined) return { results: [], end: neverRan };
      const { results, stage, verdict } = await runJob(link, { ...job, id: jobsDone }, allowance);
      const exit = exitOf();
      const isDone = results.length === job.expressions.length || exit === undefined;
      const end: JobEnd = isDone ? { kind: 'done' } : judgeExit(exit, verdict, stage, allowance);
      return { results, end };
    },
    kill,
  };
}

/** The process holds no environment and no descriptors but its channel and its last words. */
function startProcess() {
  // The child is told where JSONata is: looking for it would read folders, and links between them,
  // that it may not read.
  const child = fork(childFile, [pathToFileURL(require.resolve('jsonata')).href], {
    execArgv: hardenedFlags,
    env: {},
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    serialization: 'json',
  });
  const kill = (): void => void child.kill('SIGKILL');
  const clock = openCpuClock(child.pid);
  const lastWords = keepLastWords(child);
  let exit: Exit | undefined;
  const gone = new Promise<string>((resolve) => {
    const settle = (how: Exit, words: string): void => {
      exit = how;
      clock.close();
      resolve(words);
    };
    child.once('exit', (code, signal) =>
      settle({ code, signal }, `${signal ?? `code ${code}`}${lastWords()}`),
    );
    child.on('error', (error) => {
      // A process that could not be made has no id, and its 'exit' never comes. Any other error is a
      // channel that broke: what holds it is ended, and 'exit' follows.
      if (child.pid === undefined) settle({ code: null, signal: null }, error.message);
      else kill();
    });
  });
  return { child, kill, gone, clock, exitOf: () => exit };
}

const neverRan: JobEnd = {
  kind: 'lost',
  reason: 'the evaluator process was gone',
  hasBegun: false,
};

/** What a job needs of the child it runs in. */
interface JobLink {
  send(job: Job): void;
  listen(listener: (message: ChildMessage) => void): void;
  readonly clock: CpuClock;
  kill(): void;
  readonly gone: Promise<unknown>;
}

interface Progress {
  readonly results: EvaluationResult[];
  readonly stage: Stage;
  /** Why we killed the child; undefined when we did not. */
  readonly verdict: Verdict | undefined;
}

/** Runs a job until its last result is there or the child is gone. */
async function runJob(link: JobLink, job: Job, allowance: Allowance): Promise<Progress> {
  const results: EvaluationResult[] = [];
  let stage: Stage = 'loading';
  let verdict: Verdict | undefined;
  const watch = watchBudget(link.clock, (why) => {
    verdict = why;
    link.kill();
  });
  await new Promise<void>((resolve) => {
    link.listen((message) => {
      if (message.kind === 'ready' || message.id !== job.id) return;
      if (message.kind === 'started') stage = 'evaluating';
      else results.push(readResult(message.result));
      if (results.length === job.expressions.length) resolve();
      else watch.allow(allowance);
    });
    void link.gone.then(() => resolve());
    watch.allow(loading);
    link.send(job);
  });
  watch.stop();
  return { results, stage, verdict };
}

function readResult(result: WireResult): EvaluationResult {
  if (!result.ok) return result;
  const { name, json } = result;
  return json === undefined ? { name, ok: true } : { name, ok: true, value: JSON.parse(json) };
}

/** Keeps what the process writes before it dies, cut: the reason why one does not come up. */
function keepLastWords(child: ChildProcess): () => string {
  let words = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    words = (words + chunk.toString('utf8')).slice(0, lastWordsMax);
  });
  return () => {
    const line = words.split('\n').find((text) => /^(\w*Error|FATAL ERROR)\b/.test(text));
    return line === undefined ? '' : `: ${line.trim()}`;
  };
}
