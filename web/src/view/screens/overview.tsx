import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';

import type { Phase } from '../../chain/state/phase';
import { rule } from '../../ballot/rules';
import { useLocale } from '../../locale/locale';
import { useStage } from '../context';
import { Button, Copy, Fingerprint } from '../parts/basics';
import { blockTime, number } from '../parts/time';
import { Screen } from '../parts/screen';

/** How often to look whether the election has come to another phase. */
const REFRESH_MS = 12_000;

/** What of the election's clock matters to a voter: who comes before applications open is told until when they are. */
type Moment = Exclude<Phase, 'announced'>;

function moment(phase: Phase): Moment {
  return phase === 'announced' ? 'registration' : phase;
}

export function Overview(): JSX.Element {
  const { texts, language } = useLocale();
  const { voter, election, configuration, model } = useStage();
  const { manifest, phase } = election;
  const at = (target: number) => blockTime(language, election, target, model.secondsPerBlock);
  useEffect(() => {
    const timer = setInterval(() => void voter.refresh(), REFRESH_MS);
    return () => clearInterval(timer);
  }, [voter]);
  const now = moment(phase);
  return (
    <Screen title={texts.overview.title}>
      <p>
        <span class="badge" data-kind={now === 'voting' || now === 'registration' ? 'good' : undefined}>
          {texts.overview[now]}
        </span>
      </p>
      {now === 'registration' && (
        <p>{texts.overview.applyUntil(number(language, manifest.registration.end), at(manifest.registration.end))}</p>
      )}
      {(now === 'registration' || now === 'waiting') && (
        <p>{texts.overview.opens(number(language, manifest.voting.start), at(manifest.voting.start))}</p>
      )}
      {now === 'voting' && (
        <p>{texts.overview.closes(number(language, manifest.voting.end), at(manifest.voting.end))}</p>
      )}
      <p class="soft">{texts.overview.decrypts(manifest.threshold, manifest.trustees.length)}</p>
      {now === 'voting' && (
        <Button main onClick={() => void voter.visits.start()}>
          {texts.overview.vote}
        </Button>
      )}
      {now === 'registration' && (
        <Button main onClick={() => void voter.visits.start()}>
          {texts.overview.apply}
        </Button>
      )}
      {manifest.districts.map((district) => (
        <section class="part stack" key={district.id}>
          <h2>{texts.overview.district(district.name)}</h2>
          {district.contests.map((contest) => (
            <details key={contest.id}>
              <summary>
                <strong>{contest.title}</strong>
              </summary>
              <p class="soft small">{rule(contest, texts.ballot)}</p>
              <ul class="numbered">
                {contest.options.map((option) => (
                  <li key={option}>{option}</li>
                ))}
              </ul>
            </details>
          ))}
        </section>
      ))}
      <section class="part stack">
        <h2>{texts.overview.fingerprint}</h2>
        <Fingerprint hash={manifest.hash} label={texts.overview.fingerprint} />
        <Copy text={manifest.hash} what={texts.overview.fingerprint} />
        <p class="soft small">{texts.overview.fingerprintWhy}</p>
        <p class="soft small">
          {configuration.nodes.length === 1
            ? texts.overview.oneNode
            : texts.overview.heard(election.heard.length, configuration.nodes.length)}{' '}
          {election.silent.map((silence) => texts.overview.silent(silence.url)).join(' ')}
        </p>
      </section>
    </Screen>
  );
}
