import type { ComponentChildren, JSX } from 'preact';
import { useEffect, useMemo, useState } from 'preact/hooks';

import { type BundleCheck, checkBundle } from '../bundle';
import { catalogues, initialLanguage, type Language, LocaleContext, speak, useLocale } from '../locale/locale';
import mark from '../style/mark.svg';
import { Fingerprint } from './parts/basics';

/** The stages of a vote as the head shows them. */
export const STAGES = ['decide', 'signIn', 'ballot', 'seal', 'deliver'] as const;

/** One of them. */
export type StageName = (typeof STAGES)[number];

function Languages(): JSX.Element {
  const { texts, language, change } = useLocale();
  return (
    <div class="languages" role="group" aria-label={texts.chooseLanguage}>
      {(Object.keys(catalogues) as Language[]).map((other) => (
        <button
          key={other}
          type="button"
          lang={other}
          aria-pressed={other === language ? 'true' : 'false'}
          onClick={() => change(other)}
        >
          {catalogues[other].language}
        </button>
      ))}
    </div>
  );
}

function Stages(props: { readonly at: StageName }): JSX.Element {
  const { texts } = useLocale();
  const current = STAGES.indexOf(props.at);
  return (
    <nav class="steps-band" aria-label={texts.step(current + 1, STAGES.length)}>
      <ol class="steps">
        {STAGES.map((stage, index) => (
          <li
            key={stage}
            aria-current={index === current ? 'step' : undefined}
            data-done={index < current ? '' : undefined}
          >
            <span class="steps-number" aria-hidden="true">
              {index < current ? '✓' : index + 1}
            </span>
            <span class="steps-name">{texts.steps[stage]}</span>
          </li>
        ))}
      </ol>
    </nav>
  );
}

function Bundle(): JSX.Element {
  const { texts } = useLocale();
  const [check, setCheck] = useState<BundleCheck | null>(null);
  const words = texts.bundle;
  return (
    <details
      onToggle={(event) => {
        if (event.currentTarget.open && check === null) {
          void checkBundle().then(setCheck);
        }
      }}
    >
      <summary>{words.title}</summary>
      <p class="small">{words.what}</p>
      {check === null && <p>{words.checking}</p>}
      {check?.kind === 'none' && <p>{words.none}</p>}
      {check?.kind === 'wrong' && <p role="alert">{words.wrong(check.path)}</p>}
      {check?.kind === 'checked' && <Fingerprint hash={check.hash} label={words.title} size="small" />}
    </details>
  );
}

/** The pages that the foot leads to. */
const PAGES = { vote: 'index.html', receipt: 'receipt.html', observe: 'observe.html' } as const;

/** One of them. */
export type PageName = keyof typeof PAGES;

function OtherPages(props: { readonly than: PageName | null }): JSX.Element {
  const { vote, title: receipt, observe } = useLocale().texts.receipt;
  const names: Record<PageName, string> = { vote, receipt, observe };
  return (
    <p class="foot-pages">
      {(Object.keys(PAGES) as PageName[])
        .filter((page) => page !== props.than)
        .map((page) => (
          <a key={page} href={`./${PAGES[page]}`}>
            {names[page]}
          </a>
        ))}
    </p>
  );
}

/** What is around every screen. */
export function Shell(props: {
  readonly title: string | null;
  readonly stage: StageName | null;
  readonly children: ComponentChildren;
  /** Which page this is; none of those that the foot leads to, if null. */
  readonly page: PageName | null;
}): JSX.Element {
  const { texts } = useLocale();
  return (
    <>
      <a class="skip" href="#content">
        {texts.skip}
      </a>
      <header class="head">
        <div class="head-row">
          <img class="mark" src={mark} alt="" />
          <p class="head-title">
            {props.title ?? texts.electronicVote}
            {props.title !== null && <small>{texts.electronicVote}</small>}
          </p>
          <Languages />
        </div>
      </header>
      {props.stage !== null && <Stages at={props.stage} />}
      <main id="content" tabIndex={-1}>
        {props.children}
      </main>
      <footer class="foot">
        <div class="foot-row stack">
          <OtherPages than={props.page} />
          <Bundle />
        </div>
      </footer>
    </>
  );
}

/** The language around a page. */
export function Speaking(props: { readonly children: ComponentChildren }): JSX.Element {
  const [language, setLanguage] = useState<Language>(initialLanguage);
  useEffect(() => speak(language), [language]);
  const locale = useMemo(
    () => ({ language, texts: catalogues[language], change: setLanguage }),
    [language],
  );
  return <LocaleContext.Provider value={locale}>{props.children}</LocaleContext.Provider>;
}
