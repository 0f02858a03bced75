// The progress of a run: phases, and how long the rest will take. Published at most once a frame.

import type { Job, Phase, PhaseName } from '../model/types';

/** Cost of a step of each phase beside a forward pass in float; measured on the sample, good enough for a guess. */
const COST: Readonly<Record<PhaseName, number>> = {
  smooth: 1.2,
  calibrate: 1.6,
  rank: 2,
  judge: 2,
  refine: 2,
  quantize: 8,
  float: 1,
  quantized: 0.6,
  layers: 2.5,
  time: 20,
  files: 2,
};
const JUDGE_AFTER_SECONDS = 1;

export class JobClock {
  private readonly startedAt = performance.now();
  private phases: readonly Phase[];
  private current: PhaseName;
  private frame = 0;

  constructor(
    private readonly title: string,
    phases: readonly Phase[],
    private readonly publish: (job: Job) => void,
  ) {
    this.phases = phases;
    this.current = phases[0]?.name ?? 'calibrate';
    publish(this.job());
  }

  report(name: PhaseName, done: number): void {
    const at = this.phases.findIndex((phase) => phase.name === name);
    if (at < 0) return;
    this.current = name;
    this.phases = this.phases.map((phase, index) => {
      if (index < at) return { ...phase, done: phase.total };
      return index === at ? { ...phase, done: Math.min(phase.total, done) } : phase;
    });
    if (this.frame === 0) {
      this.frame = requestAnimationFrame(() => {
        this.frame = 0;
        this.publish(this.job());
      });
    }
  }

  /** The phase turned out not to be needed. */
  leaveOut(name: PhaseName): void {
    this.phases = this.phases.filter((phase) => phase.name !== name);
    if (this.current === name) this.current = this.phases[0]?.name ?? name;
    this.publish(this.job());
  }

  stop(): void {
    cancelAnimationFrame(this.frame);
  }

  private job(): Job {
    return {
      title: this.title,
      phases: this.phases,
      current: this.current,
      startedAt: this.startedAt,
      secondsLeft: this.secondsLeft(),
    };
  }

  private secondsLeft(): number | undefined {
    const elapsed = (performance.now() - this.startedAt) / 1000;
    const done = work(this.phases.map((phase) => ({ ...phase, total: phase.done })));
    return elapsed < JUDGE_AFTER_SECONDS || done === 0
      ? undefined
      : (elapsed / done) * (work(this.phases) - done);
  }
}

function work(phases: readonly Phase[]): number {
  return phases.reduce((sum, { name, total }) => sum + COST[name] * total, 0);
}
