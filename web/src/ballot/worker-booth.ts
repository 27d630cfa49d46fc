// The real cryptography; tests of the pages put a stand-in here.

import type { Configuration } from '../configuration';
import { WorkerBooth, WorkerReceipts } from '../crypto/client';
import type { Receipts } from '../receipts/receipts';
import type { Booth } from './booth';

/** A new booth. */
export function openBooth(): Booth {
  return new WorkerBooth();
}

/** The receipts of the configured chain and election. */
export function openReceipts(configuration: Configuration): Receipts {
  return new WorkerReceipts(configuration);
}
