// The page that npm run bench:accuracy generates from its figures.
import { FAMILIES, HARD, median } from './accuracy/families.mjs';
import { METHODS, TARGETS } from './accuracy_settings.mjs';

/** A peer's INT8; the peers' 16x8 is compared with nothing but itself. */
const INT8_PEERS = ['ai_edge_int8', 'ort_min_max', 'ort_entropy', 'ort_percentile'];

/** The settings that are shown family by family. */
const BY_FAMILY = /^(default|recommended)$|^recommended, INT16 for 10 %/;

/** At each output of a model, what the best of the peers' INT8 has. */
function bestPeers({ outputs, peers }) {
  const measured = INT8_PEERS.filter((tool) => tool in peers);
  return outputs.map((_, i) => Math.max(...measured.map((tool) => decibels(peers[tool].sqnr[i]))));
}

/** JSON has no infinity, which SQNR is where nothing was lost. */
function decibels(value) {
  return value ?? Number.NaN;
}

/** By family, the leads over the best peers at all outputs and parts of its nets, of one row a model; families without any left out. */
function leads(models, rowOf) {
  return Object.keys(FAMILIES)
    .map((family) => ({
      family,
      leads: Object.values(models)
        .filter((model) => model.family === family)
        .flatMap((model) => {
          const best = bestPeers(model);
          return (rowOf(model)?.sqnr ?? []).map((value, i) => decibels(value) - best[i]);
        })
        .filter(Number.isFinite),
    }))
    .filter((row) => row.leads.length > 0);
}

/** The median of the families' medians, and the least: {median, least: {family, median}, figures, least of all}. */
function summaryOf(models, rowOf) {
  const families = leads(models, rowOf).map(({ family, leads: values }) => ({
    family,
    median: median(values),
    least: Math.min(...values),
    count: values.length,
  }));
  if (families.length === 0) return undefined;
  return {
    families,
    figures: families.reduce((sum, { count }) => sum + count, 0),
    median: median(families.map((each) => each.median)),
    worst: families.reduce((a, b) => (a.median <= b.median ? a : b)),
    least: Math.min(...families.map((each) => each.least)),
  };
}

function table(header, rows) {
  const line = (cells) => `| ${cells.join(' | ')} |`;
  return [line(header), line(header.map(() => '---')), ...rows.map(line)].join('\n');
}

function number(value, digits = 1) {
  return Number.isFinite(value) ? value.toFixed(digits) : '-';
}

/** What is measured of Octet, in the order of the model that has most. */
function measurements(models) {
  const rows = Object.values(models)
    .map(({ octet }) => octet)
    .sort((a, b) => b.length - a.length)
    .flat();
  return [
    ...new Map(rows.map((row) => [[row.setting, row.method, row.requantization].join(), row])).values(),
  ];
}

function rowOfJob({ setting, method, requantization }) {
  return ({ octet }) =>
    octet.find(
      (row) => row.setting === setting && row.method === method && row.requantization === requantization,
    );
}

const LEAD_HEADER = ['families', 'outputs', 'median lead', 'least family', 'least output'];

function leadCells(models, rowOf) {
  const summary = summaryOf(models, rowOf);
  if (summary === undefined) return LEAD_HEADER.map(() => '-');
  const { families, figures, worst, least } = summary;
  const values = [families.length, figures, number(summary.median)];
  return [...values, `${number(worst.median)} (${worst.family})`, number(least)];
}

/** Of the models' multiply-accumulates in INT16, where they were chosen, the largest share. */
function mostInt16(models, rowOf) {
  const shares = Object.values(models).map((model) => rowOf(model)?.int16Macs ?? Number.NaN);
  const known = shares.filter(Number.isFinite);
  return known.length === 0 ? '' : number(Math.max(...known));
}

/** One line a peer and a setting, with its leads over all families, and the samples' top-1. */
function summaries(models) {
  const labelled = models.fashion;
  const tops = (rowOf) => [
    number(labelled && rowOf(labelled)?.top1, 2),
    number(models[HARD] && rowOf(models[HARD])?.top1, 2),
  ];
  const tools = new Set(Object.values(models).flatMap(({ peers }) => Object.keys(peers)));
  const peers = [...tools].map((tool) => {
    const rowOf = (model) => model.peers[tool];
    return [tool, ...leadCells(models, rowOf), ...tops(rowOf)];
  });
  const octet = measurements(models).map((job) => {
    const { setting, method, requantization, missing } = job;
    const rowOf = rowOfJob(job);
    return [
      ...[setting, method, requantization],
      ...leadCells(models, rowOf),
      mostInt16(models, rowOf),
      ...tops(rowOf),
      missing ?? '',
    ];
  });
  return [
    table(['peer', ...LEAD_HEADER, 'top-1', 'hard top-1'], peers),
    table(
      ['setting', 'method', 'requantization', ...LEAD_HEADER, 'INT16 MACs', 'top-1', 'hard top-1', ''],
      octet,
    ),
  ].join('\n\n');
}

/** One line a family: the median and least lead of each peer's INT8, and of the main settings. */
function families(models) {
  const known = new Set(Object.values(models).flatMap(({ peers }) => Object.keys(peers)));
  const columns = [
    ...INT8_PEERS.filter((tool) => known.has(tool)).map((tool) => ({
      name: tool,
      rowOf: ({ peers }) => peers[tool],
    })),
    ...measurements(models)
      .filter(({ setting, method }) => BY_FAMILY.test(setting) && method === METHODS[0])
      .map((job) => ({ name: `${job.setting}, ${job.requantization}`, rowOf: rowOfJob(job) })),
  ].map(({ name, rowOf }) => ({ name, families: summaryOf(models, rowOf)?.families ?? [] }));
  const rows = Object.keys(FAMILIES).map((family) => [
    family,
    ...columns.map((column) => {
      const figures = column.families.find((each) => each.family === family);
      return figures === undefined ? '-' : `${number(figures.median)}, ${number(figures.least)}`;
    }),
  ]);
  return table(['family', ...columns.map(({ name }) => name)], rows);
}

