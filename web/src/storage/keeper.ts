/**
 * Writes one after the other, and never more often than needed: what is asked for while a write waits
 * for its turn is written with it.
 */
export class Keeper {
  private queued: Promise<void> | null = null;
  private last: Promise<void> = Promise.resolve();

  /** `write` stores what there is to store when it is called. */
  constructor(private readonly write: () => Promise<void>) {}

  /** Resolves when what there is to store now is stored. */
  keep(): Promise<void> {
    if (this.queued !== null) {
      return this.queued;
    }
    const next = this.settled().then(() => {
      this.queued = null;
      return this.write();
    });
    this.queued = next;
    this.last = next;
    return next;
  }

  /** Resolves when no write is under way or waiting, whatever came of it. */
  settled(): Promise<void> {
    return this.last.catch(() => undefined);
  }
}
