// The page on which a second device checks a ballot. It reads no configuration and asks no node.

import { render } from 'preact';

import { checkBallot } from '../crypto/client';
import { Speaking } from '../view/shell';
import { CheckPage } from './page';

const root = document.getElementById('page');
if (root !== null) {
  render(
    <Speaking>
      <CheckPage check={checkBallot} />
    </Speaking>,
    root,
  );
}
