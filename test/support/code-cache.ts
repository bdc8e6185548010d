/** Names the folder in which Node.js keeps compiled code. */
export const codeCacheVariable = 'NODE_COMPILE_CACHE';

/** For the environment of a process that has no other: the code that earlier ones have compiled. */
export function codeCache(): Readonly<Record<string, string>> {
  const folder = process.env[codeCacheVariable];
  return folder === undefined ? {} : { [codeCacheVariable]: folder };
}
