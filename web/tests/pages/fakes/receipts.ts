// The real booth; receipts that need no validators.

export { openReceipts } from './booth';

import type { Booth } from '../../../src/ballot/booth';
import { WorkerBooth } from '../../../src/crypto/client';

export function openBooth(): Booth {
  return new WorkerBooth();
}
