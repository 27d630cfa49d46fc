import type { JSX } from 'preact';

import { credentialed } from '../../flow/state';
import { useLocale } from '../../locale/locale';
import { useStage } from '../context';
import { Screen } from '../parts/screen';

export function RecordingScreen(): JSX.Element {
  const { texts } = useLocale();
  const { flow } = useStage();
  const words = texts.recording;
  const signed = credentialed(flow);
  return (
    <Screen title={words.title}>
      <div role="status">
        <ol class="track">
          <li data-state={signed ? 'done' : 'now'}>
            <strong>{words.issue(Math.min(flow.signatures + 1, flow.plan.length), flow.plan.length)}</strong>
          </li>
          <li data-state={signed ? 'now' : undefined}>
            <strong>{words.encrypt}</strong>
          </li>
        </ol>
      </div>
      <p class="waiting soft">{words.patience}</p>
    </Screen>
  );
}
