/** One line per stage of the start, with the time it took. */
export interface Stages {
  run<Result>(
    name: string,
    work: () => Promise<Result>,
    detail: (r: Result) => string,
  ): Promise<Result>;
  /** A line that belongs to the stage that runs. */
  note(line: string): void;
}

export function makeStages(write: (line: string) => void): Stages {
  return {
    async run(name, work, detail) {
      const startedAt = performance.now();
      const took = (): string =>
        `${((performance.now() - startedAt) / 1_000).toFixed(1)} s`.padStart(7);
      try {
        const result = await work();
        write(`  ok    ${name.padEnd(12)}${took()}   ${detail(result)}`);
        return result;
      } catch (error) {
        write(`  FAIL  ${name.padEnd(12)}${took()}`);
        throw error;
      }
    },
    note: (line) => write(`        ${line}`),
  };
}
