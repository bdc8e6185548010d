import { fork } from 'node:child_process';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ChildMessage, EvaluationResult, Job } from './protocol.ts';

/** A job as the pool hands it out; the child gets its number and its own, shorter limit with it. */
export type ChildRequest = Omit<Job, 'id' | 'timeoutMs'> & {
  readonly wallMsPerExpression: number;
};

/** One child process. Runs one request at a time. */
export interface EvaluatorChild {
  /** Settles with true when the child takes requests, with false when it died before that. */
  readonly ready: Promise<boolean>;
  readonly jobsDone: number;
  isAlive(): boolean;
  /** Always resolves: a child that is killed or dies yields failed results. */
  run(request: ChildRequest): Promise<readonly EvaluationResult[]>;
  kill(): void;
  /** Kills the child and waits until it is gone. */
  stop(): Promise<void>;
  onExit(listener: () => void): void;
}

const childFile = fileURLToPath(new URL('child.ts', import.meta.url));
const jsonataDir = path.dirname(createRequire(import.meta.url).resolve('jsonata/package.json'));

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

/** Starts a child. It holds no environment and no descriptors but its channel. */
export function startChild(): EvaluatorChild {
  const child = fork(childFile, {
    execArgv: hardenedFlags,
    env: {},
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    serialization: 'json',
  });
  let jobsDone = 0;
  let isAlive = true;
  let onMessage: (message: ChildMessage) => void = () => undefined;
  child.on('message', (message: ChildMessage) => onMessage(message));
  // 'error' reports a failed send or kill; 'exit' always follows and settles everything.
  child.on('error', () => child.kill('SIGKILL'));
  const exited = new Promise<void>((resolve) => {
    child.once('exit', () => {
      isAlive = false;
      resolve();
    });
  });
  const ready = new Promise<boolean>((resolve) => {
    onMessage = (message) => resolve(message.kind === 'ready');
    void exited.then(() => resolve(false));
  });

  async function run(request: ChildRequest): Promise<readonly EvaluationResult[]> {
    jobsDone += 1;
    const id = jobsDone;
    const results: EvaluationResult[] = [];
    let wasKilled = false;
    const timer = setTimeout(() => {
      wasKilled = true;
      child.kill('SIGKILL');
    }, request.wallMsPerExpression);
    await new Promise<void>((resolve) => {
      onMessage = (message) => {
        if (message.kind !== 'result' || message.id !== id) return;
        results.push(message.result);
        if (results.length === request.expressions.length) resolve();
        else timer.refresh();
      };
      void exited.then(() => resolve());
      const job: Job = {
        id,
        expressions: request.expressions,
        context: request.context,
        // JSONata's own limit fires first where it can: that spares the child.
        timeoutMs: request.wallMsPerExpression * 0.8,
        resultBytesMax: request.resultBytesMax,
      };
      // A channel that closes under the send is an exit, which is handled above.
      if (isAlive) child.send(job, () => undefined);
    });
    clearTimeout(timer);
    return [...results, ...blame(request, results.length, wasKilled)];
  }

  return {
    ready,
    get jobsDone() {
      return jobsDone;
    },
    isAlive: () => isAlive,
    run,
    kill: () => void child.kill('SIGKILL'),
    async stop() {
      child.kill('SIGKILL');
      await exited;
    },
    onExit: (listener) => void exited.then(listener),
  };
}

/** Results for what a child that is gone did not get to: the expression it was at, and those after. */
function blame(request: ChildRequest, at: number, wasKilled: boolean): EvaluationResult[] {
  const culprit = wasKilled
    ? `the expression ran longer than ${request.wallMsPerExpression} ms and was stopped`
    : 'the expression used more memory than it may and was stopped';
  return request.expressions.slice(at).map(({ name }, index) => {
    const reason = index === 0 ? culprit : 'not evaluated: another expression was stopped';
    return { name, ok: false, reason };
  });
}
