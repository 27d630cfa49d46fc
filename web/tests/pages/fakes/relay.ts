// A relay that takes envelopes and holds them. It cannot open them: the test brings the ballot on its
// way when it wants it to arrive.

import { HttpServer, json, problem } from './http';

export class FakeRelay {
  readonly server: HttpServer;
  readonly held: Buffer[] = [];
  /** Whether it takes envelopes. */
  full = false;

  constructor() {
    this.server = new HttpServer((request, response, body) => {
      if (request.url !== '/v1/envelopes') {
        problem(response, 404, 'not_found');
      } else if (this.full) {
        problem(response, 503, 'full');
      } else {
        this.held.push(body);
        json(response, 202, { accepted: `0x${'00'.repeat(32)}` });
      }
    });
  }
}
