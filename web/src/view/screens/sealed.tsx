import type { JSX } from 'preact';

import { useLocale } from '../../locale/locale';
import { useStage } from '../context';
import { Button, Fingerprint } from '../parts/basics';
import { Leave } from '../parts/leave';
import { Screen } from '../parts/screen';

export function SealedScreen(): JSX.Element | null {
  const { texts } = useLocale();
  const { voter, flow } = useStage();
  const words = texts.sealed;
  if (flow.sealed === null) {
    return null;
  }
  return (
    <Screen title={words.title}>
      <h2>{words.commitment}</h2>
      <Fingerprint hash={flow.sealed.commitment} label={words.commitment} size="large" />
      <p class="soft">{words.commitmentWhy}</p>
      <div class="ways">
        <section class="way stack">
          <h2>{words.castTitle}</h2>
          <p>{words.castWhat}</p>
          <Button main busy={flow.busy} onClick={() => void voter.cast()}>
            {words.cast}
          </Button>
        </section>
        <section class="way stack">
          <h2>{words.checkTitle}</h2>
          <p>{words.checkWhat}</p>
          <Button busy={flow.busy} onClick={() => void voter.check()}>
            {words.check}
          </Button>
        </section>
      </div>
      {flow.checks > 0 && <p class="soft small">{words.checked(flow.checks)}</p>}
      <div class="actions">
        <Button busy={flow.busy} onClick={() => voter.back('ballot')}>
          {texts.back}
        </Button>
      </div>
      <Leave />
    </Screen>
  );
}
