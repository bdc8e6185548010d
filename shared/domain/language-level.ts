/**
 * How much of JSONata a hook's expressions may use. `full`: all of it but `$eval`. `strict`: paths,
 * operators and the functions of an allow-list; no functions of one's own (docs/mapping.md).
 */
export const languageLevels = ['full', 'strict'] as const;
export type LanguageLevel = (typeof languageLevels)[number];
