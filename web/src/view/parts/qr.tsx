import type { JSX } from 'preact';
import { encode } from 'uqr';

/** Modules of quiet around a code, as its standard asks for. */
const QUIET = 4;

/** A code's dark modules as one path, or `null` where the text is too long for a code. */
export function qrPath(text: string): { path: string; size: number } | null {
  try {
    const { data, size } = encode(text, { ecc: 'L', border: QUIET });
    const rows = data.map((row, y) => row.map((dark, x) => (dark ? `M${x} ${y}h1v1h-1z` : '')).join(''));
    return { path: rows.join(''), size };
  } catch {
    return null;
  }
}

/** A square code. */
export function Qr(props: { readonly text: string; readonly label: string; readonly small?: boolean }): JSX.Element | null {
  const code = qrPath(props.text);
  if (code === null) {
    return null;
  }
  return (
    <svg
      class="qr"
      data-small={props.small === true ? '' : undefined}
      viewBox={`0 0 ${code.size} ${code.size}`}
      role="img"
      aria-label={props.label}
      shape-rendering="crispEdges"
    >
      <path d={code.path} fill="#000" />
    </svg>
  );
}
