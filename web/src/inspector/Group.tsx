// A titled part of the inspector.

import type { ReactNode } from 'react';

export function Group({ title, children }: { readonly title: string; readonly children: ReactNode }) {
  return (
    <section className="group">
      <h3>{title}</h3>
      {children}
    </section>
  );
}
