import type { JSX } from 'preact';
import { useState } from 'preact/hooks';

/** Twice the longest opened ballot, which is longer than any receipt: what is longer is the wrong file. */
const MAX_BYTES = 8 * 1024 * 1024;

/** A field for a file of text, which says so when the file cannot be read. */
export function TextFile(props: {
  readonly id: string;
  readonly label: string;
  readonly accept?: string;
  /** Said when the browser cannot read the file, or it is too long to be what is asked for. */
  readonly unreadable: string;
  readonly onText: (text: string) => void;
}): JSX.Element {
  const [failed, setFailed] = useState(false);
  const read = (file: File | undefined) => {
    setFailed(false);
    if (file === undefined) {
      return;
    }
    if (file.size > MAX_BYTES) {
      setFailed(true);
      return;
    }
    file.text().then(props.onText, () => setFailed(true));
  };
  return (
    <div class="field stack">
      <label for={props.id}>{props.label}</label>
      <input
        id={props.id}
        type="file"
        accept={props.accept}
        aria-describedby={failed ? `${props.id}-failed` : undefined}
        onChange={(event) => {
          read(event.currentTarget.files?.[0]);
          // The same file, chosen again, is read again.
          event.currentTarget.value = '';
        }}
      />
      {failed && (
        <p class="notice" data-kind="bad" role="alert" id={`${props.id}-failed`}>
          {props.unreadable}
        </p>
      )}
    </div>
  );
}
