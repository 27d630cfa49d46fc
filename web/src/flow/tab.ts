// One tab at a time: two would make two keys, and the registrars sign for one.

const LOCK = 'psephos-voting';

/** What a tab knows of the others. */
export interface Tab {
  /** Whether this tab may go on. */
  readonly alone: boolean;
}

/**
 * Resolves at once, with whether this tab is the only one. `lost` is called when another tab takes over.
 * With `takeOver` it is taken from the other.
 */
export function claim(lost: () => void, takeOver = false): Promise<Tab> {
  return new Promise((resolve) => {
    const options: LockOptions = takeOver ? { steal: true } : { ifAvailable: true };
    navigator.locks
      .request(LOCK, options, (lock) => {
        resolve({ alone: lock !== null });
        // Held until the tab is closed or another takes it.
        return lock === null ? undefined : new Promise<void>(() => undefined);
      })
      .catch(() => lost());
  });
}
