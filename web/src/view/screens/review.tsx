import type { JSX } from 'preact';

import { selected } from '../../ballot/rules';
import { credentialed } from '../../flow/state';
import { useLocale } from '../../locale/locale';
import { useStage } from '../context';
import { Button } from '../parts/basics';
import { Clock } from '../parts/clock';
import { Leave } from '../parts/leave';
import { Screen } from '../parts/screen';

export function ReviewScreen(): JSX.Element {
  const { texts } = useLocale();
  const { voter, flow, district } = useStage();
  const words = texts.review;
  return (
    <Screen title={words.title}>
      <Clock />
      {(district?.contests ?? []).map((contest, index) => {
        const selection = flow.selections[index] ?? [];
        return (
          <section class="part choice" key={contest.id}>
            <h2>{contest.title}</h2>
            <button type="button" class="plain" onClick={() => voter.back('ballot')}>
              {words.change}
              <span class="unseen">: {contest.title}</span>
            </button>
            <ul>
              {contest.options
                .filter((_, option) => selection[option] === true)
                .map((option) => (
                  <li key={option}>{option}</li>
                ))}
              {selected(selection) === 0 && <li data-blank="">{words.blank}</li>}
            </ul>
          </section>
        );
      })}
      <p class="part soft">{credentialed(flow) ? words.whatAgain : words.what}</p>
      <div class="actions">
        <Button main busy={flow.busy} onClick={() => void voter.encrypt()}>
          {words.encrypt}
        </Button>
        <Button onClick={() => voter.back('ballot')}>{texts.back}</Button>
      </div>
      <Leave />
    </Screen>
  );
}
