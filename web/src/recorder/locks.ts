const PREFIX = "vitascope.take.";

/**
 * Claims a take for this tab, if no other has it: two tabs that send one take would disturb each other. The answer lets it go; a
 * tab that closes or crashes lets go by itself.
 */
export function claim(take: string): Promise<(() => void) | undefined> {
  return new Promise((resolve, reject) => {
    navigator.locks
      .request(PREFIX + take, { ifAvailable: true }, (lock) => {
        if (lock === null) {
          resolve(undefined);
          return undefined;
        }
        return new Promise<void>((release) => resolve(release));
      })
      .catch(reject);
  });
}

/** The takes that some tab works on. */
export async function claimed(): Promise<ReadonlySet<string>> {
  const { held = [] } = await navigator.locks.query();
  return new Set(held.flatMap(({ name }) => (name?.startsWith(PREFIX) ? [name.slice(PREFIX.length)] : [])));
}
