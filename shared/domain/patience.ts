/** A time limit that most of those who set it never meet. */
export interface Patience {
  /** Resolves when the time has passed; never, once it is forgotten. */
  readonly over: Promise<undefined>;
  forget(): void;
}

/**
 * Begins to wait for so many milliseconds. Other than a wait that is aborted, one that is forgotten costs no
 * error with its stack, which shows where every request makes two of them.
 */
export function makePatience(ms: number): Patience {
  let timer: NodeJS.Timeout | undefined;
  const over = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), ms);
  });
  return { over, forget: () => clearTimeout(timer) };
}
