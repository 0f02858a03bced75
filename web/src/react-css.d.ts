// Lets components hand figures to their stylesheets as custom properties.

import 'react';

declare module 'react' {
  interface CSSProperties {
    [name: `--${string}`]: string | number;
  }
}
