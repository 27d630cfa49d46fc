import type { JSX } from 'preact';

import { useLocale } from '../../locale/locale';
import { useStage } from '../context';
import { Button } from './basics';

/** The way out for who cannot stay at the device: what is selected goes, the right to vote stays. */
export function Leave(): JSX.Element {
  const { texts } = useLocale();
  const { voter, flow } = useStage();
  const words = texts.leaving;
  return (
    <section class="part stack">
      <p class="soft small">{flow.voterNumber === null ? words.anywhere : words.here}</p>
      <Button busy={flow.busy} onClick={() => void voter.visits.leaveDevice()}>
        {words.leave}
      </Button>
    </section>
  );
}