/** {target, families, value, wanted, holds} of each target that something was measured for. */
export function targets(models) {
  return TARGETS.flatMap(({ setting, requantization, ...wanted }) => {
    const summary = summaryOf(models, rowOfJob({ setting, method: METHODS[0], requantization }));
    if (summary === undefined) return [];
    const has = { median: summary.median, least: summary.worst.median };
    return Object.entries(wanted).map(([what, least]) => ({
      target: `${setting}, ${requantization}: ${what === 'median' ? 'median' : 'least'} of the families' median leads`,
      families: summary.families.length,
      value: has[what],
      wanted: least,
      holds: has[what] >= least,
    }));
  });
}

/** The outputs at which a method of the recommended settings costs more than chance explains. */
export function harms(models) {
  return Object.entries(models).flatMap(([model, { methods }]) =>
    methods.filter((each) => each.harms).map((each) => ({ model, ...each })),
  );
}

function methodsSection(models) {
  const all = Object.values(models)
    .filter(({ family }) => family !== undefined)
    .flatMap(({ family, methods }) => methods.map((each) => ({ family, ...each })));
  const pairs = [...new Set(all.map(({ method, requantization }) => `${method}, ${requantization}`))];
  const gains = pairs.map((pair) => [
    pair,
    ...Object.keys(FAMILIES).map((family) => {
      const values = all
        .filter((each) => `${each.method}, ${each.requantization}` === pair && each.family === family)
        .map(({ gain }) => decibels(gain));
      return values.length === 0 ? '-' : `${number(median(values))}, ${number(Math.min(...values))}`;
    }),
  ]);
  const worse = harms(models).map(({ model, method, requantization, output, gain, low, high }) => [
    ...[model, output, method, requantization],
    number(gain),
    `${number(low)} to ${number(high)}`,
  ]);
  return [
    table(['method', ...Object.keys(FAMILIES)], gains),
    worse.length === 0
      ? 'No method costs any output more than 0.5 dB that the choice of images does not explain.'
      : table(['model', 'output', 'costs by', 'requantization', 'gain', '95 % interval'], worse),
  ].join('\n\n');
}

function modelSection(name, { outputs, peers, octet, float }) {
  const topOf = (row) => (float === undefined ? [] : [number(row.top1, 2)]);
  const rows = [
    ...Object.entries(peers).map(([tool, row]) => [
      ...[tool, '', ''],
      ...row.sqnr.map((v) => number(v)),
      ...topOf(row),
      ...['', ''],
    ]),
    ...octet
      .filter(({ missing }) => missing === undefined)
      .map((row) => [
        ...[row.setting, row.method, row.requantization],
        ...row.sqnr.map((v) => number(v)),
        ...topOf(row),
        row.int16Macs === undefined ? '' : number(row.int16Macs),
        row.seconds === undefined ? '' : number(row.seconds),
      ]),
  ];
  const header = [
    ...['setting', 'method', 'requantization'],
    ...outputs.map((output) => `\`${output}\``),
    ...(float === undefined ? [] : [`top-1 (float: ${number(float.top1, 2)})`]),
    ...['INT16 MACs', 'seconds'],
  ];
  return `## ${name}\n\n${table(header, rows)}`;
}

export function page(models) {
  const held = targets(models).map(({ target, families: count, value, wanted, holds }) => [
    target,
    count,
    number(value),
    `≥ ${wanted}`,
    holds ? 'yes' : 'no',
  ]);
  const float = models.fashion?.float;
  return `# Accuracy of every setting

Generated by \`npm run bench:accuracy\`, of whose runs with one build all figures are here and in accuracy.json. Signal to
quantization noise (SQNR) of each output over 27 photographs, or 64 pictures of Fashion-MNIST, in dB, against the float
model. Where the channels of an output differ in range by more than 16 times, those of similar range are parts, which have
figures of their own. "Lead" is a setting's SQNR less that of the best peer at that output or part:
ai-edge-quantizer's static INT8 and ONNX Runtime's quantize_static, whose methods are in the table. The best is chosen
output by output, so that a peer, too, has a lead of at most 0. Top-1 is the sample's on the 10,000 test images of
Fashion-MNIST; "hard top-1" is the same of the sample with adjacent channels rescaled by up to 2^±4, which computes the same in float.
Seconds are of one run, beside whatever else the machine did; rows without any shared the statistics of other rows.

## All families

A family's lead is the median over all outputs and parts of its nets, so that each family counts once. "Median lead" and
"least family" are over the families, "least output" over all outputs and parts, in dB; "INT16 MACs" is the share of
multiply-accumulates, in %, at the nodes that mixedPrecision() chose, the largest of the models; top-1 in %${float ? ` (float: ${number(float.top1, 2)})` : ''}.

${table(['target', 'families', 'has', 'wanted', 'holds'], held)}

${summaries(models)}

## By family

Median and least lead over the outputs and parts of each family's nets, in dB.

${families(models)}

## What each recommended method gives

SQNR with the recommended settings less that without one of their methods, in dB: the median and the least over the outputs
and parts of each family's nets. Below, where a method costs more than 0.5 dB at an output, and something in 97.5 % of 2,000
draws of as many images with repetition.

${methodsSection(models)}

${Object.entries(models)
  .map(([name, model]) => modelSection(name, model))
  .join('\n\n')}
`;
}
