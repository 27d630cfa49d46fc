import type { JSX } from 'preact';

import { useLocale } from '../../locale/locale';
import { useStage } from '../context';
import { Button, Copy, Fingerprint, saveFile } from '../parts/basics';
import { Qr, qrPath } from '../parts/qr';
import { Screen } from '../parts/screen';

export function ChallengedScreen(): JSX.Element | null {
  const { texts } = useLocale();
  const { voter, flow, configuration } = useStage();
  const words = texts.challenged;
  if (flow.opened === null) {
    return null;
  }
  const { revealed, commitment } = flow.opened;
  const checker = new URL(configuration.checker, location.href).href;
  return (
    <Screen title={words.title}>
      <p class="notice" data-kind="warn">
        {words.what}
      </p>
      <ol class="numbered">
        <li>
          <div class="stack">
            <p>{words.first}</p>
            <p class="address">{checker}</p>
            <Qr small text={checker} label={checker} />
          </div>
        </li>
        <li>
          <div class="stack">
            <p>{words.second}</p>
            {qrPath(revealed) === null ? <p class="soft">{words.tooLarge}</p> : <Qr text={revealed} label={words.qr} />}
            <div class="actions">
              <Button onClick={() => saveFile(words.fileName, revealed)}>{words.file}</Button>
              <Copy text={revealed} what={words.qr} />
            </div>
          </div>
        </li>
        <li>
          <div class="stack">
            <p>{words.third}</p>
            <Fingerprint hash={commitment} label={texts.sealed.commitment} size="large" />
          </div>
        </li>
      </ol>
      <Button main onClick={() => voter.anew()}>
        {words.anew}
      </Button>
    </Screen>
  );
}
