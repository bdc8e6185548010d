/** Whole seconds after which a caller may try again, spread so that callers do not return together. */
export const retryAfterSeconds = (): string => String(1 + Math.floor(Math.random() * 5));
